import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What robots log themselves, as it is kept.
struct RobotLogTests {
    private static let stream = UUID()
    private static let robot = StoreFixture.robot

    private static func line(
        _ number: Int, _ message: String, _ level: Robot.LogLine.Level = .info, fields: Object = [:]
    ) -> Robot.LogLine {
        Robot.LogLine(
            number: number, at: noon.addingTimeInterval(Double(number)), level: level, label: "casare.robot",
            message: message, fields: fields)
    }

    private static func lines(_ numbers: ClosedRange<Int>, _ level: Robot.LogLine.Level = .info) -> [Robot.LogLine] {
        numbers.map { Self.line($0, "\($0)", level) }
    }

    @discardableResult
    private static func append(
        _ lines: [Robot.LogLine], of robot: Robot.ID = Self.robot, stream: UUID = Self.stream, now: Date? = nil,
        to store: StoreFixture
    ) async throws -> Int {
        try await store.run { try RobotLogStore.append(lines, of: robot, stream: stream, now: now, on: $0) }
    }

    private static func page(
        _ question: RobotLogQuestion = RobotLogQuestion(limit: 5_000), of robot: Robot.ID = Self.robot,
        in store: StoreFixture
    ) async throws -> RobotLogPage {
        try await store.run { try RobotLogStore.page(question, of: robot, on: $0) }
    }

    private static func texts(_ store: StoreFixture) async throws -> [String] {
        try await Self.page(in: store).lines.map(\.message)
    }

    private static func purge(_ days: Int, now: Date, _ store: StoreFixture) async throws -> QueueStore.Purged {
        try await store.database.asSystem { try RobotLogStore.purge(days: days, now: now, on: $0) }
    }

    // MARK: - Lines

    @Test func `a line has all that was said of it, and its place`() async throws {
        try await withFixture { store in
            let trace = TraceContext.makeRoot()
            let full = Robot.LogLine(
                number: 2, at: noon, level: .critical, label: "casare.robot", message: "two\nof \"two\"",
                fields: ["job.id": "7", "list": ["a", 1]], traceID: trace.traceID, spanID: trace.spanID)
            #expect(try await Self.append([Self.line(1, "one", .notice), full], now: noon, to: store) == 2)
            let page = try await Self.page(in: store)
            let first = Int(noon.timeIntervalSince1970) * 1_000_000 + 1
            #expect(page.lines.map(\.number) == [first, first + 1] && page.next == first + 1)
            #expect(page.lines.map(\.message) == ["one", full.message])
            #expect(page.lines.map(\.level) == [.notice, .critical])
            #expect(page.lines.first?.at == noon + 1 && page.lines.first?.traceID == nil)
            let last = try #require(page.lines.last)
            #expect(last.fields == full.fields && last.label == full.label)
            #expect(last.traceID == trace.traceID && last.spanID == trace.spanID)
        }
    }

    @Test func `a line that is sent again is kept once, and one of the next process by its own number`() async throws {
        try await withFixture { store in
            try await Self.append(Self.lines(1...2), to: store)
            #expect(try await Self.append(Self.lines(1...3), to: store) == 3)
            #expect(try await Self.append(Self.lines(2...3), to: store) == 3)
            #expect(try await Self.append([], to: store) == 3)
            #expect(try await Self.append([Self.line(1, "anew")], stream: UUID(), to: store) == 1)
            #expect(try await Self.texts(store) == ["1", "2", "3", "anew"])
        }
    }

    @Test func `lines are in the order in which they were kept, whatever the clocks say`() async throws {
        try await withFixture { store in
            try await Self.append(Self.lines(1...2), now: noon, to: store)
            try await Self.append(Self.lines(3...4), now: noon - 3_000, to: store)
            let page = try await Self.page(in: store)
            #expect(page.lines.map(\.message) == ["1", "2", "3", "4"])
            #expect(page.lines.map(\.number) == page.lines.map(\.number).sorted())
        }
    }

    @Test func `two that write at once both have their lines kept`() async throws {
        try await withFixture { store in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        let stream = UUID()
                        for number in 1...10 {
                            try await Self.append([Self.line(number, "x")], stream: stream, to: store)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            let places = try await Self.page(in: store).lines.map(\.number)
            #expect(places.count == 40 && Set(places).count == 40)
        }
    }

    @Test func `text that the database cannot hold is kept without what it cannot`() async throws {
        try await withFixture { store in
            try await Self.append([Self.line(1, "a\0b", fields: ["k": "c\0d"])], to: store)
            let line = try #require(try await Self.page(in: store).lines.first)
            #expect(line.message == "a\u{FFFD}b" && line.fields["k"]?.string?.hasPrefix("c") == true)
        }
    }

    @Test func `a long line is cut, and says so`() {
        let line = Self.line(1, String(repeating: "ä", count: 10_000))
        #expect(line.message.hasSuffix("ä… (6000 characters left out)"))
        #expect(Self.line(1, line.message).message == line.message)
        let fields = Object((0..<100).map { ("key.\($0)", Value.string(String(repeating: "x", count: 100))) })
        let bounded = Self.line(1, "m", fields: fields).fields
        let size = Value.object(bounded).jsonText().utf8.count
        #expect(size <= Robot.LogLine.fieldsBytesMax && bounded.count > 10)
        #expect(bounded["left_out"] == .int(100 - (bounded.count - 1)))
        #expect(Self.line(1, "m", fields: bounded).fields == bounded)
    }

    @Test func `a robot that there is not has no log, and one that says nothing has an empty one`() async throws {
        try await withFixture { store in
            let stranger = try #require(Robot.ID(rawValue: "stranger"))
            await #expect(throws: StoreError.notFound(.robot, "stranger")) {
                try await Self.append(Self.lines(1...1), of: stranger, to: store)
            }
            await #expect(throws: StoreError.notFound(.robot, "stranger")) {
                _ = try await Self.page(of: stranger, in: store)
            }
            let page = try await Self.page(in: store)
            #expect(page.lines.isEmpty && page.next == 0)
        }
    }

    // MARK: - Room

    @Test func `an hour has room for so much, of which warnings have a part of their own`() {
        var window = RobotLogWindow()
        let quietMax = Robot.Log.linesPerHourMax / 3 * 2
        let quiet = (0..<quietMax + 2).map { _ in window.take(Self.line(1, "x", .notice))?.message }
        #expect(quiet.prefix(quietMax).allSatisfy { $0 == "x" })
        #expect(quiet.suffix(2) == [Robot.Log.fullMessage, nil])
        let urgentMax = Robot.Log.linesPerHourMax - quietMax
        let urgent = (0...urgentMax).map { _ in window.take(Self.line(1, "w", .warning))?.message }
        #expect(urgent.prefix(urgentMax).allSatisfy { $0 == "w" } && urgent.last == .some(nil))
        #expect(window.isFull && window.lines == Robot.Log.linesPerHourMax)
    }

    @Test func `an hour has room for so many bytes`() {
        var window = RobotLogWindow()
        let large = String(repeating: "x", count: 4_000)
        var kept = 0
        while window.take(Self.line(1, large))?.message == large { kept += 1 }
        #expect(kept > 100 && window.isFull && window.bytes <= Robot.Log.bytesPerHourMax / 3 * 2)
        let urgent = window.take(Self.line(1, large, .error))
        #expect(urgent?.message == large)
    }

    @Test func `what an hour has no room for leaves one line, and the next hour has room again`() async throws {
        try await withFixture { store in
            let quietMax = Robot.Log.linesPerHourMax / 3 * 2
            try await Self.append(Self.lines(1...quietMax), now: noon, to: store)
            try await Self.append(Self.lines(quietMax + 1...quietMax + 5), now: noon + 60, to: store)
            try await Self.append(Self.lines(quietMax + 6...quietMax + 7), now: noon + 61, to: store)
            var texts = try await Self.texts(store)
            #expect(texts.count == quietMax + 1 && texts.last == Robot.Log.fullMessage)
            try await Self.append([Self.line(quietMax + 8, "urgent", .error)], now: noon + 62, to: store)
            try await Self.append([Self.line(quietMax + 9, "later")], now: noon + 3_600, to: store)
            texts = try await Self.texts(store)
            #expect(texts.suffix(3) == [Robot.Log.fullMessage, "urgent", "later"])
        }
    }

    // MARK: - Reading

    @Test func `a log is read in pages, from a place on, since a moment, from a level on, and from its end`()
        async throws
    {
        try await withFixture { store in
            for (number, level) in Robot.LogLine.Level.allCases.enumerated() {
                try await Self.append(
                    [Self.line(number + 1, level.rawValue, level)], now: noon + Double(number * 60), to: store)
            }
            func read(_ question: RobotLogQuestion) async throws -> [String] {
                try await Self.page(question, in: store).lines.map(\.message)
            }
            let first = try await Self.page(RobotLogQuestion(limit: 2), in: store)
            #expect(first.lines.map(\.message) == ["trace", "debug"] && first.next == first.lines.last?.number)
            #expect(try await read(RobotLogQuestion(after: first.next, limit: 2)) == ["info", "notice"])
            #expect(try await read(RobotLogQuestion(level: .error, limit: 9)) == ["error", "critical"])
            #expect(try await read(RobotLogQuestion(since: noon + 240, limit: 9)) == ["warning", "error", "critical"])
            #expect(try await read(RobotLogQuestion(since: noon + 241, limit: 9)) == ["error", "critical"])
            #expect(try await read(RobotLogQuestion(limit: 2, isTail: true)) == ["error", "critical"])
            #expect(try await read(RobotLogQuestion(since: noon + 86_400, limit: 9)).isEmpty)
            #expect(try await read(RobotLogQuestion(since: Date(timeIntervalSince1970: -1e15), limit: 1)) == ["trace"])
            #expect(try await read(RobotLogQuestion(since: Date(timeIntervalSince1970: 1e15), limit: 1)).isEmpty)
            // What was looked over is not looked over again.
            let quiet = try await Self.page(RobotLogQuestion(after: 5, level: .critical, limit: 9), in: store)
            let none = try await Self.page(RobotLogQuestion(after: quiet.next, level: .critical, limit: 9), in: store)
            #expect(quiet.lines.count == 1 && none.lines.isEmpty && none.next == quiet.next)
        }
    }

    // MARK: - Keeping

    @Test func `lines go to the partition of their day, and move there from the default one`() async throws {
        try await withFixture { store in
            let farAhead = noon.addingTimeInterval(400 * 86_400)
            try await Self.append(Self.lines(1...3), now: farAhead, to: store)
            let created = try await store.database.asSystem { connection in
                [
                    try RobotLogStore.maintainPartitions(now: farAhead, on: connection),
                    try RobotLogStore.maintainPartitions(now: farAhead, on: connection),
                ]
            }
            #expect(created == [8, 0])
            let places = try await store.database.asSystem { connection in
                try connection.execute("SELECT DISTINCT tableoid::regclass::text AS place FROM robot_logs").map {
                    try $0.string("place")
                }
            }
            // 400 days after 1 January 2026.
            #expect(places == ["robot_logs_20270205"])
            #expect(try await Self.texts(store) == ["1", "2", "3"])
        }
    }

    @Test func `days that are over are dropped, one at a time, and others stay`() async throws {
        try await withFixture { store in
            for day in 0..<3 {
                let moment = noon.addingTimeInterval(Double(day) * 86_400)
                _ = try await store.database.asSystem {
                    try $0.execute("SELECT casare_create_log_partitions(0, @now)", ["now": .timestamp(moment)])
                }
                try await Self.append([Self.line(day + 1, "day \(day)")], now: moment, to: store)
            }
            // The first day ended half a day after noon, the second one a day later.
            let now = noon.addingTimeInterval(7 * 86_400 + 36 * 3_600)
            #expect(try await Self.purge(7, now: now, store).partitions == ["robot_logs_20260101"])
            let second = try await Self.purge(7, now: now, store)
            #expect(second.partitions == ["robot_logs_20260102"] && second.isPartial)
            let third = try await Self.purge(7, now: now, store)
            #expect(third.partitions.isEmpty && !third.isPartial)
            #expect(try await Self.texts(store) == ["day 2"])
        }
    }

    @Test func `what has no partition goes by its time too, and so does what is left of robots that are forgotten`()
        async throws
    {
        try await withFixture { store in
            let gone = try #require(Robot.ID(rawValue: "gone"))
            _ = try await store.run {
                try RobotStore.register(
                    gone, environment: "default", tags: [], capabilities: [], slots: 1, on: $0)
            }
            for robot in [Self.robot, gone] {
                try await Self.append(Self.lines(1...2), of: robot, now: noon, to: store)
            }
            _ = try await store.run { try RobotStore.remove(gone, by: "ann", reason: nil, on: $0) }
            #expect(try await Self.page(of: gone, in: store).lines.count == 2, "its lines outlive it")
            let almost = try await Self.purge(7, now: noon + 7 * 86_400, store)
            #expect(almost.rows == 0)
            #expect(try await Self.purge(7, now: noon + 7 * 86_400 + 1, store).rows == 4)
            #expect(try await Self.purge(7, now: noon + 8 * 86_400 + 1, store).rows == 1)
            await #expect(throws: StoreError.notFound(.robot, "gone")) {
                _ = try await Self.page(of: gone, in: store)
            }
            let left = try await Self.page(in: store)
            #expect(left.lines.isEmpty && left.next > 0, "places go on where they were")
        }
    }

    @Test func `a robot on SQL adds lines and reads none`() async throws {
        try await withFixture { store in
            var configuration = store.database.configuration
            configuration.user = TestRobot.user
            let database = Database(configuration, connectionsMax: 1, for: .robot)
            let number = try await database.asTenant(.default) {
                try RobotLogStore.append(Self.lines(1...2), of: Self.robot, stream: Self.stream, on: $0)
            }
            #expect(number == 2)
            for sql in ["SELECT FROM robot_logs", "DELETE FROM robot_logs", "DELETE FROM robot_log_heads"] {
                let query = Query(assembled: sql)
                let error = await #expect(throws: PostgresError.self) {
                    try await database.asTenant(.default) { _ = try $0.execute(query) }
                }
                #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
            }
            await database.close()
            #expect(try await Self.texts(store) == ["1", "2"])
        }
    }
}
