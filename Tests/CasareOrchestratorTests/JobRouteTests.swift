import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

struct JobRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a submitted job can be looked at`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(
                .POST, "/api/v1/jobs", as: .operator,
                [
                    "workflow": "invoices", "variables": ["fileName": "a.csv", "n": 15.0, "i": 15], "priority": "HIGH",
                ])
            #expect(reply.status == 201)
            let job = try #require(reply.json["job"])
            #expect(job["status"] == "pending" && job["priority"] == 15 && job["workflow"] == "invoices")
            #expect(job["created_by"] == "the operator" && job["result"] == .null && job["failure"] == .null)
            #expect(job["variables"]?.jsonText(.compact) == #"{"fileName":"a.csv","n":15.0,"i":15}"#)
            let id = try #require(job["id"]?.string)
            let found = try await server.call(.GET, "/api/v1/jobs/\(id)", as: .viewer)
            #expect(found.status == 200 && found.json["job"] == job)
            let steps = try await server.call(.GET, "/api/v1/jobs/\(id)/steps")
            #expect(steps.json == ["steps": [], "next_cursor": .null])
        }
    }

    @Test func `the shape of a job has all its members`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            #expect(
                reply.json["job"]?.object?.keys == [
                    "id", "workflow", "workflow_id", "workflow_version", "status", "priority", "attempt", "environment",
                    "robot", "created_at", "created_by", "started_at", "finished_at", "due_at", "idempotency_key",
                    "retry_of", "variables", "options", "failure", "question", "pause", "result", "queue_key",
                    "requirements",
                    "expires_at", "unique", "forked_from", "forked_step", "trace_id",
                ])
        }
    }

    @Test func `a document is stored as a version and run`() async throws {
        try await Fixture.with { server in
            let body: Value = ["document": Fixture.document("inline")]
            let first = try await server.call(.POST, "/api/v1/jobs", as: .operator, body)
            let second = try await server.call(.POST, "/api/v1/jobs", as: .operator, body)
            #expect(first.status == 201 && second.status == 201)
            #expect(second.json["job"]?["workflow"] == "inline" && second.json["job"]?["workflow_version"] == 1)
            let bad = try await server.call(.POST, "/api/v1/jobs", ["document": ["nodes": 1]])
            #expect(bad.status == 422 && bad.json["error"]?["details"]?["issues"]?.list?.isEmpty == false)
        }
    }

    @Test func `a known idempotency key brings the first job`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let body: Value = ["workflow": "invoices", "idempotency_key": "k1", "variables": ["a": 1, "b": 2]]
            let first = try await server.call(.POST, "/api/v1/jobs", body)
            #expect(first.status == 201)
            let reordered: Value = ["variables": ["b": 2, "a": 1], "idempotency_key": "k1", "workflow": "invoices"]
            let again = try await server.call(.POST, "/api/v1/jobs", reordered)
            #expect(again.status == 200 && again.json["job"]?["id"] == first.json["job"]?["id"])
            let other = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "idempotency_key": "k1", "variables": ["a": 3]])
            #expect(other.status == 409 && other.code == "IDEMPOTENCY_CONFLICT")
            #expect(other.message.contains("k1"))

            let header = ["Idempotency-Key": "k2"]
            let byHeader = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"], headers: header)
            let repeated = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"], headers: header)
            #expect(byHeader.status == 201 && repeated.status == 200)
            #expect(byHeader.json["job"]?["idempotency_key"] == "k2")
            let contradiction = try await server.call(.POST, "/api/v1/jobs", body, headers: header)
            #expect(contradiction.status == 400 && contradiction.code == "INVALID_INPUT")
        }
    }

    @Test func `a batch is stored whole or not at all`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let good: Value = ["workflow": "invoices"]
            let wrong = try await server.call(
                .POST, "/api/v1/jobs/batch", ["jobs": [good, ["workflow": "invoices", "priority": 99]]])
            #expect(wrong.status == 422 && wrong.json["error"]?["field"] == "jobs[1].priority")
            let unknown = try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": [good, ["workflow": "nothing"]]])
            #expect(unknown.status == 404)
            let version = try await server.call(
                .POST, "/api/v1/jobs/batch", ["jobs": [good, ["workflow": "invoices", "version": 9]]])
            #expect(version.status == 404)
            #expect(version.message == "there is no workflow version 9 of invoices; the newest is 1")
            #expect(try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": []]).status == 422)
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"] == [])

            let keyed: Value = ["workflow": "invoices", "idempotency_key": "b"]
            _ = try await server.call(.POST, "/api/v1/jobs", keyed)
            let stored = try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": [good, keyed, good]])
            #expect(stored.status == 201)
            #expect(stored.json["jobs"]?.list?.map { $0["is_duplicate"] } == [false, true, false])
            #expect(stored.json["jobs"]?.list?.map { $0["status"] } == ["pending", "pending", "pending"])
        }
    }

    @Test func `a batch has a limit`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let job: Value = ["workflow": "invoices"]
            let over = Value.list(Array(repeating: job, count: SubmitBatchRequest.jobsMax + 1))
            let reply = try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": over])
            #expect(reply.status == 422 && reply.code == "VALIDATION_ERROR")
            let full = Value.list(Array(repeating: job, count: SubmitBatchRequest.jobsMax))
            let stored = try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": full])
            #expect(stored.status == 201 && stored.json["jobs"]?.list?.count == SubmitBatchRequest.jobsMax)
            let status = try await server.call(.GET, "/api/v1/status", as: .viewer)
            #expect(status.json["jobs"]?["pending"] == .int(SubmitBatchRequest.jobsMax))
        }
    }

    @Test func `a list is paged newest first and filtered`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("one")
            try await server.pushWorkflow("two")
            try await server.withClient(.operator) { client in
                var ids: [Job.ID] = []
                for position in 0..<7 {
                    ids.append(
                        try await client.submit(SubmitJobRequest(workflow: position % 2 == 0 ? "one" : "two")).job.id)
                }
                var found: [Job.ID] = []
                var cursor: String?
                repeat {
                    let page = try await client.jobs(JobQuery(limit: 3, cursor: cursor))
                    found += page.jobs.map(\.id)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(found == ids.reversed())
                #expect(try await client.jobs(JobQuery(workflow: "two")).jobs.count == 3)
                #expect(try await client.jobs(JobQuery(status: .running)).jobs.isEmpty)
                #expect(try await client.jobs(JobQuery(since: Date().addingTimeInterval(3600))).jobs.isEmpty)
                #expect(try await client.jobs(JobQuery(until: Date().addingTimeInterval(3600))).jobs.count == 7)
            }
            #expect(try await server.call(.GET, "/api/v1/jobs?workflow=nothing").status == 404)
        }
    }

    @Test func `a job is cancelled once`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let id = try await client.submit(SubmitJobRequest(workflow: "invoices", delaySeconds: 3600)).job.id
                let cancelled = try await client.cancelJob(id, reason: "not needed")
                #expect(cancelled.status == .cancelled)
                #expect(cancelled.failure?.kind == "cancelled" && cancelled.failure?.message == "not needed")
                let error = await #expect(throws: ClientError.self) { try await client.cancelJob(id) }
                guard case .api(let problem) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(problem.code == .invalidStateTransition && problem.status == 409)
                let retry = try await client.retryJob(id)
                #expect(retry.retryOf == id && retry.status == .pending)
                let early = await #expect(throws: ClientError.self) { try await client.retryJob(retry.id) }
                #expect("\(String(describing: early))".contains("INVALID_STATE_TRANSITION"))
            }
        }
    }

    @Test func `a job that is not there is not found`() async throws {
        let cases: [String] = ["GET ", "GET /steps", "POST /cancel", "POST /retry"]
        try await Fixture.with { server in
            for request in cases {
                let parts = request.split(separator: " ", omittingEmptySubsequences: false)
                let method = try #require(Fixture.HTTPMethodName(rawValue: String(parts[0])))
                let path = "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001\(parts[1])"
                let reply = try await server.call(method, path)
                #expect(reply.status == 404 && reply.code == "RESOURCE_NOT_FOUND", "\(reply.json.jsonText(.compact))")
            }
        }
    }

    @Test func `a long poll ends when the job does`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let id = try await client.submit(SubmitJobRequest(workflow: "invoices", delaySeconds: 3600)).job.id
                let began = ContinuousClock.now
                async let waited = client.job(id, waiting: .seconds(30))
                _ = try await client.cancelJob(id)
                #expect(try await waited.status == .cancelled)
                #expect(ContinuousClock.now - began < .seconds(10))
                // Its time up, a job that goes on is answered as it stands.
                let other = try await client.submit(SubmitJobRequest(workflow: "invoices", delaySeconds: 3600)).job.id
                #expect(try await client.job(other, waiting: .milliseconds(50)).status == .pending)
            }
        }
    }

    @Test func `a delayed job becomes ready when its time comes`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let client = try server.client(.operator)
            let began = ContinuousClock.now
            _ = try await client.submit(SubmitJobRequest(workflow: "invoices", delaySeconds: 0.3))
            await client.shutdown()
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(20))
                #expect(jobs.count == 1)
                #expect(ContinuousClock.now - began > .milliseconds(300))
                #expect(ContinuousClock.now - began < .seconds(10))
            }
        }
    }
}
