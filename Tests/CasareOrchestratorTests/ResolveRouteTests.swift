import CasareClient
import CasareDomain
import CasareStore
import CasarePostgres
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Answers to the questions of blocked jobs, over HTTP.
struct ResolveRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let question = Job.Question(step: 0, node: "pay", nodeType: "SendNode", text: "Was it sent?")
    private static let intent = JournalRow(
        step: 0, node: "pay", nodeType: "SendNode", effect: "effect", result: nil,
        startedAt: Date(timeIntervalSince1970: 1), finishedAt: nil)

    /// Jobs that ask about their first step, and a robot that would go on with them.
    private static func withBlocked(
        _ count: Int = 1, _ body: @escaping @Sendable (Fixture, RobotFixture, [Job.ID]) async throws -> Void
    ) async throws {
        try await Fixture.with { server in
            _ = try await server.submit(count)
            try await server.withRobot("r1", slots: count) { robot in
                let jobs = try await robot.client.lease(robot.session, slots: count)
                for job in jobs {
                    try await robot.client.block(job.lease, question: Self.question, rows: [Self.intent])
                }
                try await body(server, robot, jobs.map(\.lease.job))
            }
        }
    }

    private static func resolve(
        _ id: Job.ID, _ body: Value, as role: Role = .operator, of server: Fixture
    ) async throws -> Fixture.Reply {
        try await server.call(.POST, "/api/v1/jobs/\(id)/resolve", as: role, body)
    }

    @Test func `what a person says is what the next robot finds in the journal`() async throws {
        try await Self.withBlocked { server, robot, ids in
            let resolved = try await server.withClient(.operator) { client in
                try await client.resolveJob(
                    ids[0],
                    ResolveJobRequest(.done(outputs: ["id": 4711]), ofStep: 0, attempt: 1, reason: "booked"))
            }
            #expect(resolved.status == .pending && resolved.question == nil)
            let again = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(20))
            #expect(again.map(\.lease.job) == ids)
            let steps = try await server.call(.GET, "/api/v1/jobs/\(ids[0])/steps").json["steps"]?.list
            #expect(steps?.first?["result"] == ["outputs": ["id": 4711]])
            let actions = try await server.call(.GET, "/api/v1/actions?subject=\(ids[0])").json["actions"]?.list
            #expect(actions?.first?["action"] == "job.resolve" && actions?.first?["actor"] == "the operator")
        }
    }

    @Test(
        arguments: [
            (
                ["answer": "done", "reason": "seen", "result": ["stdout": "has topsecretPW42 inside", "code": 0]],
                "stdout"
            ),
            (["answer": "fail", "reason": "topsecretPW42 is wrong"], "error"),
        ] as [(Object, String)])
    func `an answer stands in the journal without the values of sensitive variables`(
        answer: Object, written: String
    ) async throws {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("invoices", sensitive: "password")])
            let submitted = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "variables": ["password": "topsecretPW42"]])
            #expect(submitted.status == 201)
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                try await robot.client.block(job.lease, question: Self.question, rows: [Self.intent])
                let body = Value.object(answer.merging(["step": 0]))
                #expect(try await Self.resolve(job.lease.job, body, of: server).status == 200)
                let results = try await server.database.asTenant(.default) { connection in
                    try connection.execute("SELECT result::text AS result FROM journal").map { try $0.string("result") }
                }
                #expect(results.count == 1 && results.allSatisfy { !$0.contains("topsecretPW42") }, "\(results)")
                let steps = try await server.call(.GET, "/api/v1/jobs/\(job.lease.job)/steps").json["steps"]?.list
                let result = try #require(steps?.first?["result"])
                let text = (result["outputs"]?[written] ?? result[written])?.string
                #expect(text?.contains("{{$sealed:password}}") == true, "\(result)")
            }
        }
    }

    @Test func `the second answer is refused, and says who was first`() async throws {
        try await Self.withBlocked { server, _, ids in
            let retry: Value = ["step": 0, "answer": "retry", "reason": "not there"]
            #expect(try await Self.resolve(ids[0], retry, of: server).status == 200)
            let second = try await Self.resolve(ids[0], ["step": 0, "answer": "skip", "reason": "x"], of: server)
            #expect(second.status == 409 && second.code == "INVALID_STATE_TRANSITION")
            #expect(second.message.contains("the operator said retry"))
            let other = try await Self.resolve(ids[0], ["step": 5, "answer": "skip", "reason": "x"], of: server)
            #expect(other.status == 409 && other.message.contains("is pending"))
        }
    }

    @Test func `an answer needs a right, a step, a reason, and a result only where it was done`() async throws {
        try await Self.withBlocked { server, _, ids in
            let skip: Value = ["step": 0, "answer": "skip", "reason": "x"]
            #expect(try await Self.resolve(ids[0], skip, as: .viewer, of: server).status == 403)
            for (body, field) in [
                (["step": 0, "answer": "skip"], "reason"), (["answer": "skip", "reason": "x"], "step"),
                (["step": 0, "answer": "skip", "reason": ""], "reason"),
                (["step": 0, "answer": "perhaps", "reason": "x"], "answer"),
                (["step": 0, "answer": "skip", "reason": "x", "result": ["a": 1]], "result"),
                (["step": -1, "answer": "skip", "reason": "x"], "step"),
                (["step": 0, "answer": "skip", "reason": "x", "attempt": 0], "attempt"),
                (["step": 0, "answer": "fail", "reason": "{{$sealed:pin}}"], "reason"),
                (["step": 0, "answer": "done", "reason": "x", "result": ["a": ["{{$sealed:pin}}"]]], "result"),
            ] as [(Value, String)] {
                let reply = try await Self.resolve(ids[0], body, of: server)
                #expect([400, 422].contains(reply.status) && reply.message.contains(field), "\(reply.message)")
            }
            let large = String(repeating: "x", count: Job.Resolution.outputsBytesMax)
            let reply = try await Self.resolve(
                ids[0], ["step": 0, "answer": "done", "reason": "x", "result": ["a": .string(large)]], of: server)
            #expect(reply.status == 422 && reply.message.contains("may take \(Job.Resolution.outputsBytesMax)"))
            #expect(try await server.call(.GET, "/api/v1/jobs/\(ids[0])").json["job"]?["status"] == "blocked")
        }
    }

    @Test func `the status lists the jobs that wait longest`() async throws {
        try await Self.withBlocked(BlockedJobInfo.countMax + 2) { server, _, ids in
            let status = try await server.withClient(.viewer) { try await $0.status() }
            #expect(status.jobs.blocked == ids.count)
            #expect(status.blockedJobs?.map(\.id) == Array(ids.prefix(BlockedJobInfo.countMax)))
            #expect(status.blockedJobs?.first?.question == Self.question)
            #expect(status.blockedJobs?.first?.workflow == "invoices")
        }
    }

    @Test func `a batch shows how its known jobs went, as far as there is room`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let requests = ["a", "b", "c"].map { SubmitJobRequest(workflow: "invoices", idempotencyKey: $0) }
            let first = try await server.withClient(.operator) { try await $0.submit(requests) }
            #expect(first.allSatisfy { $0.result == nil && !$0.isDuplicate })
            // Two of such results do not fit.
            let half = String(repeating: "0123456789abcdef", count: SubmitBatchResponse.resultsBytesMax / 32 + 100)
            try await server.withRobot("r1") { robot in
                for (job, text) in zip(try await robot.client.lease(robot.session, slots: 3), ["x", half, half]) {
                    let result = RunResult(
                        success: true, error: nil, variables: ["text": .string(text)], logs: [], nodeErrors: [])
                    try await robot.client.complete(job.lease, result: result, rows: [])
                }
            }
            let again = try await server.withClient(.operator) { try await $0.submit(requests + requests) }
            #expect(again.allSatisfy { $0.isDuplicate && $0.status == .completed })
            #expect(again.map { $0.result?.variables["text"]?.string?.count } == [1, half.count, nil, 1, nil, nil])
        }
    }
}
