import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Synchronization
import Testing

/// What robots watch passes from one to the next, however they end: what was found makes a job, and one only.
struct WatchTests {
    private static let document = #"""
        {"metadata": {"name": "w"}, "variables": {"name": {"default_value": ""}},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": "{{name}}"}}}}
        """#

    /// A robot that is gone or frozen has lost its watches after so long.
    fileprivate static let lease = ["CASARE_LEASE_SECONDS": "5"]
    /// Between two things that are to be found.
    private static let pause = Duration.milliseconds(200)

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `every file makes one job, though robots are killed and frozen while they watch`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            let folder = "\(system.folder)/in"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let source: Object = [
                "path": .string(folder), "patterns": ["*.txt"], "events": ["created"], "settled_seconds": 0,
                "debounce_seconds": 0, "poll_seconds": 0.5, "existing": true,
                "variables": ["name": "payload.file_name"],
            ]
            try await Self.relay(kind, in: system, ["file": .object(source)]) { number in
                // A file is there at once, with all that is in it.
                let path = "\(folder)/\(Self.name(number))"
                try "\(number)".write(toFile: "\(path).new", atomically: false, encoding: .utf8)
                try FileManager.default.moveItem(atPath: "\(path).new", toPath: path)
            }
        }
    }

    @Test func `every piece of news makes one job, though robots are killed and frozen while they watch`()
        async throws
    {
        try await TestServer.withNews { news in
            try await TestSystem.with { system in
                let source: Object = [
                    "rss": ["url": .string("http://127.0.0.1:\(news.port().displayText)/feed")], "poll_seconds": 5,
                    "items_max": 100, "existing": true, "variables": ["name": "payload.title"],
                ]
                try await Self.relay(.api, in: system, ["feed": .object(source)]) { number in
                    try news.publish(Self.name(number))
                }
            }
        }
    }

    /// In the order of their numbers.
    private static func name(_ number: Int) -> String { "\(100_000 + number).txt" }

    // MARK: - The relay

    /// Three robots watch, one after the other. The first is killed; of those that are left one is frozen for longer
    /// than its lease, and woken; then the other is killed, and the one that was frozen watches again. All the while
    /// there is something new to be found.
    private static func relay(
        _ kind: TestSystem.RobotKind, in system: TestSystem, _ source: Object,
        put: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
        try await system.withOrchestrator("orchestrator", variables: Self.lease) { _, url in
            let database = try await PostgresConnection.connect(try PostgresConfiguration(url: system.databaseURL))
            let relay = Relay(kind: kind, system: system, url: url, database: database)
            let spec: Value = .object(source.merging(["workflow": "w"]))
            let created = try await system.casarectl(
                ["trigger", "create", "-f", "-"],
                input: Value.object(["name": "t", "spec": spec]).jsonText(.compact))
            #expect(created.status == 0, "\(created.errors)")
            let supply = Supply(put: put)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await supply.flow(every: Self.pause) }
                try await relay.withRobot("r1") { r1 in
                    try await relay.withRobot("r2") { r2 in
                        let first = try await Self.killHolder(of: relay, ["r1": r1, "r2": r2])
                        try await relay.withRobot("r3") { r3 in
                            let robots = ["r1": r1, "r2": r2, "r3": r3].filter { $0.key != first }
                            try await Self.freezeHolder(of: relay, robots)
                            _ = try await Self.killHolder(of: relay, robots)
                            let last = try supply.end()
                            try await Self.check(relay, names: (0...last).map { Self.name($0) })
                        }
                    }
                }
                try await group.waitForAll()
            }
            await database.close()
        }
    }

    /// - Returns: the robot that was killed once it had reported something; another one watches now.
    private static func killHolder(of relay: Relay, _ robots: [String: RunningProgram]) async throws -> String {
        let holder = try await relay.reportingHolder()
        let robot = try #require(robots[holder])
        robot.send(.kill)
        try await eventually("another robot has taken over from \(holder), which is dead") {
            try await relay.holder().flatMap { $0 == holder ? nil : $0 }
        }
        return holder
    }

    /// Freezes the robot that watches until its lease is over and another one has reported something, and wakes it.
    private static func freezeHolder(of relay: Relay, _ robots: [String: RunningProgram]) async throws {
        let holder = try await relay.reportingHolder()
        let robot = try #require(robots[holder])
        let before = try await relay.sessions(of: holder)
        robot.send(.stop)
        try await eventually("another robot has taken over from \(holder), which is frozen") {
            try await relay.holder().flatMap { $0 == holder ? nil : $0 }
        }
        let other = try await relay.reportingHolder()
        #expect(other != holder)
        robot.send(.continue)
        try await eventually("\(holder) has found out, and begins anew") {
            try await relay.sessions(of: holder) > before ? true : nil
        }
    }

    /// Every one of them has made one job, and nothing else came: not even something that was turned away.
    private static func check(_ relay: Relay, names: [String]) async throws {
        let wanted = Set(names)
        let found = try await eventually("all \(names.count) have made jobs") {
            let found = try await relay.jobs()
            return wanted.isSubset(of: found) ? found : nil
        }
        #expect(found.sorted() == names, "\(found.count) jobs, \(names.count) things to find")
        let deliveries = try await relay.database.execute(Relay.deliveries)
        let results = try deliveries.map { try $0.string("result") }
        #expect(results == names.map { _ in "accepted" })
        let jobs = try deliveries.map { try $0.optionalUUID("job_id") }
        #expect(Set(jobs).count == names.count)
        let reporters = Set(try deliveries.map { try $0.string("source") })
        #expect(reporters == ["r1", "r2", "r3"], "each has watched")
    }
}

/// The robots of one test, and what the database knows of their watch.
private struct Relay: Sendable {
    private static let watcher = Query(
        """
        SELECT robot_sessions.robot_id
        FROM trigger_watches JOIN robot_sessions USING (tenant_id, session_id)
        WHERE robot_sessions.ended_at IS NULL
        """)
    private static let opened = Query("SELECT count(*) AS count FROM robot_sessions WHERE robot_id = @robot")
    private static let reported = Query(
        "SELECT count(*) AS count FROM trigger_deliveries WHERE source = @robot AND result = 'accepted'")
    private static let names = Query("SELECT variables ->> 'name' AS name FROM jobs")
    static let deliveries = Query("SELECT result, source, job_id FROM trigger_deliveries")

    let kind: TestSystem.RobotKind
    let system: TestSystem
    /// Of the orchestrator whose leases are short.
    let url: String
    /// The owner's connection, which sees everything.
    let database: PostgresConnection

    func withRobot<Result: Sendable>(
        _ id: String, _ body: @escaping @Sendable (RunningProgram) async throws -> Result
    ) async throws -> Result {
        var variables = WatchTests.lease
        variables["CASARE_ALLOW_INTERNAL_URLS"] = "true"
        switch self.kind {
        case .sql: break
        case .api: variables["CASARE_URL"] = self.url
        }
        return try await self.system.withRobot(self.kind, id: id, variables: variables, body)
    }

    /// Who watches; `nil`: nobody just now.
    func holder() async throws -> String? {
        try await self.database.execute(Self.watcher).first?.string("robot_id")
    }

    /// Who watches, once something of what it has found from now on has made a job.
    func reportingHolder() async throws -> String {
        var before: [String: Int] = [:]
        return try await eventually("whoever watches reports something") { () async throws -> String? in
            guard let holder = try await self.holder() else { return nil }
            let count = try await self.count(Self.reported, of: holder)
            guard let known = before[holder] else {
                before[holder] = count
                return nil
            }
            return count > known ? holder : nil
        }
    }

    /// How many sessions a robot has opened so far.
    func sessions(of robot: String) async throws -> Int { try await self.count(Self.opened, of: robot) }

    /// What the jobs that there are were made for.
    func jobs() async throws -> [String] {
        try await self.database.execute(Self.names).map { try $0.string("name") }
    }

    private func count(_ query: Query, of robot: String) async throws -> Int {
        try await self.database.execute(query, ["robot": .text(robot)]).first?.int("count") ?? 0
    }
}

/// Puts something new where robots look for it, again and again.
private final class Supply: Sendable {
    private struct State {
        var next = 0
        var isOver = false
    }

    private let state = Mutex(State())
    private let put: @Sendable (Int) throws -> Void

    init(put: @escaping @Sendable (Int) throws -> Void) { self.put = put }

    /// Returns once it is over.
    func flow(every pause: Duration) async throws {
        while try self.putNext(isLast: false) != nil { try await Task.sleep(for: pause) }
    }

    /// Puts one more, and ends.
    ///
    /// - Returns: the number of the last one.
    func end() throws -> Int {
        guard let last = try self.putNext(isLast: true) else { throw NeverHappened(what: "it is over once") }
        return last
    }

    /// - Returns: its number; `nil`: it is over.
    private func putNext(isLast: Bool) throws -> Int? {
        try self.state.withLock { state throws -> Int? in
            guard !state.isOver else { return nil }
            state.isOver = isLast
            try self.put(state.next)
            state.next += 1
            return state.next - 1
        }
    }
}
