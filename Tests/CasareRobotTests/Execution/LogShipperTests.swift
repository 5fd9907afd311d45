import CasareDomain
import CasareEngine
import CasareNodes
@testable import CasareRobot
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

/// What a run writes is there for others while it runs.
@Suite(.timeLimit(.minutes(10)))
struct LogShipperTests {
    typealias Form = BrokerFixture.Form

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Writes a line, waits until there is a file, and writes another one.
    private static func document(in folder: String) throws -> String {
        let script = "\(folder)/wait.sh"
        try "while [ ! -e \"$1\" ]; do sleep 0.05; done\n".write(toFile: script, atomically: true, encoding: .utf8)
        func say(_ message: String, _ level: String) -> Value {
            [
                "node_type": "LogNode",
                "config": ["message": .string(message), "level": .string(level), "include_node_id": false],
            ]
        }
        let document: Value = [
            "metadata": ["name": "w"], "variables": ["key": ["default_value": "", "sensitive": true]],
            "nodes": [
                "before": say("one {{key}}", "error"),
                "wait": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "/bin/sh", "args": [.string(script), .string("\(folder)/go")]],
                ],
                "after": say("two", "info"),
            ],
            "connections": [
                ["source_node": "before", "source_port": "exec_out", "target_node": "wait", "target_port": "exec_in"],
                ["source_node": "wait", "source_port": "exec_out", "target_node": "after", "target_port": "exec_in"],
            ],
        ]
        return document.jsonText(.compact)
    }

    @Test(arguments: Form.allCases)
    func `lines are there while the run goes on, without what is secret, and the last ones when it has ended`(
        form: Form
    ) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                let id = try await fixture.submit(
                    document: try Self.document(in: folder), variables: ["key": "s3cret-key"],
                    options: Job.Options(nodeTimeoutSeconds: 7200))[0]
                try await fixture.withBroker { broker in
                    let executor = JobExecutor(
                        broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                        configuration: RobotConfiguration(
                            description: try BrokerFixture.description("robot"), workingDirectory: folder,
                            policy: .unbound),
                        logger: Self.logger, telemetry: .unobserved, isStopRequested: { false })
                    let job = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
                    async let running: Void = executor.execute(job)
                    let first = try await eventually("a line is there") {
                        try await fixture.log(of: id).first
                    }
                    #expect(first.message.contains("one ***") && first.level == .error && first.node == "before")
                    #expect(try await fixture.job(id).status == .running)
                    #expect(FileManager.default.createFile(atPath: "\(folder)/go", contents: nil))
                    await running
                }
                let log = try await fixture.log(of: id)
                #expect(log.map(\.number) == [1, 2] && log.map(\.node) == ["before", "after"], "\(log)")
                guard case .finished(let outcome) = try await fixture.job(id).state else {
                    Issue.record("the job has not ended")
                    return
                }
                #expect(outcome.kind == .completed && outcome.result?.logs == log.map(\.message))
            }
        }
    }

    /// The rest of the system, which does with lines what `answer` does and knows nothing else.
    private struct Keeper: Broker {
        let answer: @Sendable ([Job.LogLine]) async throws(BrokerError) -> Int

        func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
            try await self.answer(lines)
        }

        private static let silence = BrokerError.unavailable("test")

        func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms { throw Self.silence }
        func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] { throw Self.silence }
        func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID> { throw Self.silence }
        func untilSessionIsLost() async {}
        func journal(of lease: Lease) async throws(BrokerError) -> JobJournal { throw Self.silence }
        func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) { throw Self.silence }
        func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
            throw Self.silence
        }
        func fail(
            _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
        ) async throws(BrokerError) -> FailOutcome { throw Self.silence }
        func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError) {
            throw Self.silence
        }
        func release(_ lease: Lease, reason: String) async throws(BrokerError) { throw Self.silence }
        func submit(_ child: ChildJob, forStep step: Int, under lease: Lease) async throws(BrokerError) -> Job.ID {
            throw Self.silence
        }
        func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending? {
            throw Self.silence
        }
        func close() async {}
    }

    private static let lease = Lease(job: .new(at: Date()), token: .init(rawValue: 1))

    private static func write(_ count: Int, to shipper: LogShipper) {
        for number in 1...count { shipper.happened(.log(level: .info, node: "n", message: "\(number)")) }
    }

    @Test func `a run ends although nobody takes its lines`() async throws {
        let shipper = LogShipper(
            Keeper { _ async throws(BrokerError) in
                await Latch().wait()  // Until it is cancelled.
                throw .unavailable("test")
            }, Self.lease, Self.logger, endMax: .milliseconds(10))
        let result = try await shipper.sending {
            Self.write(3, to: shipper)
            return 7
        }
        #expect(result == 7)
    }

    @Test func `what could not be sent is sent again, until it is kept`() async throws {
        let (asked, question) = AsyncStream.makeStream(of: [Int].self)
        let (failures, failure) = AsyncStream.makeStream(of: Void.self)
        let broker = Keeper { lines async throws(BrokerError) in
            question.yield(lines.map(\.number))
            for await _ in failures { throw .unavailable("test") }
            return lines.count
        }
        failure.yield()
        failure.finish()
        let shipper = LogShipper(broker, Self.lease, Self.logger, endMax: .seconds(300))
        try await shipper.sending { Self.write(2, to: shipper) }
        question.finish()
        var all: [[Int]] = []
        for await numbers in asked { all.append(numbers) }
        #expect(all == [[1, 2], [1, 2]])
    }

    @Test func `a server that keeps no logs is asked once`() async throws {
        let (asked, question) = AsyncStream.makeStream(of: Int.self)
        let broker = Keeper { lines async throws(BrokerError) in
            question.yield(lines.count)
            throw .refused("there is no such route")
        }
        let shipper = LogShipper(broker, Self.lease, Self.logger, endMax: .seconds(300))
        try await shipper.sending { Self.write(2, to: shipper) }
        Self.write(2, to: shipper)
        try await shipper.sending {}
        question.finish()
        var all: [Int] = []
        for await count in asked { all.append(count) }
        #expect(all == [2])
    }

    @Test func `nothing is sent of a run that must not be touched any more`() async throws {
        let (asked, question) = AsyncStream.makeStream(of: Int.self)
        let broker = Keeper { lines async throws(BrokerError) in
            question.yield(lines.count)
            return lines.count
        }
        let shipper = LogShipper(broker, Self.lease, Self.logger, endMax: .seconds(300))
        let run = Task {
            await Latch().wait()  // Until it is cancelled.
            try await shipper.sending {
                Self.write(2, to: shipper)
                try await Task.sleep(for: .seconds(3600))
            }
        }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        question.finish()
        for await count in asked { Issue.record("\(count) lines were sent") }
    }
}
