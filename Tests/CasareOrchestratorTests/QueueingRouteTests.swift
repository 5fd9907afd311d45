import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// What a submit asks of the queue, over HTTP.
struct QueueingRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a job shows what was asked for it`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(
                .POST, "/api/v1/jobs", as: .operator,
                [
                    "workflow": "invoices", "queue_key": "c7", "requirements": ["tags": ["gpu"]],
                    "expires_at": "2098-01-01T00:00:00Z", "unique": ["key": "u", "window_seconds": 60.0],
                ])
            #expect(reply.status == 201 && reply.json["found_by"] == .null && reply.json["replaced"] == .null)
            let job = try #require(reply.json["job"])
            #expect(job["queue_key"] == "c7" && job["expires_at"]?.string?.hasPrefix("2098-01-01T00:00:00") == true)
            #expect(job["requirements"] == ["tags": ["gpu"], "capabilities": [], "robot": .null])
            #expect(job["unique"] == ["key": "u", "scope": "window", "window_seconds": 60.0])
            let id = try #require(job["id"]?.string)
            #expect(try await server.call(.GET, "/api/v1/jobs/\(id)", as: .viewer).json["job"] == job)
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"] == [job])
        }
    }

    @Test func `a held unique key brings its job, refuses, or is taken over`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            func body(_ conflict: Value) -> Value {
                ["workflow": "invoices", "unique": ["key": "u", "on_conflict": conflict]]
            }
            let first = try await server.call(.POST, "/api/v1/jobs", body("return"))
            let id = try #require(first.json["job"]?["id"])
            let again = try await server.call(.POST, "/api/v1/jobs", body("return"))
            #expect(again.status == 200 && again.json["found_by"] == "unique_key" && again.json["job"]?["id"] == id)
            let refused = try await server.call(.POST, "/api/v1/jobs", body("reject"))
            #expect(refused.status == 409 && refused.code == "UNIQUE_KEY_HELD")
            #expect(refused.json["error"]?["details"]?["job_id"] == id)
            #expect(refused.json["error"]?["field"] == "unique.key")
            #expect(refused.message.hasPrefix("the unique key \"u\" is held by job \(id.string ?? "");"))
            let over = try await server.call(.POST, "/api/v1/jobs", body("replace"))
            #expect(over.status == 201 && over.json["replaced"] == id)
            let old = try await server.call(.GET, "/api/v1/jobs/\(id.string ?? "")?wait_seconds=5")
            #expect(old.json["job"]?["status"] == "cancelled")

            let batch = try await server.call(
                .POST, "/api/v1/jobs/batch", ["jobs": [body("return"), ["workflow": "invoices"], body("return")]])
            #expect(batch.json["jobs"]?.list?.map { $0["found_by"] } == ["unique_key", .null, "unique_key"])
            #expect(batch.json["jobs"]?.list?.map { $0["is_duplicate"] } == [true, false, true])
            // Of a batch that is refused no job is there: none can be named as the holder of its own key.
            for conflict in ["replace", "reject"] {
                let twice: Value = [
                    "workflow": "invoices", "unique": ["key": "new", "on_conflict": .string(conflict)],
                ]
                let refused = try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": [twice, twice]])
                #expect(refused.status == 422 && refused.message.contains("send one of the two only"))
                #expect(refused.json["error"]?["details"]?["job_id"] == nil)
            }
        }
    }

    @Test func `a job that nobody begins expires, and who waits for it hears of it`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let request = SubmitJobRequest(workflow: "invoices", expiresInSeconds: 0.2)
                let id = try await client.submit(request).job.id
                let job = try await client.job(id, waiting: .seconds(20))
                #expect(job.status == .failed && job.failure?.kind == "expired")
                #expect(job.failure?.message == Failure.expired.message)
                let retried = try await client.retryJob(id)
                #expect(retried.status == .pending && retried.expiresAt == nil)
            }
            let past = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "expires_at": "2020-01-01T00:00:00Z"])
            #expect(past.status == 422 && past.json["error"]?["field"] == "expires_at")
            #expect(past.message.contains("2020-01-01T00:00:00Z is over before the job may begin"))
        }
    }

    @Test func `a certain robot must be there, in the job's environment`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            func submit(_ robot: Value, _ environment: Value) async throws -> Fixture.Reply {
                try await server.call(
                    .POST, "/api/v1/jobs",
                    ["workflow": "invoices", "environment": environment, "requirements": ["robot": robot]])
            }
            #expect(try await submit("r1", "default").status == 404)
            _ = try await server.call(.POST, "/api/v1/robots", ["id": "r1", "environment": "gpu"])
            let elsewhere = try await submit("r1", "default")
            #expect(elsewhere.status == 422 && elsewhere.json["error"]?["field"] == "requirements.robot")
            #expect(elsewhere.message.contains("robot r1 takes jobs of the environment gpu"))
            #expect(try await submit("r1", "gpu").status == 201)
            let wrong = try await submit("a/b", "gpu")
            #expect(wrong.status == 422 && wrong.json["error"]?["field"] == "requirements.robot")
        }
    }
}
