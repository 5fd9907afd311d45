import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// `GET /metrics`, as Prometheus reads it.
struct MetricsRouteTests {
    private typealias Fixture = OrchestratorFixture

    // MARK: Who may

    @Test func `people of the tenant default may read metrics, robots and others may not`() async throws {
        try await Fixture.with { server in
            for role in [Role.viewer, .operator, .admin] {
                #expect(try await server.scrape(as: role).status == 200)
            }
            #expect(try await server.scrape(as: .robot).status == 403)
            #expect(try await server.scrape(nil).status == 401)
            try await server.database.asSystem { connection in
                _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
            }
            let stranger = try await server.database.asTenant(Tenant.ID(rawValue: 77)) { connection in
                try TokenStore.create(name: "x", role: .admin, on: connection).text.reveal()
            }
            let refused = try await server.scrape(stranger)
            #expect(refused.status == 403 && refused.text.contains("a token of the tenant default"))
            #expect(refused.text.contains("AUTH_INSUFFICIENT_PERMISSIONS") && !refused.text.contains("# HELP"))
        }
    }

    @Test func `the form is the one that is asked for`() async throws {
        try await Fixture.with { server in
            let plain = try await server.scrape(as: .viewer)
            #expect(plain.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(!plain.text.contains("# EOF"))
            let open = try await server.scrape(
                server.tokens[.viewer], accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
            #expect(open.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(open.text.hasSuffix("# EOF\n"))
        }
    }

    @Test func `the description says what the answer is`() {
        let document = OpenAPIDocument(Orchestrator.routes).json
        let content = document["paths"]?["/metrics"]?["get"]?["responses"]?["200"]?["content"]?.object
        #expect(content.map { Set($0.keys) } == ["text/plain", "application/openmetrics-text"])
        #expect(content?["text/plain"]?["schema"]?["type"] == "string")
    }

    @Test func `a server in memory shows what it has`() async throws {
        try await MemoryFixture.with { memory in
            try await memory.server.pushWorkflow()
            #expect(
                try await memory.server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]).status == 201)
            let scrape = try await memory.server.scrape(as: .admin)
            #expect(scrape.status == 200)
            let labels = ["casare_job_state": "ready", "messaging_destination_name": "default"]
            #expect(scrape["casare_queue_depth", labels] == 1)
            #expect(scrape.values("casare_dlq_depth").isEmpty)
            #expect(!scrape.values("http_server_request_duration_seconds_count").isEmpty)
        }
    }

    // MARK: What it tells

    @Test func `the state of queues, robots and letters is in the numbers`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(3)
            try await server.withRobot("r1", slots: 2) { robot in
                let failure = Failure(kind: .business, message: "no", type: "ValueError", node: "n7")
                let leased = try await robot.client.lease(robot.session, slots: 2)
                try #require(leased.count == 2)
                _ = try await robot.client.fail(leased[0].lease, failure: failure, result: nil, rows: [])
                let scrape = try await server.scrape()
                let queue = ["messaging_destination_name": "default"]
                func depth(_ state: String) -> Double? {
                    scrape["casare_queue_depth", queue.merging(["casare_job_state": state]) { $1 }]
                }
                #expect(depth("ready") == 1 && depth("running") == 1 && depth("scheduled") == 0)
                #expect(depth("blocked") == 0)
                #expect(scrape["casare_dlq_depth", queue.merging(["casare_dlq_state": "open"]) { $1 }] == 1)
                #expect(scrape["casare_dlq_depth", queue.merging(["casare_dlq_state": "acknowledged"]) { $1 }] == 0)
                #expect(scrape["casare_queue_paused", queue] == 0)
                #expect(scrape["casare_queue_eligible_robot", queue] == 1)
                #expect(scrape["casare_robot_registered", ["casare_robot_state": "idle"]] == 1)
                #expect(scrape["casare_robot_registered", ["casare_robot_state": "offline"]] == 0)
                #expect((scrape["casare_robot_last_heartbeat_timestamp_seconds", ["casare_robot_name": "r1"]] ?? 0) > 0)
                #expect(scrape["casare_robot_stopped", ["casare_robot_name": "r1"]] == 0)
                #expect(scrape["casare_schedule_registered", ["casare_schedule_state": "active"]] == 0)
                #expect(
                    scrape[
                        "casare_job_submitted_total",
                        queue.merging(["casare_workflow_name": "invoices", "casare_trigger_type": "api"]) { $1 }] == 3)
            }
        }
    }

    @Test func `a request is counted by its route, and never by its path`() async throws {
        try await Fixture.with { server in
            _ = try await server.call(.GET, "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001")
            _ = try await server.call(.GET, "/nowhere")
            let scrape = try await server.scrape()
            let name = "http_server_request_duration_seconds_count"
            let known = [
                "http_request_method": "GET", "http_response_status_code": "404", "http_route": "/api/v1/jobs/{id}",
                "url_scheme": "http",
            ]
            #expect(scrape[name, known] == 1)
            var unknown = known
            unknown["http_route"] = nil
            #expect(scrape[name, unknown] == 1)
            #expect(!scrape.text.contains("0197f3a0"))
        }
    }

    @Test func `what came to a hook is counted by what became of it`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            let body = #"{"a":1}"#
            var headers = Fixture.gitHub(body)
            headers["X-GitHub-Delivery"] = "one"
            for _ in 1...2 { _ = try await server.deliver(body, to: trigger, headers) }
            _ = try await server.deliver(body, to: trigger, [:])
            let scrape = try await server.scrape()
            func received(_ result: String) -> Double? {
                scrape[
                    "casare_trigger_received_total",
                    ["casare_trigger_result": result, "casare_trigger_type": "webhook"]
                ]
            }
            #expect(received("accepted") == 1 && received("duplicate") == 1 && received("rejected") == 1)
            #expect(received("cooldown") == 0)
            let made = scrape.values("casare_job_submitted_total").filter { $0.key.contains("\"trigger\"") }
            #expect(made.map(\.value) == [1])
        }
    }

    @Test func `what seldom happens stands at 0 before it does`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            // By the first one it is known which queues there are.
            _ = try await server.scrape()
            let scrape = try await server.scrape()
            let queue = ["messaging_destination_name": "default"]
            #expect(scrape["casare_job_lease_expired_total", queue] == 0)
            #expect(scrape["casare_dlq_replayed_total", queue] == 0)
            let unread = ["casare_metric_group": "queues", "error_type": "database_timeout"]
            #expect(scrape["casare_metric_read_errors_total", unread] == 0)
            #expect(scrape["casare_audit_entries_left_out_total", [:]] == 0)
        }
    }

    @Test func `a replay is counted once, however often it is asked for`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let failure = Failure(kind: .business, message: "no", type: "ValueError", node: "n7")
                let leased = try await robot.client.lease(robot.session, slots: 1)
                let lease = try #require(leased.first).lease
                _ = try await robot.client.fail(lease, failure: failure, result: nil, rows: [])
                for _ in 1...2 {
                    let reply = try await server.call(
                        .POST, "/api/v1/dlq/\(lease.job)/retry", [:], headers: ["Idempotency-Key": "k"])
                    #expect(reply.status == 201)
                }
            }
            let scrape = try await server.scrape()
            #expect(scrape["casare_dlq_replayed_total", ["messaging_destination_name": "default"]] == 1)
            let reruns = scrape.values("casare_job_submitted_total").filter { $0.key.contains("\"rerun\"") }
            #expect(reruns.map(\.value) == [1])
        }
    }
}
