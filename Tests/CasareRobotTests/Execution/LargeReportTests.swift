import CasareDomain
import CasareEngine
@testable import CasareOrchestrator
@testable import CasareRobot
import CasareStore
import CasareTestSupport
import Logging
import Testing

/// Jobs that produce more than can be stored, by every broker: they end once, in a way that says why.
struct LargeReportTests {
    typealias Form = BrokerFixture.Form

    /// A tenth of a mebibyte; the limits are as many of these as they are mebibytes in life.
    private static let unit = (1 << 20) / 10
    private static let limits = ReportLimits(
        resultBytesMax: 8 * unit, stepBytesMax: 8 * unit, stepsBytesMax: 4 * unit)

    /// Reads something of as many bytes as its parameter says, from the world.
    private static let catalogue = NodeCatalogue([
        NodeType("StartNode", family: "Basic", "Begins.", .structure(.start)),
        NodeType("EndNode", family: "Basic", "Ends.", .structure(.end)),
        NodeType(
            "ReadNode", family: "Test", "Reads.", parameters: [.init("bytes", .integer, "How much.")],
            outputs: [.init("content", .string)], effect: .captured,
            .perform { inputs, _ in
                NodeResult(["content": .string(String(repeating: "x", count: inputs["bytes"].int ?? 0))])
            }),
    ])

    private static func document(reading sizes: [Int] = []) -> String {
        let names = ["s"] + sizes.indices.map { "r\($0)" } + ["e"]
        var nodes: Object = ["s": ["node_type": "StartNode"], "e": ["node_type": "EndNode"]]
        for (index, bytes) in sizes.enumerated() {
            nodes["r\(index)"] = ["node_type": "ReadNode", "config": ["bytes": .int(bytes)]]
        }
        let connections = zip(names, names.dropFirst()).map { from, to -> Value in
            [
                "source_node": .string(from), "source_port": "exec_out", "target_node": .string(to),
                "target_port": "exec_in",
            ]
        }
        let document: Value = [
            "metadata": ["name": "w"], "nodes": .object(nodes), "connections": .list(connections),
        ]
        return document.jsonText(.compact)
    }

    /// Leases the one job there is, runs it and returns how it stands.
    private static func run(
        _ form: Form, document: String, variables: Object = [:], trace: Bool = false
    ) async throws
        -> (job: Job, steps: [JournalRow])
    {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit(
                document: document, variables: variables, options: Job.Options(trace: trace))[0]
            return try await fixture.withBroker { broker in
                var logger = Logger(label: "test")
                logger.logLevel = .critical
                try await withTemporaryDirectory { folder in
                    let executor = JobExecutor(
                        broker: broker, programs: ProgramCache(catalogue: Self.catalogue),
                        configuration: RobotConfiguration(
                            description: try BrokerFixture.description("robot"), workingDirectory: folder),
                        logger: logger, telemetry: .unobserved, isStopRequested: { false }, limits: Self.limits)
                    let job = try await broker.lease(slots: 1, waiting: .seconds(10)).first
                    await executor.execute(try #require(job))
                }
                let steps = try await fixture.steps(id)
                return (try await fixture.job(id), steps)
            }
        }
    }

    private static func failure(_ job: Job) -> Failure? {
        guard case .finished(let outcome) = job.state else { return nil }
        return outcome.failure
    }

    @Test(arguments: Form.allCases)
    func `a result whose variables are too large ends the job as rejected, after one attempt`(form: Form) async throws {
        let rows = Value.string(String(repeating: "x", count: 9 * Self.unit))
        let (job, _) = try await Self.run(form, document: Self.document(), variables: ["rows": rows])
        #expect(job.status == .failed && job.attempt == 1)
        let failure = try #require(Self.failure(job))
        #expect(failure.kind == .rejected && failure.type == "ResultTooLarge")
        #expect(failure.message.contains("may take 0.8 MiB") && failure.message.contains("rows (0.9 MiB)"))
    }

    @Test(arguments: Form.allCases)
    func `a result that is large by its trace only is stored without`(form: Form) async throws {
        let (job, steps) = try await Self.run(
            form, document: Self.document(reading: [5 * Self.unit, 5 * Self.unit]), trace: true)
        guard case .finished(let outcome) = job.state else {
            Issue.record("\(job.status)")
            return
        }
        #expect(outcome.kind == .completed && outcome.result?.nodeOutputs == nil && outcome.result?.trace != nil)
        #expect(outcome.result?.logs.last?.contains("node_outputs") == true)
        // Together they are more than one request holds.
        #expect(steps.map(\.step) == [0, 1] && steps.allSatisfy { ($0.result?.utf8.count ?? 0) > 5 * Self.unit })
    }

    @Test(arguments: Form.allCases)
    func `a step whose result is too large ends the job as rejected and is named`(form: Form) async throws {
        let (job, steps) = try await Self.run(form, document: Self.document(reading: [1, 9 * Self.unit, 1]))
        #expect(job.status == .failed && job.attempt == 1)
        let failure = try #require(Self.failure(job))
        #expect(failure.kind == .rejected && failure.type == "ResultTooLarge")
        #expect(failure.message.hasPrefix("the result of r1 (ReadNode, step 1) is 1 MiB and may be 0.8 MiB"))
        #expect(steps.map(\.step) == [0])
    }

    @Test func `what a robot may report fits into a request`() {
        let limits = ReportLimits()
        let room = BodyReader.bodyBytesMax - 2 << 20
        #expect(limits.resultBytesMax + limits.stepsBytesMax <= room && limits.stepBytesMax <= room)
    }
}
