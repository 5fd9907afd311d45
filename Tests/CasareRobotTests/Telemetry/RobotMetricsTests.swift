import CasareDomain
import CasareStore
import CasareTelemetry
import Testing

@testable import CasareClient
@testable import CasareRobot

/// What a robot counts.
struct RobotMetricsTests {
    private let collector = RobotCollector()
    private var metrics: RobotMetrics { RobotMetrics(self.collector.registry, queue: "default") }

    @Test func `leased jobs are counted, with their waits where they are known`() async {
        self.metrics.leased([.sample(waited: .seconds(3)), .sample()], in: .milliseconds(2))
        #expect(await self.collector.numbers("casare.job.leased") == [[.queue: "default"]: .int(2)])
        #expect(await self.collector.counts("casare.job.wait.duration") == [[.queue: "default"]: 1])
        #expect(await self.collector.sum("casare.job.wait.duration") == 3)
        let operations = await self.collector.counts("messaging.client.operation.duration")
        #expect(operations.keys.map { $0[.messagingOperation] } == ["lease"])
    }

    @Test func `a job took from when it was first due until its run was over`() async {
        self.metrics.finished(.sample(waited: .seconds(1), sinceDue: .seconds(3)), .completed, after: .seconds(4))
        #expect(await self.collector.sum("casare.job.duration") == 7)
        let attributes: Attributes = [.queue: "default", .workflow: "w", .jobResult: "completed"]
        #expect(await self.collector.counts("casare.job.duration") == [attributes: 1])
    }

    @Test func `of an orchestrator that does not say since when a job was due its wait counts`() async {
        self.metrics.finished(.sample(waited: .seconds(1)), .completed, after: .seconds(4))
        #expect(await self.collector.sum("casare.job.duration") == 5)
    }

    @Test func `jobs that end in the database are counted by what became of them`() async {
        self.metrics.ended([
            EndedJob(queue: "q", workflow: "w", failure: .expired, duration: .seconds(2)),
            EndedJob(queue: "q", workflow: "w", failure: nil, duration: .seconds(3)),
        ])
        let expired: Attributes = [.queue: "q", .workflow: "w", .jobResult: "failed", .failureKind: "expired"]
        let cancelled: Attributes = [.queue: "q", .workflow: "w", .jobResult: "cancelled"]
        #expect(await self.collector.counts("casare.job.duration") == [expired: 1, cancelled: 1])
        let letters = await self.collector.numbers("casare.dlq.opened")
        #expect(letters[[.queue: "q", .failureKind: "expired"]] == .int(1))
    }

    @Test func `runs are counted while they are under way, and by how they end`() async {
        let metrics = self.metrics
        metrics.began(.sample())
        metrics.began(.sample())
        metrics.ended(.sample(), .failed(.timeout), after: .seconds(1))
        #expect(await self.collector.numbers("casare.workflow.run.active") == [[.workflow: "w"]: .int(1)])
        let attributes: Attributes = [.workflow: "w", .runResult: "failed", .failureKind: "timeout"]
        #expect(await self.collector.counts("casare.workflow.run.duration") == [attributes: 1])
    }

    @Test func `every kind of failure stands at 0 before the first`() async {
        _ = self.metrics
        #expect(await self.collector.numbers("casare.job.retried").count == Failure.Kind.allCases.count)
        #expect(await self.collector.numbers("casare.dlq.opened").values.allSatisfy { $0 == .int(0) })
    }

    @Test func `steps are counted by type and result, and repeats beside them`() async {
        let metrics = self.metrics
        metrics.stepEnded("HttpRequestNode", attempt: 1, error: "Timeout", after: .seconds(1))
        metrics.stepEnded("HttpRequestNode", attempt: 2, error: nil, after: .seconds(1))
        let nodes = await self.collector.counts("casare.node.execution.duration")
        let failed: Attributes = [.nodeType: "HttpRequestNode", .nodeResult: "failed", .errorType: "Timeout"]
        #expect(nodes == [failed: 1, [.nodeType: "HttpRequestNode", .nodeResult: "completed"]: 1])
        let first: Attributes = [.nodeType: "HttpRequestNode", .errorType: "Timeout"]
        let again: Attributes = [.nodeType: "HttpRequestNode"]
        #expect(await self.collector.numbers("casare.node.retries") == [first: .int(0), again: .int(1)])
    }

    @Test func `a robot over the API counts its requests, and says whose they are`() async throws {
        try await BrokerFixture.with(.api) { fixture in
            let broker = try APIBroker(
                url: fixture.url, token: try await fixture.token("robot"), metrics: self.metrics)
            let terms = try await broker.open(try BrokerFixture.description("robot", slots: 1))
            await broker.close()
            #expect(terms.tenant == Tenant.defaultName)
            let requests = await self.collector.counts("http.client.request.duration")
            // It registers, opens a session and ends it.
            #expect(requests.values.reduce(0, +) >= 2)
            #expect(requests.keys.allSatisfy { $0[.serverAddress] == "127.0.0.1" && $0[.errorType] == nil })
            #expect(requests.keys.contains { $0[.method] == "POST" && $0[.status] == .int(201) })
        }
    }

    @Test func `of long polls those alone count that failed`() async {
        let metrics = self.metrics
        for isLongPoll in [true, false] {
            for (status, error) in [(200, nil), (503, "503"), (nil, "unreachable")] as [(Int?, String?)] {
                metrics.requested(
                    RequestAttempt(
                        method: "POST", host: "h", port: 1, status: status, errorType: error, duration: .seconds(25),
                        isLongPoll: isLongPoll))
            }
        }
        let requests = await self.collector.counts("http.client.request.duration")
        #expect(requests.count == 3)
        for (attributes, count) in requests { #expect(count == (attributes[.errorType] == nil ? 1 : 2)) }
    }

    @Test func `a request that nobody answers has a reason and no status`() async throws {
        // Nobody listens there.
        let broker = try APIBroker(url: "http://127.0.0.1:1", token: "crpa_x", metrics: self.metrics)
        let description = try BrokerFixture.description("robot", slots: 1)
        await #expect(throws: BrokerError.self) { _ = try await broker.open(description) }
        await broker.close()
        let requests = await self.collector.counts("http.client.request.duration")
        #expect(!requests.isEmpty)
        #expect(requests.keys.allSatisfy { $0[.errorType] == "unreachable" && $0[.status] == nil })
    }
}
