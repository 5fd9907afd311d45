import CasareClient
import CasareDomain
import CasareWire
import Testing

/// What robots report of the jobs that they hold, and what comes of it.
struct ReportTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a job is leased, journaled and completed`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                #expect(jobs.count == 1 && ids.contains(job.lease.job) && job.attempt == 1)
                #expect(try Value(parsingJSON: job.document)["metadata"]?["name"] == "invoices")
                #expect(try await robot.client.renew(robot.session, [job.lease]).lost.isEmpty)
                try await robot.client.checkpoint([Fixture.row(0)], under: job.lease)
                #expect(try await robot.client.journal(of: job.lease).rows == [Fixture.row(0)])
                try await robot.client.complete(job.lease, result: Fixture.success, rows: [Fixture.row(1)])
                let info = try await server.withClient(.viewer) { client in try await client.job(job.lease.job) }
                #expect(info.status == .completed && info.result == Fixture.success && info.robot == "r1")
                #expect(try await server.withClient(.viewer) { try await $0.steps(of: job.lease.job) }.count == 2)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        try await robot.client.complete(job.lease, result: Fixture.success, rows: [])
                    } == .leaseLost)
                #expect(try await robot.client.renew(robot.session, [job.lease]).lost == [job.lease.job])
            }
        }
    }

    @Test func `a failed job is dead-lettered and comes back`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            let failure = Failure(kind: .business, message: "no such customer 42", type: "ValueError", node: "n7")
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                let outcome = try await robot.client.fail(job.lease, failure: failure, result: nil, rows: [])
                #expect(outcome.status == .failed && outcome.retryAt == nil)
            }
            try await server.withClient(.operator) { client in
                let job = try await client.job(ids[0])
                #expect(
                    job.failure?.kind == "business" && job.failure?.type == "ValueError" && job.failure?.node == "n7")
                let page = try await client.deadLetters(
                    DeadLetterQuery(filter: DeadLetterFilter(statuses: [.open], workflow: "invoices", kind: .business)))
                #expect(page.deadLetters.map(\.id) == ids)
                let letter = try await client.deadLetter(ids[0])
                #expect(letter.attempts.count == 1 && letter.attempts.first?.robot == "r1")
                let new = try await client.retryDeadLetter(ids[0], variables: ["fixed": true])
                #expect(new.retryOf == ids[0] && new.variables == ["fixed": true])
                #expect(try await client.deadLetter(ids[0]).replayedAs == new.id)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        _ = try await client.retryJob(ids[0])
                    } == .conflict)
                #expect(
                    try await client.deadLetters(
                        DeadLetterQuery(filter: DeadLetterFilter(statuses: [.open]))
                    ).deadLetters.isEmpty)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        _ = try await client.retryDeadLetter(new.id)
                    } == .notFound)
            }
        }
    }

    @Test func `a retryable failure is tried again`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                let job = try #require(jobs.first)
                let outcome = try await robot.client.fail(
                    job.lease, failure: Failure(kind: .application, message: "x", type: "E"), result: nil, rows: [])
                #expect(outcome.status == .pending && outcome.retryAt != nil)
            }
        }
    }

    @Test func `blocking and releasing end the lease`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 2)
                try #require(jobs.count == 2)
                let question = Job.Question(step: 3, node: "n", nodeType: "SendNode", text: "Was it sent?")
                try await robot.client.block(jobs[0].lease, question: question, rows: [])
                try await robot.client.release(jobs[1].lease, reason: "stopping")
                let blocked = try await server.withClient(.viewer) { try await $0.job(jobs[0].lease.job) }
                #expect(blocked.status == .blocked && blocked.question == question)
                let again = try await robot.client.lease(robot.session, slots: 2, waiting: .seconds(10))
                #expect(again.map(\.lease.job) == [jobs[1].lease.job] && ids.contains(jobs[1].lease.job))
                #expect(again.first.map { $0.lease.token > jobs[1].lease.token } == true)
            }
        }
    }

    @Test func `wrong reports are the robot's fault`() async throws {
        let cases: [(String, String, Int)] = [
            ("/api/v1/sessions/1/lease", #"{"slots":0}"#, 422),
            ("/api/v1/sessions/1/lease", #"{"slots":1,"wait_seconds":26}"#, 422),
            ("/api/v1/sessions/x/lease", #"{"slots":1}"#, 400), ("/api/v1/sessions/99/lease", #"{"slots":1}"#, 409),
            ("/api/v1/sessions/99/renew", #"{"leases":[]}"#, 409),
            ("/api/v1/sessions/1/renew", #"{"leases":[1]}"#, 422),
            ("/api/v1/robots/r1/sessions", #"{"boot_id":"x","slots":1}"#, 422),
            ("/api/v1/robots", #"{"id":"a b"}"#, 422), ("/api/v1/robots", #"{"id":"a","slots":0}"#, 422),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/complete", #"{"token":1,"result":{}}"#, 422),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/complete", #"{"token":1,"result":{"success":true}}"#,
                409
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/fail",
                #"{"token":1,"failure":{"kind":"odd","message":"","type":""}}"#, 422
            ),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/release", #"{"token":1,"reason":"x"}"#, 409),
            ("/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/block", #"{"token":1}"#, 422),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":99999999999,"node":"n","node_type":"t","effect":"effect","#
                    + #""started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":1,"node":"n","node_type":"t","effect":"pure","#
                    + #""started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
            (
                "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001/checkpoint",
                #"{"token":1,"entries":[{"step":1,"node":"n","node_type":"t","effect":"effect","#
                    + #""result":{},"started_at":"2026-01-02T03:04:05Z"}]}"#,
                422
            ),
        ]
        try await Fixture.with { server in
            for (path, body, status) in cases {
                let reply = try await server.send(
                    .POST, path, token: server.tokens[.robot], body: body, headers: ["Content-Type": "application/json"]
                )
                #expect(reply.status == status, "\(reply.json.jsonText(.compact))")
            }
        }
    }
}
