import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// A registered robot with an open session.
struct RobotFixture: Sendable {
    let client: CasareClient
    let id: Robot.ID
    let session: Robot.SessionID
}

extension OrchestratorFixture {
    /// - Parameter token: of a robot; that of any robot when there is none.
    func withRobot<R: Sendable>(
        _ name: String, slots: Int = 4, token: String? = nil, _ body: (RobotFixture) async throws -> R
    ) async throws -> R {
        let id = try #require(Robot.ID(rawValue: name))
        var configuration = CasareClient.Configuration(url: self.url, token: token ?? self.tokens[.robot])
        configuration.retriesMax = 0
        return try await withCasareClient(configuration) { client in
            _ = try await client.registerRobot(RegisterRobotRequest(id: id, slots: slots))
            let opened = try await client.openSession(id, OpenSessionRequest(bootID: UUID(), slots: slots))
            #expect(opened.leaseSeconds > opened.heartbeatSeconds)
            return try await body(RobotFixture(client: client, id: id, session: opened.sessionID))
        }
    }

    func submit(_ count: Int) async throws -> [Job.ID] {
        try await self.pushWorkflow()
        return try await self.withClient(.operator) { client in
            try await client.submit(Array(repeating: SubmitJobRequest(workflow: "invoices"), count: count)).map(\.id)
        }
    }
}

struct RobotProtocolTests {
    private typealias Fixture = OrchestratorFixture

    private static let success = RunResult(
        success: true, error: nil, variables: ["total": 15.0], logs: ["done"], nodeErrors: [])

    private static func row(_ step: Int) -> JournalRow {
        JournalRow(
            step: step, node: "n\(step)", nodeType: "WriteFileNode", effect: "idempotent",
            result: #"{"outputs":{"count":15.0}}"#, startedAt: Date(timeIntervalSince1970: 1),
            finishedAt: Date(timeIntervalSince1970: 2.5))
    }

    private static func code(_ body: () async throws(ClientError) -> Void) async -> ErrorCode? {
        do throws(ClientError) {
            try await body()
            return nil
        } catch {
            guard case .api(let problem) = error else { return nil }
            return problem.code
        }
    }

    @Test func `a job is leased, journaled and completed`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                #expect(jobs.count == 1 && ids.contains(job.lease.job) && job.attempt == 1)
                #expect(try Value(parsingJSON: job.document)["metadata"]?["name"] == "invoices")
                #expect(try await robot.client.renew(robot.session, [job.lease]).lost.isEmpty)
                try await robot.client.checkpoint([Self.row(0)], under: job.lease)
                #expect(try await robot.client.journal(of: job.lease) == [Self.row(0)])
                try await robot.client.complete(job.lease, result: Self.success, rows: [Self.row(1)])
                let info = try await server.withClient(.viewer) { client in try await client.job(job.lease.job) }
                #expect(info.status == .completed && info.result == Self.success && info.robot == "r1")
                #expect(try await server.withClient(.viewer) { try await $0.steps(of: job.lease.job) }.count == 2)
                #expect(
                    await Self.code { () throws(ClientError) in
                        try await robot.client.complete(job.lease, result: Self.success, rows: [])
                    } == .leaseLost)
                #expect(try await robot.client.renew(robot.session, [job.lease]).lost == [job.lease.job])
            }
        }
    }

    @Test func `a failed job is dead-lettered and comes back`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            let failure = Failure(kind: .business, message: "no such customer 42", type: "ValueError", node: "n7")
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                let outcome = try await robot.client.fail(job.lease, failure: failure, result: nil, rows: [])
                #expect(outcome.status == .failed && outcome.retryAt == nil)
            }
            try await server.withClient(.operator) { client in
                let job = try await client.job(ids[0])
                #expect(
                    job.failure?.kind == "business" && job.failure?.type == "ValueError" && job.failure?.node == "n7")
                let page = try await client.deadLetters(
                    DeadLetterQuery(status: .open, workflow: "invoices", kind: .business))
                #expect(page.deadLetters.map(\.id) == ids)
                let letter = try await client.deadLetter(ids[0])
                #expect(letter.attempts.count == 1 && letter.attempts.first?.robot == "r1")
                let new = try await client.retryDeadLetter(ids[0], variables: ["fixed": true])
                #expect(new.retryOf == ids[0] && new.variables == ["fixed": true])
                #expect(try await client.deadLetter(ids[0]).replayedAs == new.id)
                #expect(
                    await Self.code { () throws(ClientError) in
                        _ = try await client.retryJob(ids[0])
                    } == .conflict)
                #expect(try await client.deadLetters(DeadLetterQuery(status: .open)).deadLetters.isEmpty)
                #expect(
                    await Self.code { () throws(ClientError) in
                        _ = try await client.retryDeadLetter(new.id)
                    } == .notFound)
            }
        }
    }

    @Test func `a retryable failure is tried again`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                let outcome = try await robot.client.fail(
                    job.lease, failure: Failure(kind: .application, message: "x", type: "E"), result: nil, rows: [])
                #expect(outcome.status == .pending && outcome.retryAt != nil)
            }
        }
    }

    @Test func `blocking and releasing end the lease`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 2)
                try #require(jobs.count == 2)
                let question = Job.Question(step: 3, node: "n", nodeType: "SendNode", text: "Was it sent?")
                try await robot.client.block(jobs[0].lease, question: question, rows: [])
                try await robot.client.release(jobs[1].lease, reason: "stopping")
                let blocked = try await server.withClient(.viewer) { try await $0.job(jobs[0].lease.job) }
                #expect(blocked.status == .blocked && blocked.question == question)
                let again = try await robot.client.lease(robot.session, slots: 2, waiting: .seconds(10))
                #expect(again.map(\.lease.job) == [jobs[1].lease.job] && ids.contains(jobs[1].lease.job))
                #expect(again.first.map { $0.lease.token > jobs[1].lease.token } == true)
            }
        }
    }

    @Test func `a waiting robot gets a job as soon as it is submitted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withRobot("r1") { robot in
                let began = ContinuousClock.now
                async let waiting = robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                let ids = try await server.submit(1)
                #expect(try await waiting.map(\.lease.job) == ids)
                #expect(ContinuousClock.now - began < .seconds(10))
                #expect(try await robot.client.lease(robot.session, slots: 1, waiting: .milliseconds(50)).isEmpty)
            }
        }
    }

    @Test func `a robot that goes away while it waits is given nothing`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withRobot("r1") { robot in
                let waiting = Task { try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(25)) }
                while server.waitingRoom.count == 0 {
                    await Task.yield()
                }
                waiting.cancel()
                while server.waitingRoom.count > 0 {
                    await Task.yield()
                }
                let ids = try await server.submit(1)
                #expect(try await robot.client.lease(robot.session, slots: 1).map(\.lease.job) == ids)
            }
        }
    }

    @Test func `the jobs of a robot that died are run by another`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let session = try await server.database.asTenant(.default) { connection in
                    try LeaseStore.openSession(
                        robot.id, boot: UUID(), kind: .api, slots: 1, leaseDuration: .milliseconds(100), on: connection)
                }
                let dead = try await robot.client.lease(session, slots: 1)
                #expect(dead.map(\.lease.job) == ids)
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                #expect(jobs.map(\.lease.job) == ids && jobs.first?.attempt == 2)
            }
        }
    }

    @Test func `a robot at one orchestrator gets what another took in`() async throws {
        try await Fixture.with { first in
            try await first.pushWorkflow()
            let database = Database(first.database.configuration, connectionsMax: 4)
            try await Fixture.with(database, first.tokens) { second in
                try await second.withRobot("r1") { robot in
                    async let waiting = robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                    while second.waitingRoom.count == 0 {
                        await Task.yield()
                    }
                    let ids = try await first.submit(1)
                    #expect(try await waiting.map(\.lease.job) == ids)
                }
            }
            await database.close()
        }
    }

    @Test func `closing a session hands its jobs back`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let losts = try await robot.client.lease(robot.session, slots: 1)
                let lost = try #require(losts.first)
                try await robot.client.closeSession(robot.session)
                #expect(
                    await Self.code { () throws(ClientError) in
                        _ = try await robot.client.lease(robot.session, slots: 1)
                    } == .leaseLost)
                #expect(
                    await Self.code { () throws(ClientError) in
                        _ = try await robot.client.renew(robot.session, [])
                    } == .leaseLost)
                #expect(
                    await Self.code { () throws(ClientError) in
                        try await robot.client.checkpoint([Self.row(0)], under: lost.lease)
                    } == .leaseLost)
            }
            try await server.withRobot("r2") { robot in
                let job = try #require(
                    try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(10)).first)
                #expect([job.lease.job] == ids && job.attempt == 1)
            }
        }
    }

    @Test func `a robot's own token touches nothing of another robot`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let created = try await server.call(
                .POST, "/api/v1/tokens", ["name": "only r2", "role": "robot", "robot": "r2"])
            let token = try #require(created.json["token"]?.string)
            try await server.withRobot("r1") { first in
                let jobs = try await first.client.lease(first.session, slots: 1)
                let job = try #require(jobs.first)
                try await server.withRobot("r2", token: token) { second in
                    let other = second.client
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.registerRobot(RegisterRobotRequest(id: first.id))
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.openSession(first.id, OpenSessionRequest(bootID: UUID(), slots: 1))
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.lease(first.session, slots: 1)
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.renew(first.session, [])
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            try await other.closeSession(first.session)
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            try await other.complete(job.lease, result: Self.success, rows: [])
                        } == .insufficientPermissions)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.journal(of: job.lease)
                        } == .insufficientPermissions)
                    let beat = try await other.heartbeat(second.id, session: second.session)
                    #expect(beat.leaseSeconds > 0)
                    #expect(
                        await Self.code { () throws(ClientError) in
                            _ = try await other.heartbeat(second.id, session: first.session)
                        } == .insufficientPermissions)
                }
                try await first.client.complete(job.lease, result: Self.success, rows: [])
            }
        }
    }

    @Test func `robots are listed with what they do`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1", slots: 1) { robot in
                _ = try await robot.client.lease(robot.session, slots: 1)
                try await server.withClient(.viewer) { client in
                    let info = try await client.robot(robot.id)
                    #expect(info.status == .busy && info.slotsInUse == 1)
                    #expect(try await client.robots().robots.map(\.id) == [robot.id])
                    #expect(try await client.status().robotsOnline == 1)
                    #expect(try await client.status().jobs.running == 1)
                }
            }
            #expect(try await server.call(.GET, "/api/v1/robots/unknown").status == 404)
            let body: Value = ["boot_id": "0197f3a0-0000-7000-8000-000000000001", "slots": 1]
            let unregistered = try await server.call(.POST, "/api/v1/robots/unknown/sessions", as: .robot, body)
            #expect(unregistered.status == 404)
        }
    }

    @Test func `wrong reports are the robot's fault`() async throws {
        let cases: [(String, String, Int)] = [
            ("/api/v1/sessions/1/lease", #"{"slots":0}"#, 422),
            ("/api/v1/sessions/1/lease", #"{"slots":1,"wait_seconds":26}"#, 422),
            ("/api/v1/sessions/x/lease", #"{"slots":1}"#, 400), ("/api/v1/sessions/99/lease", #"{"slots":1}"#, 409),
            ("/api/v1/sessions/99/renew", #"{"leases":[]}"#, 409),
            ("/api/v1/sessions/1/renew", #"{"leases":[1]}"#, 422),
            ("/api/v1/robots/r1/sessions", #"{"boot_id":"x","slots":1}"#, 422),
            ("/api/v1/robots", #"{"id":"a b"}"#, 422), ("/api/v1/robots", #"{"id":"a","slots":0}"#, 422),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/complete", #"{"token":1,"result":{}}"#, 422),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/complete", #"{"token":1,"result":{"success":true}}"#,
                409
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/fail",
                #"{"token":1,"failure":{"kind":"odd","message":"","type":""}}"#, 422
            ),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/release", #"{"token":1,"reason":"x"}"#, 409),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/block", #"{"token":1}"#, 422),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":99999999999,"node":"n","node_type":"t","effect":"effect","#
                    + #""started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":1,"node":"n","node_type":"t","effect":"pure","#
                    + #""started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":1,"node":"n","node_type":"t","effect":"effect","#
                    + #""result":{},"started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
        ]
        try await Fixture.with { server in
            for (path, body, status) in cases {
                let reply = try await server.send(
                    .POST, path, token: server.tokens[.robot], body: body, headers: ["Content-Type": "application/json"]
                )
                #expect(reply.status == status, "\(reply.json.jsonText(.compact))")
            }
        }
    }
}
