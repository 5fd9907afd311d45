import CasareDomain
import CasareEngine
import CasareNodes
@testable import CasareRobot
import CasareTestSupport
import FoundationEssentials
import Logging
import Synchronization
import Testing

/// What a run warns of reaches the robot's log.
struct JobWarningsTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { self.lines.withLock { $0.append(line) } }

        var all: [String] { self.lines.withLock(\.self) }

        /// Of warnings, with the sorted metadata.
        var logger: Logger { Logger(label: "test") { _ in LineHandler(lines: self) } }
    }

    private struct LineHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = self.metadata.merging(event.metadata ?? [:]) { _, new in new }
            let fields = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            self.lines.add("\(event.message) \(fields.joined(separator: " "))")
        }
    }

    @Test func `a warning of a job's run is logged with the job, its trace and the node`() async throws {
        let document: Value = [
            "metadata": ["name": "w"],
            "nodes": [
                "set": ["node_type": "SetVariableNode", "config": ["variable_name": "x", "value": "{{nope}}"]]
            ],
        ]
        let lines = Lines()
        let trace = TraceCarrier.makeRoot()
        try await BrokerFixture.with(.sql) { fixture in
            let id = try await fixture.submit(
                for: .default, document: document.jsonText(.compact), options: Job.Options(), trace: trace)[0]
            try await fixture.withBroker(of: .default) { broker in
                try await withTemporaryDirectory { folder in
                    let executor = JobExecutor(
                        broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                        configuration: RobotConfiguration(
                            description: try BrokerFixture.description("robot"), workingDirectory: folder,
                            policy: .standard, refusesLoosening: false),
                        logger: lines.logger, telemetry: .unobserved, isStopRequested: { false })
                    let job = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
                    await executor.execute(job)
                }
            }
            let told = lines.all.filter { $0.contains("{{nope}} has no value") }
            #expect(told.count == 1, "\(lines.all)")
            #expect(told.first?.contains("job.id=\(id)") == true, "\(told)")
            #expect(told.first?.contains("node=set") == true, "\(told)")
            #expect(told.first?.contains("trace_id=\(trace.traceID)") == true, "\(told)")
        }
    }

    @Test func `warnings without end fill no log`() {
        let lines = Lines()
        let warnings = JobWarnings(lines.logger)
        for number in 1...WarningTally.toldMax + 7 {
            for _ in 1...2 { warnings.happened(.warning(node: "n", message: "\(number)")) }
        }
        warnings.close()
        #expect(lines.all.count == WarningTally.toldMax + 1)
        #expect(lines.all.first == "The run warns node=n warning=1")
        #expect(lines.all.last == "The run warns of more count=14")
    }
}
