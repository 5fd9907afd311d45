import CasareDomain
import CasareTelemetry
import Testing

@testable import CasareRobot

/// What a robot counts.
struct RobotMetricsTests {
    private let collector = SpanCollector()
    private var metrics: RobotMetrics { RobotMetrics(self.collector.registry, queue: "default") }

    @Test func `leased jobs are counted, with their waits where they are known`() async {
        self.metrics.leased([.sample(waited: .seconds(3)), .sample()], in: .milliseconds(2))
        #expect(await self.collector.numbers("casare.job.leased") == [[.queue: "default"]: .int(2)])
        #expect(await self.collector.counts("casare.job.wait.duration") == [[.queue: "default"]: 1])
        #expect(await self.collector.sum("casare.job.wait.duration") == 3)
        let operations = await self.collector.counts("messaging.client.operation.duration")
        #expect(operations.keys.map { $0[.messagingOperation] } == ["lease"])
    }

    @Test func `a job took its wait and its run`() async {
        self.metrics.finished(.sample(waited: .seconds(3)), .completed, after: .seconds(4))
        #expect(await self.collector.sum("casare.job.duration") == 7)
        let attributes: Attributes = [.queue: "default", .workflow: "w", .jobResult: "completed"]
        #expect(await self.collector.counts("casare.job.duration") == [attributes: 1])
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
        #expect(await self.collector.numbers("casare.node.retries") == [[.nodeType: "HttpRequestNode"]: .int(1)])
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
