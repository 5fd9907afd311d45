import CasareClient
import CasareDomain
import CasareWire
import Testing

/// Jobs that go on from a step of another one, over HTTP; `MemoryRouteTests` holds the queue in memory against this.
struct ForkRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a fork is a new job that a robot gets with the steps before`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let first = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                #expect(first.origin == nil)
                try await robot.client.complete(
                    first.lease, result: Fixture.success, rows: [Fixture.row(0), Fixture.row(1)])
                let forked = try await server.call(
                    .POST, "/api/v1/jobs/\(id)/fork", as: .operator,
                    ["from_step": 1, "variables": ["n": 2], "reason": "a typo"])
                #expect(forked.status == 201)
                let job = try #require(forked.json["job"])
                #expect(job["forked_from"]?.string == id.description && job["forked_step"] == 1)
                #expect(job["variables"] == ["n": 2] && job["status"] == "pending" && job["retry_of"] == .null)
                // It was waited for: the fork rings the bell.
                let second = try #require(
                    try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(20)).first)
                #expect(second.lease.job.description == job["id"]?.string && second.origin == id)
                #expect(try await robot.client.journal(of: second.lease).rows == [Fixture.row(0)])
                let running = try await server.call(
                    .POST, "/api/v1/jobs/\(second.lease.job)/fork", ["from_step": 0])
                #expect(running.status == 409 && running.code == "INVALID_STATE_TRANSITION")
            }
            let history = try await server.call(.GET, "/api/v1/jobs/\(id)/history", as: .viewer)
            #expect(history.json["events"]?.list?.last?["detail"]?["reason"] == "a typo")
            let unknown = try await server.call(.POST, "/api/v1/jobs/\(id)/fork", ["from_step": 9])
            #expect(unknown.status == 422 && unknown.message.contains("its steps are 0 to 1"))
            #expect(
                try await server.call(.POST, "/api/v1/jobs/\(id)/fork", as: .viewer, ["from_step": 0]).status == 403)
            let missing = "0197f3a0-0000-7000-8000-000000000001"
            #expect(try await server.call(.POST, "/api/v1/jobs/\(missing)/fork", ["from_step": 0]).status == 404)
            let actions = try await server.call(.GET, "/api/v1/actions")
            #expect(actions.json["actions"]?.list?.first?["action"] == "job.fork")
            #expect(actions.json["actions"]?.list?.first?["reason"] == "a typo")
        }
    }

    @Test func `a fork that is asked for again under its key is the same job`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                try await robot.client.complete(job.lease, result: Fixture.success, rows: [Fixture.row(0)])
            }
            var forks: [String?] = []
            for _ in 0..<2 {
                let fork = try await server.call(
                    .POST, "/api/v1/jobs/\(id)/fork", ["from_step": 0], headers: ["Idempotency-Key": "again"])
                #expect(fork.status == 201)
                forks.append(fork.json["job"]?["id"]?.string)
            }
            #expect(forks[0] != nil && forks[0] == forks[1])
            let other = try await server.call(
                .POST, "/api/v1/jobs/\(id)/fork", ["from_step": 0, "variables": ["n": 2]],
                headers: ["Idempotency-Key": "again"])
            #expect(other.status == 409 && other.code == "IDEMPOTENCY_CONFLICT")
            let own = try await server.call(.POST, "/api/v1/jobs/\(id)/fork", ["from_step": 0])
            #expect(own.status == 201 && own.json["job"]?["id"]?.string != forks[0])
        }
    }

    @Test func `a retry goes on from the step that failed, once`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                let failure = Failure(kind: .business, message: "no", type: "E", node: "n1")
                let failed = JournalRow(
                    step: 1, node: "n1", nodeType: "RunCommandNode", effect: "effect",
                    result: #"{"error":"no","type":"E"}"#, startedAt: Fixture.row(1).startedAt,
                    finishedAt: Fixture.row(1).finishedAt)
                _ = try await robot.client.fail(
                    job.lease, failure: failure, result: nil, rows: [Fixture.row(0), failed])
                try await server.withClient(.operator) { client in
                    let retry = try await client.retryJob(id, from: .failed)
                    #expect(retry.retryOf == id && retry.forkedFrom == id && retry.forkedStep == 1)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await client.retryJob(id, from: .step(0))
                        } == .conflict)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await client.retryDeadLetter(id, from: .failed)
                        } == .conflict)
                }
                let again = try #require(
                    try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(20)).first)
                #expect(try await robot.client.journal(of: again.lease).rows == [Fixture.row(0)])
            }
        }
    }

    @Test func `a retry that is asked for again under its key is the same job, with its reason`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                let failure = Failure(kind: .business, message: "no", type: "E", node: "n1")
                _ = try await robot.client.fail(job.lease, failure: failure, result: nil, rows: [])
            }
            var retries: [String?] = []
            for path in ["jobs", "jobs", "dlq"] {
                let retry = try await server.call(
                    .POST, "/api/v1/\(path)/\(id)/retry", ["reason": "the site is back"],
                    headers: ["Idempotency-Key": "again"])
                #expect(retry.status == 201)
                retries.append(retry.json["job"]?["id"]?.string)
            }
            #expect(retries[0] != nil && Set(retries).count == 1)
            let other = try await server.call(
                .POST, "/api/v1/jobs/\(id)/retry", ["variables": ["n": 2]], headers: ["Idempotency-Key": "again"])
            #expect(other.status == 409 && other.code == "IDEMPOTENCY_CONFLICT")
            #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/retry").status == 409)
            let actions = try await server.call(.GET, "/api/v1/actions?subject=\(id)")
            #expect(actions.json["actions"]?.list?.compactMap { $0["action"]?.string } == ["job.retry"])
            #expect(actions.json["actions"]?.list?.first?["reason"] == "the site is back")
            let history = try await server.call(.GET, "/api/v1/jobs/\(id)/history", as: .viewer)
            #expect(history.json["events"]?.list?.last?["detail"]?["reason"] == "the site is back")
        }
    }

    @Test func `what is done to the world once more is told`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                func row(_ step: Int, _ result: String?) -> JournalRow {
                    JournalRow(
                        step: step, node: "n\(step)", nodeType: "HttpRequestNode", effect: "effect", result: result,
                        startedAt: Fixture.row(step).startedAt,
                        finishedAt: result == nil ? nil : Fixture.row(step).finishedAt)
                }
                let rows = [
                    row(0, #"{"outputs":{}}"#), Fixture.row(1), row(2, #"{"error":"no","type":"E"}"#),
                    row(3, #"{"error":"nobody knows","type":"InDoubtError"}"#), row(4, nil),
                ]
                try await robot.client.checkpoint(rows, under: job.lease)
                let failure = Failure(kind: .business, message: "no", type: "E", node: "n2")
                _ = try await robot.client.fail(job.lease, failure: failure, result: nil, rows: [])
            }
            // What is in doubt is kept by an attempt that follows, and taken over from its own step on.
            let expected: [(Int, [Int])] = [(0, [0, 3, 4]), (1, [3, 4]), (4, [])]
            for (step, repeated) in expected {
                let fork = try await server.withClient(.operator) { client in
                    try await client.forkJob(id, ForkJobRequest(fromStep: step))
                }
                #expect(fork.repeats?.map(\.step) == repeated && fork.repeatsCount == repeated.count)
                #expect(fork.repeats?.map(\.isInDoubt) == repeated.map { $0 > 0 })
            }
            let retry = try await server.withClient(.operator) { client in
                try await client.retryJob(id, RetryJobRequest())
            }
            #expect(retry.repeats?.map(\.node) == ["n0", "n3", "n4"])
        }
    }
}
