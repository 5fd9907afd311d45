import CasareDomain
import CasareEngine
import CasareNodes
import CasareStore
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import CasareRobot

/// What a robot logs is there for others.
@Suite(.timeLimit(.minutes(10)))
struct RobotLogShipperTests {
    /// The rest of the system, which does with lines what `answer` does and knows nothing else.
    private final class Keeper: WrappingBroker {
        let broker: any Broker = MemoryBroker(SharedMemoryQueue())
        private let taken = Mutex<[[String]]>([])
        private let answer: @Sendable () async throws(BrokerError) -> Void

        init(_ answer: @escaping @Sendable () async throws(BrokerError) -> Void = {}) { self.answer = answer }

        /// What was sent, in reports, whether it was taken or not.
        var reports: [[String]] { self.taken.withLock { $0 } }

        func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError) {
            self.taken.withLock { $0.append(lines.map(\.message)) }
            try await self.answer()
        }
    }

    private static let robot = Robot.ID(rawValue: "r1")!  // The literal is a robot's ID.

    private let collector = RobotCollector()

    private func shipper(
        _ broker: any Broker, level: Robot.LogLine.Level = .info, isOfWholeProcess: Bool = true,
        interval: Duration = .milliseconds(1), endMax: Duration = .seconds(300)
    ) -> RobotLogShipper {
        RobotLogShipper(
            broker, of: Self.robot, keeping: KeptLog(level: level, isOfWholeProcess: isOfWholeProcess),
            meter: RobotLogMeter(self.collector.registry), interval: interval, endMax: endMax)
    }

    private static func record(
        _ message: String, _ level: Logger.Level = .info, _ attributes: [AttributeKey: AttributeValue] = [:],
        event: String? = nil
    ) -> TelemetryLogRecord {
        TelemetryLogRecord(
            severity: 9, severityText: level.rawValue, at: 1_800_000_000_500_000_000, body: message, eventName: event,
            attributes: attributes, scope: "casare.robot")
    }

    private func lines(_ loss: RobotLogMeter.Loss? = nil) async -> MetricValue? {
        let attributes: Attributes = [.errorType: loss.map { .string($0.rawValue) }]
        return await self.collector.numbers("casare.robot.log.lines")[attributes]
    }

    @Test func `lines are sent while the robot runs, in order, and the last ones when it ends`() async throws {
        let keeper = Keeper()
        let shipper = self.shipper(keeper)
        try await shipper.sending {
            shipper.take(Self.record("one"))
            _ = try await eventually("the first line is sent") { keeper.reports.first }
            shipper.take(Self.record("two"))
            shipper.take(Self.record("three", .error))
        }
        #expect(keeper.reports.flatMap(\.self) == ["one", "two", "three"])
        #expect(await self.lines() == .int(3))
        #expect(await self.lines(.queueFull) == .int(0))
    }

    @Test func `what is not urgent enough, or no line, is not sent`() async throws {
        let keeper = Keeper()
        let shipper = self.shipper(keeper, level: .notice)
        try await shipper.sending {
            for level in Logger.Level.allCases { shipper.take(Self.record(level.rawValue, level)) }
            shipper.take(Self.record("an exception", .error, event: "casare.node.exception"))
        }
        #expect(keeper.reports.flatMap(\.self) == ["notice", "warning", "error", "critical"])
    }

    @Test func `of a process that it shares it sends what names it`() async throws {
        let keeper = Keeper()
        let shipper = self.shipper(keeper, isOfWholeProcess: false)
        try await shipper.sending {
            shipper.take(Self.record("the server's"))
            shipper.take(Self.record("another's", .info, ["robot.id": "r2"]))
            shipper.take(Self.record("its own", .info, ["robot.id": "r1"]))
        }
        #expect(keeper.reports.flatMap(\.self) == ["its own"])
    }

    @Test func `a line has the time, the place in a trace and the fields of its record`() throws {
        let context = TraceContext.makeRoot()
        let record = TelemetryLogRecord(
            severity: 9, severityText: "info", at: 1_800_000_000_500_000_000, body: "Leased job",
            attributes: ["job.id": "7", "robot.id": "r1", "count": .int(2), "tags": .array(["a"])], context: context,
            scope: "casare.robot")
        let line = try #require(Robot.LogLine(record, of: Self.robot, KeptLog(level: .info)))
        #expect(line.at == Date(timeIntervalSince1970: 1_800_000_000.5) && line.label == "casare.robot")
        #expect(line.fields.keys == ["count", "job.id", "tags"])
        #expect(line.fields["job.id"] == "7" && line.fields["count"] == 2 && line.fields["tags"] == ["a"])
        #expect(line.traceID == context.traceID && line.spanID == context.spanID)
    }

    @Test func `what could not be sent is sent again, with what came meanwhile`() async throws {
        let isBack = Latch()
        let keeper = Keeper { () async throws(BrokerError) in
            if !isBack.isOpen { throw .unavailable("test") }
        }
        let shipper = self.shipper(keeper)
        try await shipper.sending {
            shipper.take(Self.record("one"))
            _ = try await eventually("it was tried") { keeper.reports.first }
            shipper.take(Self.record("two"))
            isBack.open()
        }
        #expect(keeper.reports.allSatisfy { $0.first == "one" } && keeper.reports.last == ["one", "two"])
        #expect(await self.lines() == .int(2))
    }

    @Test func `a server that is away costs so much memory, and what does not fit is counted`() async throws {
        let keeper = Keeper { () async throws(BrokerError) in throw .unavailable("test") }
        let shipper = self.shipper(keeper, endMax: .milliseconds(10))
        try await shipper.sending {
            for number in 0..<RobotLogBuffer.linesMax + 7 { shipper.take(Self.record("\(number)")) }
        }
        #expect(await self.lines(.queueFull) == .int(7))
        #expect(await self.lines(.notSent) == .int(RobotLogBuffer.linesMax))
        #expect(await self.lines() == .int(0))
    }

    @Test func `a robot ends although nobody takes its lines`() async throws {
        let keeper = Keeper { () async throws(BrokerError) in
            await Latch().wait()  // Until it is cancelled.
            throw .unavailable("test")
        }
        let shipper = self.shipper(keeper, endMax: .milliseconds(10))
        let result = try await shipper.sending {
            shipper.take(Self.record("one"))
            return 7
        }
        #expect(result == 7)
        shipper.take(Self.record("too late"))
        #expect(await self.lines(.notSent) == .int(2))
    }

    @Test func `what a server will not keep is lost and counted, and work goes on`() async throws {
        let keeper = Keeper { () async throws(BrokerError) in throw .refused("there is no such route") }
        let shipper = self.shipper(keeper)
        try await shipper.sending { shipper.take(Self.record("one")) }
        #expect(keeper.reports == [["one"]])
        #expect(await self.lines(.refused) == .int(1))
    }

    @Test func `work that fails fails as it would`() async throws {
        let keeper = Keeper()
        let shipper = self.shipper(keeper)
        await #expect(throws: BrokerError.refused("test")) {
            try await shipper.sending {
                shipper.take(Self.record("one"))
                throw BrokerError.refused("test")
            }
        }
        #expect(keeper.reports == [["one"]])
    }

    // MARK: - A robot

    private static func lines(of robot: Robot.ID, in database: Database) async throws -> [Robot.LogLine] {
        try await database.asTenant(.default) { connection in
            try RobotLogStore.page(RobotLogQuestion(limit: 500), of: robot, on: connection).lines
        }
    }

    @Test(arguments: BrokerFixture.Form.withTenants)
    func `lines that a broker keeps twice stand there once`(form: BrokerFixture.Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try BrokerFixture.description("robot").id
            let lines = (1...3).map {
                Robot.LogLine(number: $0, at: Date(), level: .info, label: "l", message: "\($0)")
            }
            try await fixture.withBroker { broker in
                try await broker.keep(Array(lines[..<2]), of: id)
                try await broker.keep(lines, of: id)
            }
            let kept = try await Self.lines(of: id, in: try fixture.database)
            #expect(kept.map(\.message) == ["1", "2", "3"])
        }
    }

    @Test(arguments: BrokerFixture.Form.withTenants)
    func `a robot that is not registered yet is to try again`(form: BrokerFixture.Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let broker = try await fixture.broker(form)
            let line = Robot.LogLine(number: 1, at: Date(), level: .info, label: "l", message: "m")
            let error = await #expect(throws: BrokerError.self) { try await broker.keep([line], of: Self.robot) }
            await broker.close()
            guard case .unavailable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: BrokerFixture.Form.withTenants)
    func `what a robot logs from its start to its end is there, with the jobs that it is about`(
        form: BrokerFixture.Form
    ) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                let job = try await fixture.submit()[0]
                let description = try BrokerFixture.description("robot", slots: 1)
                let sink = LogSink()
                let telemetry = RobotTelemetry(of: description, registry: self.collector.registry, sink: sink)
                let agent = RobotAgent(
                    broker: try await fixture.broker(form), catalogue: StandardNodes.catalogue,
                    configuration: RobotConfiguration(
                        description: description, workingDirectory: folder, policy: .unbound,
                        keptLog: KeptLog(level: .info)),
                    telemetry: telemetry,
                    logger: CasareLogHandler.makeLogger(
                        label: "casare.robot", level: .info, format: .json, sink: sink))
                let database = try fixture.database
                let group = ServiceGroup(
                    configuration: .init(
                        services: [agent], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    _ = try await eventually("the job's end is told") {
                        // Nobody knows the robot before it is ready.
                        (try? await Self.lines(of: description.id, in: database))?
                            .first { $0.message == "Completed job" }
                    }
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
                let lines = try await Self.lines(of: description.id, in: database)
                let messages = lines.map(\.message)
                #expect(messages.first == "Robot is ready" && messages.last == "Robot stopped", "\(messages)")
                let leased = try #require(lines.first { $0.message == "Leased job" })
                #expect(leased.fields["job.id"] == .string(job.description) && leased.label == "casare.robot")
            }
        }
    }
}
