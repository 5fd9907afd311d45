import CasareDomain
import CasareEngine
import CasareNodes
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Instrumentation
import Logging
import Testing
import Tracing

@testable import CasareRobot

/// What a robot tells of the jobs that it runs.
struct RobotTelemetryTests {
    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    private static func document(_ nodes: Value) -> String {
        (["metadata": ["name": "w"], "nodes": nodes] as Value).jsonText(.compact)
    }

    private static let good = Self.document([
        "set": ["node_type": "SetVariableNode", "config": ["variable_name": "x", "value": 1]]
    ])
    private static let bad = Self.document([
        "boom": ["node_type": "ReadFileNode", "config": ["file_path": "/nowhere/at/all"]]
    ])

    /// Runs one job of the document, and returns it as it was leased.
    private static func run(
        _ document: String, _ collector: RobotCollector, trace: TraceCarrier = .makeRoot(),
        options: Job.Options = .init(), policy: NodePolicy = .standard, tracer: (any Tracer)? = nil
    ) async throws -> LeasedJob {
        try await BrokerFixture.with(.memory) { fixture in
            try await fixture.submit(document: document, options: options, trace: trace)
            return try await fixture.withBroker(slots: 2) { broker in
                try await withTemporaryDirectory { folder in
                    let telemetry = try collector.telemetry(tracer: tracer)
                    telemetry.tenant.name = "acme"
                    let executor = JobExecutor(
                        broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                        configuration: RobotConfiguration(
                            description: try BrokerFixture.description("robot", slots: 2), workingDirectory: folder,
                            policy: policy, refusesLoosening: false),
                        logger: Self.logger, telemetry: telemetry, isStopRequested: { false })
                    let job = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
                    await executor.execute(job)
                    return job
                }
            }
        }
    }

    @Test func `a job's span is below the one that asked for it, under its lease's ID`() async throws {
        let collector = RobotCollector()
        let trace = TraceCarrier.makeRoot()
        let job = try await Self.run(Self.good, collector, trace: trace)
        let process = try collector.span("process default")
        #expect(process.kind == .consumer && process.isParentRemote)
        #expect(process.parent == trace.context.spanID && process.context.traceID == trace.traceID)
        #expect(process.context.spanID == SpanID(of: job.lease))
        #expect(process.links.map(\.context.spanID) == [trace.context.spanID])
        #expect(process.attributes["messaging.message.id"] == .string(job.lease.job.description))
        #expect(process.attributes["casare.job.attempt"] == .int(1))
        #expect(process.attributes["casare.run.result"] == "completed")
        let run = try collector.span("run w")
        let node = try collector.span("SetVariableNode")
        #expect(node.attributes["casare.node.effect"] == "pure")
        let complete = try collector.span("complete default")
        #expect(run.parent == process.context.spanID && node.parent == run.context.spanID)
        #expect(complete.parent == process.context.spanID && complete.kind == .client)
        #expect(complete.attributes["messaging.operation.type"] == "settle")
        #expect(node.attributes["casare.node.id"] == "set" && node.attributes["casare.node.result"] == "completed")
        #expect(run.attributes["casare.run.node_executions"] == .int(1))
        #expect(run.attributes["casare.run.nodes_replayed"] == nil && run.attributes["casare.run.is_cut_off"] == nil)
    }

    @Test func `a job that fails has failed on its spans, and in the counts`() async throws {
        let collector = RobotCollector()
        _ = try await Self.run(Self.bad, collector)
        let process = try collector.span("process default")
        #expect(process.status == .error(message: nil) && process.attributes["casare.run.result"] == "failed")
        let kind = try #require(try collector.span("fail default").attributes["casare.failure.kind"])
        #expect(process.attributes["error.type"] == kind)
        let node = try collector.span("ReadFileNode")
        #expect(node.attributes["casare.node.effect"] == "captured")
        #expect(node.status == .error(message: nil) && node.attributes["casare.node.result"] == "failed")
        let attributes: Attributes = [.queue: "default", .failureKind: kind]
        let opened = await collector.numbers("casare.dlq.opened")[attributes]
        let retried = await collector.numbers("casare.job.retried")[attributes]
        // One of both, as its policy of retries says.
        #expect([opened, retried].compactMap { $0 }.filter { $0 == .int(1) }.count == 1)
    }

    @Test func `a request that fails is told as an exception once, by its node`() async throws {
        try await withReservedPort { port in
            let collector = RobotCollector()
            let asking = Self.document([
                "ask": ["node_type": "HttpRequestNode", "config": ["url": .string("http://127.0.0.1:\(port)/")]]
            ])
            _ = try await Self.run(asking, collector, policy: NodePolicy(allowsInternalURLs: true))
            let request = try collector.span("GET")
            let node = try collector.span("HttpRequestNode")
            #expect(request.parent == node.context.spanID && request.status == .error(message: nil))
            #expect(request.attributes["error.type"] != nil)
            #expect(collector.exceptions.map(\.eventName) == ["casare.node.exception"])
            #expect(collector.exceptions.map(\.context) == [node.context])
        }
    }

    @Test func `a statement that fails is told as an exception once, by its node`() async throws {
        let collector = RobotCollector()
        let asking = Value.object([
            "metadata": ["name": "w"],
            "nodes": [
                "open": ["node_type": "DatabaseConnectNode", "config": ["db_type": "sqlite", "database": ":memory:"]],
                "ask": [
                    "node_type": "ExecuteQueryNode",
                    "config": ["connection": "{{open.connection}}", "query": "SELECT * FROM nothing"],
                ],
            ],
            "connections": [
                ["source_node": "open", "source_port": "exec_out", "target_node": "ask", "target_port": "exec_in"]
            ],
        ])
        _ = try await Self.run(asking.jsonText(.compact), collector)
        let statement = try collector.span("SELECT nothing")
        let node = try collector.span("ExecuteQueryNode")
        #expect(statement.parent == node.context.spanID && statement.status == .error(message: nil))
        #expect(statement.attributes["error.type"] != nil)
        #expect(collector.exceptions.map(\.context) == [node.context])
    }

    @Test func `what fails in a run that is not recorded is told under its trace all the same`() async throws {
        let root = TraceCarrier.makeRoot().context
        let trace = TraceCarrier(TraceContext(traceID: root.traceID, spanID: root.spanID, flags: 0))
        // One that samples as who asked does, and one that sends no spans.
        for tracer in [nil, PassingTracer()] as [(any Tracer)?] {
            let collector = RobotCollector()
            _ = try await Self.run(Self.bad, collector, trace: trace, tracer: tracer)
            #expect(collector.spans.isEmpty)
            #expect(collector.exceptions.map(\.eventName) == ["casare.node.exception"])
            #expect(collector.exceptions.map(\.context?.traceID) == [trace.traceID])
            #expect(collector.exceptions.allSatisfy { $0.context?.isSampled == false })
            #expect(collector.exceptions.first?.attributes["casare.node.id"] == "boom")
        }
    }

    @Test func `a node's timeout is called the same on its span and in the counts`() async throws {
        let collector = RobotCollector()
        let waiting = Self.document(["wait": ["node_type": "WaitNode", "config": ["duration": 60]]])
        _ = try await Self.run(waiting, collector, options: Job.Options(nodeTimeoutSeconds: 0.05))
        let node = try collector.span("WaitNode")
        #expect(node.attributes["error.type"] == "TimeoutError")
        let attributes: Attributes = [.nodeType: "WaitNode", .nodeResult: "failed", .errorType: "TimeoutError"]
        #expect(await collector.counts("casare.node.execution.duration") == [attributes: 1])
    }

    @Test func `everybody further on is told the workflow and the tenant`() throws {
        let telemetry = try RobotCollector().telemetry()
        let trace = TraceCarrier(.makeRoot(), baggage: Baggage("who=bob"))
        let job = LeasedJob.sample(trace: trace)
        #expect(telemetry.context(of: job).trace?.baggage?.description == "who=bob,casare.workflow=w")
        telemetry.tenant.name = "acme"
        let context = telemetry.context(of: job)
        #expect(context.trace?.baggage?.description == "who=bob,casare.workflow=w,casare.tenant=acme")
        #expect(context.trace?.context == trace.context && context.spanID == SpanID(of: job.lease))
    }

    @Test func `another attempt links to the one before`() throws {
        let collector = RobotCollector()
        let telemetry = try collector.telemetry()
        let trace = TraceCarrier.makeRoot()
        let job = LeasedJob.sample(attempt: 2, trace: trace, previousToken: .init(rawValue: 6))
        telemetry.tracer.withSpan("process", context: telemetry.context(of: job)) { span in
            telemetry.describe(job, on: span)
        }
        let before = SpanID(of: Lease(job: job.lease.job, token: .init(rawValue: 6)))
        let links = try collector.span("process").links
        #expect(links.map(\.context.spanID) == [trace.context.spanID, before])
        #expect(links.map { $0.attributes["casare.link.type"] } == ["submit", "previous_attempt"])
    }

    @Test func `a lease links to all of its jobs, and an empty answer is not told of`() throws {
        let collector = RobotCollector()
        let telemetry = try collector.telemetry()
        telemetry.leased([], since: .now, from: DefaultTracerClock.now)
        #expect(collector.spans.isEmpty)
        let traces = [TraceCarrier.makeRoot(), .makeRoot()]
        telemetry.leased(traces.map { LeasedJob.sample(trace: $0) }, since: .now, from: DefaultTracerClock.now)
        let lease = try collector.span("lease default")
        #expect(lease.kind == .client && lease.parent == nil)
        #expect(lease.links.map(\.context.spanID) == traces.map(\.context.spanID))
        #expect(lease.attributes["messaging.batch.message_count"] == .int(2))
    }

    @Test func `from how long a job waited and took one gets to its trace`() async throws {
        let collector = RobotCollector()
        let trace = TraceCarrier.makeRoot()
        _ = try await Self.run(Self.good, collector, trace: trace)
        try collector.telemetry().leased(
            [.sample(trace: trace, waited: .seconds(3)), .sample(waited: .seconds(3))], since: .now,
            from: DefaultTracerClock.now)
        for metric in [
            "casare.job.wait.duration", "casare.job.duration", "casare.workflow.run.duration",
            "messaging.process.duration",
        ] {
            let traces = await collector.traces(metric)
            #expect(traces == [trace.traceID], "\(metric)")
        }
    }

    @Test func `a lease that fails is counted by why, and one that is given up is not`() async throws {
        let collector = RobotCollector()
        let telemetry = try collector.telemetry()
        telemetry.leaseFailed(BrokerError.unavailable("gone"), after: .seconds(1))
        telemetry.leaseFailed(CancellationError(), after: .seconds(1))
        let operations = await collector.counts("messaging.client.operation.duration")
        #expect(operations.keys.map { $0[.messagingOperation] } == ["lease"])
        #expect(operations.keys.map { $0[.errorType] } == ["unavailable"])
    }

    @Test func `a commit of steps has a span where it was slow or has failed`() async throws {
        let collector = RobotCollector()
        let telemetry = try collector.telemetry()
        let (now, limit) = (DefaultTracerClock.now, RobotTelemetry.slowCommit)
        let rows = [
            JournalRow(
                step: 0, node: "n", nodeType: "SendEmailNode", effect: "effect", result: "123", startedAt: Date(),
                finishedAt: Date())
        ]
        telemetry.committed(rows, after: limit - .milliseconds(1), from: now)
        #expect(collector.spans.isEmpty)
        telemetry.committed(rows, after: limit, from: now)
        let slow = try collector.span("checkpoint")
        #expect(slow.kind == .internal && slow.status == .unset)
        #expect(slow.attributes["casare.checkpoint.steps"] == .int(1))
        #expect(slow.attributes["casare.checkpoint.bytes"] == .int(3))
        telemetry.committed(rows, after: .zero, from: now, BrokerError.leaseLost(Job.ID.first))
        let failed = try #require(collector.spans.last)
        #expect(failed.status == .error(message: nil) && failed.attributes["error.type"] == "lease_lost")
        let commits = await collector.counts("casare.journal.commit.duration")
        #expect(commits == [Attributes.none: 2])
        #expect(await collector.numbers("casare.job.lease.fenced")[[.leaseOperation: "checkpoint"]] == .int(1))
    }

    @Test func `a report that comes too late has failed, and its write counts as refused`() async throws {
        let collector = RobotCollector()
        let telemetry = try collector.telemetry()
        let job = LeasedJob.sample()
        await #expect(throws: BrokerError.self) {
            try await telemetry.report(.complete) { throw BrokerError.leaseLost(job.lease.job) }
        }
        let span = try collector.span("complete default")
        #expect(span.status == .error(message: nil) && span.attributes["error.type"] == "lease_lost")
        #expect(await collector.numbers("casare.job.lease.fenced")[[.leaseOperation: "complete"]] == .int(1))
        #expect(await collector.numbers("casare.job.lease.fenced")[[.leaseOperation: "fail"]] == .int(0))
    }
}

extension LeasedJob {
    /// A job of workflow `w`.
    static func sample(
        attempt: Int = 1, trace: TraceCarrier? = nil, waited: Duration? = nil, sinceDue: Duration? = nil,
        previousToken: Lease.Token? = nil
    ) -> LeasedJob {
        LeasedJob(
            lease: Lease(job: Job.ID.first, token: .init(rawValue: 7)), attempt: attempt, workflowName: "w",
            workflowVersion: 3, document: "{}", variables: [:], options: .init(), priority: .normal, trace: trace,
            waited: waited, sinceDue: sinceDue, previousToken: previousToken)
    }
}
