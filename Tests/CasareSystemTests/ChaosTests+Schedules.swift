import CasareClient
import CasareDomain
import CasarePostgres
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Synchronization
import Testing

extension ChaosTests {
    /// Three orchestrators on one database, which are killed, frozen and stopped at random moments: of every tick of
    /// every schedule there is one job, or a reason why there is none.
    struct SchedulesTests {
        /// What happens when comes of it, as far as processes let it: `CASARE_TEST_SEED=7` is another run.
        private static let seed =
            ProcessInfo.processInfo.environment["CASARE_TEST_SEED"].flatMap { UInt64($0) } ?? 1
        private static let schedules = 240
        /// With a tick in each of them, of each schedule.
        private static let seconds = 50.0
        /// For making the schedules. Where that takes longer they begin later, and have fewer ticks.
        private static let lead = 20.0
        private static let orchestrators = 3
        private static let document = #"""
            {"metadata": {"name": "w"}, "nodes": {"a": {"node_type": "CommentNode"}}}
            """#
        private static let waiting = Query("SELECT count(*) AS count FROM schedules WHERE due_at IS NOT NULL")

        @Test func `every tick has made one job or has a reason, though orchestrators are killed and frozen`()
            async throws
        {
            print("Schedules among faults: CASARE_TEST_SEED=\(Self.seed)")
            try await TestSystem.with { system in
                #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
                let start = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + Self.lead).rounded(.up))
                let made = try await Self.create(in: system, from: start)
                let faults = FaultCount()
                // The orchestrator in this one must not do all the work. That it stands still is a fault as well.
                system.dev.send(.stop)
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<Self.orchestrators {
                            group.addTask {
                                try await Self.hinder(number, in: system, until: start + Self.seconds, faults)
                            }
                        }
                        try await group.waitForAll()
                    }
                } catch {
                    system.dev.send(.continue)
                    throw error
                }
                system.dev.send(.continue)
                let database = try await PostgresConnection.connect(
                    try PostgresConfiguration(url: system.databaseURL))
                try await eventually("all ticks are dealt with", within: .seconds(600)) {
                    try await database.execute(Self.waiting).first?.int("count") == 0 ? true : nil
                }
                let account = try await TickAccount(of: made, on: database)
                await database.close()
                let summary = "seed \(Self.seed): \(account.ticks) ticks, \(account.fired) fired; \(faults)"
                print("Schedules among faults: \(summary)")
                #expect(
                    account.problems.isEmpty,
                    "\(summary); \(account.problems.count) problems: \(account.problems.prefix(50))")
            }
        }

        /// - Returns: the schedules, each with its first tick.
        private static func create(in system: TestSystem, from start: Date) async throws -> [ScheduleInfo] {
            try await withCasareClient(.init(url: system.url, token: system.token)) { client in
                var made: [ScheduleInfo] = []
                for number in 0..<Self.schedules {
                    made.append(
                        try await client.createSchedule(
                            CreateScheduleRequest(name: "s\(number)", spec: Self.spec(number, from: start))))
                }
                return made
            }
        }

        /// Each second one tick. By the number, the policies take turns: of three quarters every tick is to fire,
        /// however late it is. Of the others one fires, since its job never ends.
        private static func spec(_ number: Int, from start: Date) -> ScheduleSpec {
            let policies: [ScheduleSpec.CatchUp.Policy] = [.none, .latest]
            var spec = ScheduleSpec(timing: .interval(ScheduleSpec.Interval(seconds: 1)), workflow: "w")
            spec.startsAt = start
            spec.endsAt = start + Self.seconds
            if number % 4 == 3 {
                spec.overlap = .skip
                spec.catchUp.policy = policies[number / 4 % policies.count]
            } else {
                spec.overlap = .allowAll
                spec.catchUp.policy = .all
                spec.catchUp.max = ScheduleSpec.CatchUp.maxRange.upperBound
            }
            if number % 5 == 0 { spec.jitterSeconds = 0.5 }
            return spec
        }

        // MARK: - Faults

        private enum Fault: CaseIterable {
            case kill, freeze
            /// It is killed while it is frozen.
            case killFrozen
            /// It is asked to end, and ends.
            case terminate
        }

        private final class FaultCount: Sendable, CustomStringConvertible {
            private let counts = Mutex<[Fault: Int]>([:])

            func count(_ fault: Fault) { self.counts.withLock { $0[fault, default: 0] += 1 } }

            var description: String {
                let counts = self.counts.withLock { $0 }
                return counts.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
            }
        }

        /// One orchestrator after the other, each with a fault, as long as there are ticks.
        private static func hinder(
            _ number: Int, in system: TestSystem, until end: Date, _ faults: FaultCount
        ) async throws {
            var random = SeededNumbers(seed: Self.seed &* 1000 &+ UInt64(number))
            var life = 0
            repeat {
                // All of them happen, whatever the seed.
                let fault = Fault.allCases[(number + life) % Fault.allCases.count]
                let work = Duration.seconds(Double.random(in: 0.5..<5, using: &random))
                let rest = Duration.seconds(Double.random(in: 0.5..<6, using: &random))
                try await system.withOrchestrator("orchestrator-\(number)-\(life)") { server, _ in
                    try await Task.sleep(for: work)
                    faults.count(fault)
                    switch fault {
                    case .kill: server.send(.kill)
                    case .freeze:
                        server.send(.stop)
                        try await Task.sleep(for: rest)
                        server.send(.continue)
                        // It finds out what has become of its connections and of the ticks that it was at.
                        try await Task.sleep(for: work)
                        server.send(.kill)
                    case .killFrozen:
                        server.send(.stop)
                        try await Task.sleep(for: rest)
                        server.send(.kill)
                    case .terminate: server.send(.terminate)
                    }
                    try await eventually("the orchestrator has ended") { server.hasEnded ? true : nil }
                }
                life += 1
            } while Date() < end
        }
    }
}

/// What became of the ticks of some schedules, and what is wrong with it.
private struct TickAccount {
    private static let recorded = Query(
        """
        SELECT schedule_id, tick_at, last_at, ticks, origin, result, reason, job_id FROM schedule_ticks
        ORDER BY schedule_id, tick_at
        """)
    private static let made = Query("SELECT job_id, idempotency_key FROM jobs")

    private(set) var ticks = 0
    private(set) var fired = 0
    private(set) var problems: [String] = []
    /// By the ticks that have made them.
    private var jobs: [UUID: String] = [:]

    init(of schedules: [ScheduleInfo], on database: PostgresConnection) async throws {
        var rows: [UUID: [Row]] = [:]
        for row in try await database.execute(Self.recorded) {
            let schedule = try row.uuid("schedule_id")
            rows[schedule, default: []].append(row)
        }
        for schedule in schedules {
            try self.follow(schedule, rows.removeValue(forKey: schedule.id.rawValue) ?? [])
        }
        if !rows.isEmpty { self.problems.append("\(rows.count) other schedules have ticks") }
        try self.compare(with: try await database.execute(Self.made))
    }

    /// Nothing lies between two entries, and nothing in two of them, from the first tick to the last one.
    private mutating func follow(_ schedule: ScheduleInfo, _ rows: [Row]) throws {
        guard var next = schedule.nextAt, let end = schedule.spec.endsAt else {
            self.problems.append("\(schedule.name) has no ticks to come")
            return
        }
        for row in rows {
            let (at, last) = (try row.date("tick_at"), try row.date("last_at"))
            let count = try row.int("ticks")
            let place = "\(schedule.name) \(at.formatted(.iso8601))"
            if at > next { self.problems.append("\(place): nothing is known from \(next.formatted(.iso8601)) on") }
            if at < next { self.problems.append("\(place): it stands in two entries") }
            if last != at + Double(count - 1) { self.problems.append("\(place): \(last) is not the last of \(count)") }
            self.ticks += count
            try self.judge(row, count, of: schedule, place)
            next = last + 1
        }
        if next != end + 1 {
            self.problems.append("\(schedule.name): nothing is known from \(next.formatted(.iso8601)) on")
        }
    }

    private mutating func judge(_ row: Row, _ count: Int, of schedule: ScheduleInfo, _ place: String) throws {
        let (result, reason) = (try row.string("result"), try row.optionalString("reason"))
        if try row.string("origin") != "timetable" { self.problems.append("\(place): its times did not make it") }
        switch result {
        case "fired":
            self.fired += 1
            guard count == 1, let job = try row.optionalUUID("job_id") else {
                self.problems.append("\(place): \(count) ticks have fired as one, or without a job")
                return
            }
            if let other = self.jobs.updateValue(place, forKey: job) {
                self.problems.append("\(place): its job \(job) is that of \(other)")
            }
        case "skipped":
            let isExpected = schedule.spec.overlap == .skip && (reason == "overlap" || reason == "missed")
            if !isExpected { self.problems.append("\(place): skipped as \(reason ?? "nothing")") }
        default: self.problems.append("\(place): \(result)")
        }
    }

    /// No job is there that no tick has made, none is gone, and no tick has two.
    private mutating func compare(with rows: Rows) throws {
        var ticks: [String: UUID] = [:]
        for row in rows {
            let (job, key) = (try row.uuid("job_id"), try row.optionalString("idempotency_key") ?? "no key")
            if let other = ticks.updateValue(job, forKey: key) {
                self.problems.append("\(key) has two jobs: \(job) and \(other)")
            }
            if self.jobs.removeValue(forKey: job) == nil {
                self.problems.append("\(job) (\(key)): no tick has made it")
            }
        }
        for (job, place) in self.jobs { self.problems.append("\(place): its job \(job) is not there") }
    }
}
