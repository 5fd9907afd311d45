import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import Synchronization
import Testing

/// Reports that wait at the same moment are committed together, and each is answered for itself.
struct ReportGroupTests {
    private typealias Fixture = OrchestratorFixture

    private static let jobsMax = 40

    private final class Counts: Sendable {
        let asked = Mutex(0)
        let began = Mutex(0)
    }

    /// Completes them all at once.
    ///
    /// - Returns: those that were refused, and how.
    private static func complete(_ leases: [Lease], by robot: RobotFixture) async -> [Job.ID: ErrorCode] {
        await withTaskGroup(of: (Job.ID, ErrorCode?).self) { tasks in
            for lease in leases {
                tasks.addTask {
                    let code = await Fixture.code { () throws(ClientError) in
                        try await robot.client.complete(lease, result: Fixture.success, rows: [Fixture.row(0)])
                    }
                    return (lease.job, code)
                }
            }
            var refused: [Job.ID: ErrorCode] = [:]
            for await (job, code) in tasks { refused[job] = code }
            return refused
        }
    }

    private static func leased(_ count: Int, by robot: RobotFixture) async throws -> [Lease] {
        let leases = try await robot.client.lease(robot.session, slots: count).map(\.lease)
        try #require(leases.count == count)
        return leases
    }

    /// How many transactions have ended jobs: each row knows the one that wrote it.
    private static func commits(in server: Fixture) async throws -> Int {
        let owner = try await PostgresConnection.connect(server.database.configuration)
        let rows = try await owner.execute("SELECT count(DISTINCT xmin::text)::int4 AS commits FROM outcomes")
        await owner.close()
        return try rows.only().int("commits")
    }

    private static func status(of job: Job.ID, in server: Fixture) async throws -> Job.Status {
        try await server.withClient(.admin) { try await $0.job(job).status }
    }

    @Test func `completions that come together share commits, and a lost lease concerns its own alone`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(Self.jobsMax)
            try await server.withRobot("r1", slots: Self.jobsMax) { robot in
                var leases = try await Self.leased(Self.jobsMax, by: robot)
                let lost = leases[20].job
                leases[20] = Lease(job: lost, token: .init(rawValue: leases[20].token.rawValue + 1_000_000))
                #expect(await Self.complete(leases, by: robot) == [lost: .leaseLost])
                for lease in leases where lease.job != lost {
                    #expect(try await Self.status(of: lease.job, in: server) == .completed)
                }
                #expect(try await Self.status(of: lost, in: server) == .running)
                let journaled = try await server.database.asTenant(.default) { connection in
                    try connection.execute("SELECT FROM journal WHERE tenant_id = casare_tenant()").count
                }
                #expect(journaled == Self.jobsMax - 1)
                #expect(try await Self.commits(in: server) < Self.jobsMax - 1)
            }
        }
    }

    @Test func `a report that the database refuses fails by itself`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(Self.jobsMax)
            try await server.withRobot("r1", slots: Self.jobsMax) { robot in
                let leases = try await Self.leased(Self.jobsMax, by: robot)
                let owner = try await PostgresConnection.connect(server.database.configuration)
                try await owner.script(
                    """
                    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF NEW.job_id = '\(leases[7].job)' THEN RAISE EXCEPTION 'no' USING ERRCODE = '22000'; END IF;
                        RETURN NEW;
                    END $$;
                    CREATE TRIGGER refuse BEFORE INSERT ON job_results FOR EACH ROW EXECUTE FUNCTION refuse();
                    """)
                await owner.close()
                #expect(await Self.complete(leases, by: robot) == [leases[7].job: .invalidInput])
                #expect(try await Self.status(of: leases[7].job, in: server) == .running)
            }
        }
    }

    /// The same server, as another tenant sees it.
    private static func other(_ server: Fixture) async throws -> Fixture {
        let tenant = Tenant.ID(rawValue: 77)
        try await server.database.asSystem { connection in
            _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
        }
        let text = try await server.database.asTenant(tenant) { connection in
            try TokenStore.create(name: "x", role: .admin, on: connection).text.reveal()
        }
        return server.showing(Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0, text) }))
    }

    /// As `Fixture.with`, where a statement may wait for a lock as long as it takes.
    private static func withPatience(_ body: @escaping @Sendable (Fixture) async throws -> Void) async throws {
        try await Fixture.with { server in
            let database = Database(
                server.database.configuration, connectionsMax: 4, statementMax: .seconds(3600))
            try await Fixture.with(database, server.tokens, body)
            await database.close()
        }
    }

    private static let waiting = Query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    @Test func `each tenant's reports go by themselves, and none waits for another that is held up`() async throws {
        try await Self.withPatience { server in
            let other = try await Self.other(server)
            _ = try await server.submit(3)
            _ = try await other.submit(10)
            try await server.withRobot("r1") { ours in
                try await other.withRobot("r1", slots: 10) { theirs in
                    let our = try await Self.leased(3, by: ours)
                    let their = try await Self.leased(10, by: theirs)
                    // Somebody changes the row of one of ours.
                    let holder = try await PostgresConnection.connect(server.database.configuration)
                    try await holder.script(
                        "BEGIN; UPDATE leases SET since = since WHERE job_id = '\(our[0].job)'")
                    async let heldUp = Self.complete([our[0]], by: ours)
                    let observer = try await PostgresConnection.connect(server.database.configuration)
                    try await eventually("the completion waits for the row") {
                        try await observer.execute(Self.waiting).isEmpty ? nil : true
                    }
                    await observer.close()
                    // A job of the other tenant, by a robot of this one.
                    #expect(await Self.complete([their[0]], by: ours) == [their[0].job: .leaseLost])
                    #expect(await Self.complete(their, by: theirs).isEmpty)
                    // Nor do ours wait for the one that is held up.
                    #expect(await Self.complete(Array(our[1...]), by: ours).isEmpty)
                    #expect(try await Self.status(of: our[0].job, in: server) == .running)
                    try await holder.script("COMMIT")
                    await holder.close()
                    let refused = await heldUp
                    #expect(refused.isEmpty)
                    for lease in their { #expect(try await Self.status(of: lease.job, in: other) == .completed) }
                    for lease in our { #expect(try await Self.status(of: lease.job, in: server) == .completed) }
                }
            }
        }
    }

    @Test func `jobs whose rows somebody holds keep no others back, however many they are`() async throws {
        try await Self.withPatience { server in
            _ = try await server.submit(10)
            try await server.withRobot("r1", slots: 10) { robot in
                let leases = try await Self.leased(10, by: robot)
                let holder = try await PostgresConnection.connect(server.database.configuration)
                let held = leases[..<5].map { "'\($0.job)'" }.joined(separator: ", ")
                try await holder.script("BEGIN; SELECT FROM leases WHERE job_id IN (\(held)) FOR UPDATE")
                try await withThrowingTaskGroup(of: [Job.ID: ErrorCode].self) { tasks in
                    // One after the other, so that each goes by itself: more than batches may be on their way.
                    for (heldUp, free) in zip(leases[..<5], leases[5...]) {
                        tasks.addTask { await Self.complete([heldUp], by: robot) }
                        let refused = await Self.complete([free], by: robot)
                        #expect(refused.isEmpty)
                    }
                    for lease in leases[..<5] {
                        let status = try await Self.status(of: lease.job, in: server)
                        #expect(status == .running)
                    }
                    try await holder.script("COMMIT")
                    for try await refused in tasks { #expect(refused.isEmpty) }
                }
                await holder.close()
                for lease in leases { #expect(try await Self.status(of: lease.job, in: server) == .completed) }
            }
        }
    }

    @Test func `a robot's own token cannot end what comes together with another's job`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(6)
            var tokens: [String] = []
            for name in ["r1", "r2"] {
                tokens.append(
                    try await server.database.asTenant(.default) { connection in
                        try TokenStore.create(
                            name: name, role: .robot, robot: Robot.ID(rawValue: name), on: connection
                        ).text.reveal()
                    })
            }
            let (firstToken, secondToken) = (tokens[0], tokens[1])
            try await server.withRobot("r1", token: firstToken) { first in
                try await server.withRobot("r2", token: secondToken) { second in
                    let own = try await Self.leased(3, by: second)
                    let others = try await Self.leased(3, by: first)
                    let refused = await Self.complete(own + others, by: second)
                    #expect(refused.count == 3)
                    for lease in others { #expect(refused[lease.job] == .insufficientPermissions) }
                    #expect(await Self.complete(others, by: first).isEmpty)
                }
            }
        }
    }

    @Test func `a token that many show at the same moment is looked up once`() async throws {
        let counts = Counts()
        let authenticator = Authenticator { _ in
            counts.asked.withLock { $0 += 1 }
            while counts.began.withLock({ $0 }) < 10 { await Task.yield() }
            return nil
        }
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<10 {
                tasks.addTask {
                    counts.began.withLock { $0 += 1 }
                    do {
                        _ = try await authenticator.caller(
                            authorizedBy: "Bearer crpa_unknown", from: nil, for: .anyCaller)
                        return false
                    } catch let problem as APIProblem {
                        return problem.code == .tokenInvalid
                    }
                }
            }
            for try await isNobody in tasks { #expect(isNobody) }
        }
        #expect(counts.asked.withLock { $0 } == 1)
    }
}
