import CasareDomain
import CasareTestSupport
import Testing

@testable import CasareOrchestrator

/// What is counted of submits, and of streams that are open.
struct MessagingMetricsTests {
    private typealias Fixture = OrchestratorFixture

    private static let duration = "messaging_client_operation_duration_seconds_count"

    private static func sent(_ scrape: Scrape, _ queue: String?, error: String? = nil) -> Double? {
        var labels = ["messaging_operation_name": "submit", "messaging_system": "casare"]
        labels["messaging_destination_name"] = queue
        labels["error_type"] = error
        return scrape["messaging_client_sent_messages_total", labels]
    }

    private static func operations(_ scrape: Scrape, _ queue: String?, error: String? = nil) -> Double? {
        var labels = [
            "messaging_operation_name": "submit", "messaging_operation_type": "send", "messaging_system": "casare",
        ]
        labels["messaging_destination_name"] = queue
        labels["error_type"] = error
        return scrape[Self.duration, labels]
    }

    private static func open(_ scrape: Scrape, _ stream: String) -> Double? {
        scrape["casare_stream_active", ["casare_stream_name": stream]]
    }

    @Test func `jobs that are submitted are counted by queue, and the request once`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let one = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "environment": "night"])
            #expect(one.status == 201)
            let batch: Value = [
                "jobs": [
                    ["workflow": "invoices", "environment": "night"], ["workflow": "invoices"],
                    ["workflow": "invoices"],
                ]
            ]
            #expect(try await server.call(.POST, "/api/v1/jobs/batch", batch).status == 201)
            let scrape = try await server.scrape()
            #expect(Self.sent(scrape, "night") == 2)
            #expect(Self.sent(scrape, "default") == 2)
            // A batch for several queues is of none of them.
            #expect(Self.operations(scrape, "night") == 1)
            #expect(Self.operations(scrape, "default") == nil)
            #expect(Self.operations(scrape, nil) == 1)
        }
    }

    @Test func `a refused submit is counted by its error, and not by the queue that it names`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "nothing", "environment": "made-up"])
            #expect(reply.status == 404)
            let error = try #require(reply.code).lowercased()
            let scrape = try await server.scrape()
            #expect(Self.sent(scrape, nil, error: error) == 1)
            #expect(Self.operations(scrape, nil, error: error) == 1)
            #expect(!scrape.text.contains("made-up"))
        }
    }

    @Test func `a server in memory counts its submits too`() async throws {
        try await MemoryFixture.with { memory in
            try await memory.server.pushWorkflow()
            #expect(try await memory.server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]).status == 201)
            let scrape = try await memory.server.scrape(as: .admin)
            #expect(Self.sent(scrape, "default") == 1)
            #expect(Self.operations(scrape, "default") == 1)
        }
    }

    @Test func `streams are counted while they are open, by what they tell of`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            let token = server.tokens[.viewer]
            let before = try await server.scrape()
            #expect(Self.open(before, "events") == 0 && Self.open(before, "job") == 0)
            try await RawWebSocket.with(server, "/ws/events", token: token) { events in
                _ = try await events.caughtUp()
                try await RawWebSocket.with(server, "/ws/jobs/\(job)", token: token) { ofJob in
                    _ = try await ofJob.caughtUp()
                    let scrape = try await server.scrape()
                    #expect(Self.open(scrape, "events") == 1 && Self.open(scrape, "job") == 1)
                }
            }
            _ = try await eventually("no stream is open") {
                let scrape = try await server.scrape()
                return Self.open(scrape, "events") == 0 && Self.open(scrape, "job") == 0 ? true : nil
            }
        }
    }
}
