import CasareClient
import CasareDomain
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareOrchestrator

/// What is counted of jobs whose end no robot reports.
struct EndedJobMetricsTests {
    private typealias Fixture = OrchestratorFixture

    private static func ended(_ scrape: Scrape, _ result: String, _ kind: String? = nil) -> Double? {
        var labels = [
            "casare_job_result": result, "casare_workflow_name": "invoices", "messaging_destination_name": "default",
        ]
        labels["casare_failure_kind"] = kind
        return scrape["casare_job_duration_seconds_count", labels]
    }

    private static func opened(_ scrape: Scrape, _ kind: String) -> Double? {
        scrape["casare_dlq_opened_total", ["casare_failure_kind": kind, "messaging_destination_name": "default"]]
    }

    @Test func `a job that somebody cancels is counted once, and one that had ended before is not`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            #expect(try await server.call(.POST, "/api/v1/jobs/\(job)/cancel", [:]).status == 200)
            #expect(try await server.call(.POST, "/api/v1/jobs/\(job)/cancel", [:]).status == 409)
            let scrape = try await server.scrape()
            #expect(Self.ended(scrape, "cancelled") == 1)
            #expect(scrape.values("casare_dlq_opened_total").isEmpty)
        }
    }

    @Test func `on a queue in memory jobs are counted that no robot ends, and no others`() async throws {
        try await MemoryFixture.with { memory in
            let server = memory.server
            _ = try await server.call(.POST, "/api/v1/workflows", ["document": Fixture.document("invoices")])
            for _ in 0..<2 { _ = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]) }
            try RobotDeed.fail.perform(in: memory.queue)
            let waiting = try await server.call(.GET, "/api/v1/jobs?status=pending")
            let job = try #require(waiting.json["jobs"]?.list?.first?["id"]?.string)
            #expect(try await server.call(.POST, "/api/v1/jobs/\(job)/cancel", [:]).status == 200)
            let scrape = try await server.scrape(as: .admin)
            #expect(Self.ended(scrape, "cancelled") == 1)
            #expect(Self.ended(scrape, "failed", "business") == nil)
        }
    }

    @Test func `jobs that an operation cancels are counted`() async throws {
        try await Fixture.with { server in
            let jobs = try await server.submit(3)
            let body: Value = [
                "verb": "cancel", "selection": ["ids": .list(jobs.prefix(2).map { .string($0.description) })],
            ]
            #expect(try await server.call(.POST, "/api/v1/operations", body).status == 201)
            try await eventually("both are counted") { () -> Bool? in
                let scrape = try await server.scrape()
                return Self.ended(scrape, "cancelled") == 2 ? true : nil
            }
        }
    }

    @Test func `a job that a newer one of its unique key replaces is counted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let body: Value = ["workflow": "invoices", "unique": ["key": "u", "on_conflict": "replace"]]
            let first = try await server.call(.POST, "/api/v1/jobs", body)
            #expect(first.status == 201)
            let before = try await server.scrape()
            #expect(Self.ended(before, "cancelled") == nil)
            let second = try await server.call(.POST, "/api/v1/jobs", body)
            #expect(second.status == 201 && second.json["replaced"] == first.json["job"]?["id"])
            let after = try await server.scrape()
            #expect(Self.ended(after, "cancelled") == 1)
        }
    }

    @Test func `a job that expires has failed, and opens a dead letter`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "expires_in_seconds": 1])
            #expect(reply.status == 201)
            try await eventually("it is counted") { () -> Bool? in
                let scrape = try await server.scrape()
                return Self.ended(scrape, "failed", "expired") == 1 ? true : nil
            }
            let scrape = try await server.scrape()
            #expect(Self.opened(scrape, "expired") == 1)
        }
    }

    @Test func `a job that makes room for the next tick of its schedule is counted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let spec = ScheduleSpec(
                timing: .interval(.init(seconds: 1)), workflow: "invoices", overlap: .cancelOther)
            _ = try await server.withClient(.operator) { client in
                try await client.createSchedule(CreateScheduleRequest(name: "often", spec: spec))
            }
            try await eventually("a job has made room") { () -> Bool? in
                let scrape = try await server.scrape()
                return (Self.ended(scrape, "cancelled") ?? 0) > 0 ? true : nil
            }
        }
    }
}
