import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareTelemetry
import CasareWire
import FoundationEssentials
import Testing

/// The API on a queue in memory.
struct MemoryRouteTests {
    private typealias Fixture = OrchestratorFixture

    private enum Act: Sendable {
        /// `$1` in a path stands for the first ID that an answer had, and so on.
        case call(Fixture.HTTPMethodName, String, Value? = nil, headers: [String: String] = [:])
        case robot(RobotDeed)
    }

    /// What people do, and what they do wrong.
    private static let script: [Act] = [
        .call(.GET, "/health/live"), .call(.GET, "/api/v1/auth/me"),
        .call(.POST, "/api/v1/workflows", ["document": Fixture.document("orders")]),
        .call(.POST, "/api/v1/workflows", ["document": Fixture.document("orders")]),
        .call(.POST, "/api/v1/workflows", ["document": Fixture.document("orders", extraKey: "b")]),
        .call(.POST, "/api/v1/workflows", ["document": Fixture.document("bills")]),
        .call(.POST, "/api/v1/workflows", ["document": ["nodes": ["a": ["node_type": "NoSuchNode"]]]]),
        .call(.POST, "/api/v1/workflows", ["documents": [:]]),
        .call(.POST, "/api/v1/workflows/validate", ["document": Fixture.document("x")]),
        .call(.GET, "/api/v1/workflows"), .call(.GET, "/api/v1/workflows?limit=1"),
        .call(.GET, "/api/v1/workflows?limit=1&cursor=bills"), .call(.GET, "/api/v1/workflows?lmit=1"),
        .call(.GET, "/api/v1/workflows/orders"), .call(.GET, "/api/v1/workflows/nowhere"),
        .call(.GET, "/api/v1/workflows/orders/versions"), .call(.GET, "/api/v1/workflows/orders/versions?limit=1"),
        .call(.GET, "/api/v1/workflows/orders/versions/1"), .call(.GET, "/api/v1/workflows/orders/versions/3"),
        .call(.GET, "/api/v1/workflows/orders/versions/x"),

        .call(.POST, "/api/v1/jobs", ["workflow": "orders", "variables": ["n": 1.0]]),
        .call(.POST, "/api/v1/jobs", ["workflow": "orders"], headers: ["Idempotency-Key": "k"]),
        .call(.POST, "/api/v1/jobs", ["workflow": "orders"], headers: ["Idempotency-Key": "k"]),
        .call(.POST, "/api/v1/jobs", ["workflow": "bills"], headers: ["Idempotency-Key": "k"]),
        .call(.POST, "/api/v1/jobs", ["workflow": "orders", "version": 9]),
        .call(.POST, "/api/v1/jobs", ["workflow": "nowhere"]), .call(.POST, "/api/v1/jobs", [:]),
        .call(.POST, "/api/v1/jobs", ["workflow": "orders", "priority": "high", "options": ["max_attempts": 0]]),
        .call(.POST, "/api/v1/jobs/batch", ["jobs": [["workflow": "orders"], ["document": Fixture.document("own")]]]),
        .call(.POST, "/api/v1/jobs/batch", ["jobs": []]),
        .call(.POST, "/api/v1/jobs", ["workflow": "orders", "priority": 20, "run_at": "2099-01-01T00:00:00Z"]),
        .call(.GET, "/api/v1/status"), .call(.GET, "/api/v1/jobs?limit=2"), .call(.GET, "/api/v1/jobs?workflow=own"),
        .call(.GET, "/api/v1/jobs?workflow=nowhere"), .call(.GET, "/api/v1/jobs?status=pending&limit=1"),
        .call(.GET, "/api/v1/jobs?status=odd"), .call(.GET, "/api/v1/jobs?cursor=odd"),
        .call(.GET, "/api/v1/jobs/odd"), .call(.GET, "/api/v1/jobs/00000000-0000-7000-8000-000000000000"),

        .robot(.complete), .robot(.complete), .call(.GET, "/api/v1/jobs?status=completed"),
        .robot(.block), .call(.GET, "/api/v1/jobs?status=blocked"), .call(.GET, "/api/v1/status"),
        // By itself and in a batch, a submit with the key finds the job that has ended, and how it went.
        .call(.POST, "/api/v1/jobs", ["workflow": "orders"], headers: ["Idempotency-Key": "k"]),
        .call(
            .POST, "/api/v1/jobs/batch",
            [
                "jobs": [
                    ["workflow": "orders", "idempotency_key": "k"], ["workflow": "orders", "idempotency_key": "k2"],
                    ["workflow": "orders", "idempotency_key": "k"],
                ]
            ]),
        .robot(.fail), .call(.GET, "/api/v1/jobs?status=failed"), .call(.GET, "/api/v1/dlq"),
        .call(.GET, "/api/v1/dlq?kind=timeout"), .call(.GET, "/api/v1/dlq?status=open&workflow=orders"),
        .call(.GET, "/api/v1/dlq?status=open,replayed&order=oldest&error=NO%20such&robot=r1&environment=default"),
        .call(.GET, "/api/v1/dlq?node=odd"), .call(.GET, "/api/v1/dlq?status=odd"),
        .call(.GET, "/api/v1/dlq?variables=%7B%22n%22%3A1%7D&limit=1"), .call(.GET, "/api/v1/dlq?workflow=nowhere"),
        .robot(.lease), .call(.GET, "/api/v1/jobs?status=running"), .call(.GET, "/api/v1/robots/r1"),
        .call(.GET, "/api/v1/robots/r2"), .call(.GET, "/api/v1/robots?cursor=r0"),
        .call(.GET, "/api/v1/jobs?status=paused"),
        .call(.GET, "/api/v1/tenant/policy"), .call(.PATCH, "/api/v1/tenant/policy", ["scripts": false]),
        .call(.GET, "/api/v1/nowhere"), .call(.DELETE, "/api/v1/jobs"),
    ]

    /// What is done to each job at the end, whatever has become of it.
    private static let lastDeeds: [Act] = [
        .call(.POST, "/api/v1/jobs/$job/pause", ["reason": ""]),
        .call(.POST, "/api/v1/jobs/$job/pause", ["reason": "month end"]),
        .call(.GET, "/api/v1/jobs?status=paused"), .call(.POST, "/api/v1/jobs/$job/pause"),
        .call(.POST, "/api/v1/jobs/$job/resume", ["reason": "go"]), .call(.POST, "/api/v1/jobs/$job/resume"),
        .call(.POST, "/api/v1/jobs/$job/resolve", ["answer": "done", "step": 0]),
        .call(.POST, "/api/v1/jobs/$job/resolve", ["answer": "skip", "step": 0, "reason": "r", "result": ["a": 1]]),
        .call(.POST, "/api/v1/jobs/$job/resolve", ["answer": "perhaps", "step": 0, "reason": "r"]),
        .call(.POST, "/api/v1/jobs/$job/resolve", ["answer": "done", "step": 3, "reason": "seen"]),
        .call(
            .POST, "/api/v1/jobs/$job/resolve",
            ["answer": "done", "step": 0, "attempt": 1, "reason": "seen", "result": ["id": 7]]),
        .call(.POST, "/api/v1/jobs/$job/resolve", ["answer": "skip", "step": 0, "attempt": 1, "reason": "also"]),
        .call(.GET, "/api/v1/jobs/$job?wait_seconds=0.01"), .call(.GET, "/api/v1/jobs/$job/steps"),
        .call(.GET, "/api/v1/jobs/$job/steps?results=false&limit=1"),
        .call(.GET, "/api/v1/jobs/$job/steps?results=odd"), .call(.GET, "/api/v1/jobs/$job/steps?limit=2&cursor=0"),
        .call(.GET, "/api/v1/jobs/$job/history"),
        .call(.GET, "/api/v1/jobs/$job/logs"), .call(.GET, "/api/v1/jobs/$job/logs?after=1&wait_seconds=0.01"),
        .call(.GET, "/api/v1/jobs/$job/logs?after=0&limit=1"), .call(.GET, "/api/v1/jobs/$job/logs?after=x"),
        .call(.GET, "/api/v1/dlq/$job"), .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": 0]),
        .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": 1, "variables": ["n": 3], "reason": "again"]),
        .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": 0], headers: ["Idempotency-Key": "fork"]),
        .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": 0], headers: ["Idempotency-Key": "fork"]),
        .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": 1], headers: ["Idempotency-Key": "fork"]),
        .call(.POST, "/api/v1/jobs/$job/fork", ["from_step": -1]), .call(.POST, "/api/v1/jobs/$job/fork", [:]),
        .call(.POST, "/api/v1/jobs/$job/retry", ["from": "end"]), .call(.POST, "/api/v1/jobs/$job/retry", ["from": 9]),
        .call(
            .POST, "/api/v1/dlq/$job/retry", ["variables": ["n": 2], "from": "failed", "reason": "again"],
            headers: ["Idempotency-Key": "retry"]),
        .call(
            .POST, "/api/v1/dlq/$job/retry", ["variables": ["n": 2], "from": "failed"],
            headers: ["Idempotency-Key": "retry"]),
        .call(.POST, "/api/v1/dlq/$job/retry", headers: ["Idempotency-Key": "retry"]),
        .call(.POST, "/api/v1/jobs/$job/retry"), .call(.POST, "/api/v1/jobs/$job/pause"),
        .call(.GET, "/api/v1/jobs/$job/history"),
        .call(.POST, "/api/v1/jobs/$job/cancel", ["reason": "enough"]),
        .call(.POST, "/api/v1/jobs/$job/cancel"),
    ]

    /// IDs, times and the like by the order in which they come, so that two servers' answers can be compared.
    private struct Names {
        private var known: [String: String] = [:]

        mutating func unified(_ text: String) -> String {
            var text = text
            for pattern in [
                #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, #/req_[0-9a-f]{16}/#,
            ] {
                for match in text.matches(of: pattern) {
                    let id = String(match.output)
                    known[id] = known[id] ?? "id \(known.count)"
                }
            }
            for (id, name) in self.known { text = text.replacing(id, with: name) }
            return text.replacing(#/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z/#, with: "time")
                .replacing(#/"trace_id":"[0-9a-f]{32}"/#, with: #""trace_id":"trace""#)
                .replacing(#/"database":"[^"]*"/#, with: "")
                // In memory nothing fires or is applied.
                .replacing(#/"(schedules|drift)":(null|\{[^}]*\}),?/#, with: "")
        }
    }

    /// The statuses and bodies of all answers.
    private static func answers(
        of server: Fixture, _ deed: (RobotDeed) async throws -> Void
    ) async throws -> [String] {
        var names = Names()
        var answers: [String] = []
        func perform(_ act: Act, job: String = "") async throws {
            switch act {
            case .call(let method, let path, let body, let headers):
                let reply = try await server.call(
                    method, path.replacing("$job", with: job), body, headers: headers)
                let text = "\(method) \(path) \(reply.status) \(reply.json.jsonText(.compact, sortKeys: true))"
                answers.append(names.unified(text))
            case .robot(let act): try await deed(act)
            }
        }
        for act in Self.script { try await perform(act) }
        let jobs = try await server.call(.GET, "/api/v1/jobs").json["jobs"]?.list ?? []
        for job in jobs.reversed() {
            for act in Self.lastDeeds { try await perform(act, job: job["id"]?.string ?? "") }
        }
        try await perform(.call(.GET, "/api/v1/status"))
        return answers
    }

    @Test func `an answer stands in the journal without the values of sensitive variables`() async throws {
        try await MemoryFixture.with { memory in
            _ = try await memory.server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("orders", sensitive: "password")])
            let submitted = try await memory.server.call(
                .POST, "/api/v1/jobs", ["workflow": "orders", "variables": ["password": "topsecretPW42"]])
            let id = try #require(submitted.json["job"]?["id"]?.string)
            try memory.queue.access { queue, now throws(StoreError) in
                queue.register(
                    RobotDeed.robot, environment: "default", tags: [], capabilities: [], slots: 1, now: now)
                let session = try queue.openSession(
                    RobotDeed.robot, boot: UUID(), leaseDuration: RobotDeed.leaseDuration, now: now)
                guard let lease = try queue.lease(session, limit: 1, now: now).first?.lease else { return }
                try queue.block(lease, question: RobotDeed.question, now: now)
            }
            let resolved = try await memory.server.call(
                .POST, "/api/v1/jobs/\(id)/resolve",
                ["step": 0, "answer": "done", "reason": "seen", "result": ["stdout": "has topsecretPW42 inside"]])
            #expect(resolved.status == 200)
            let steps = try await memory.server.call(.GET, "/api/v1/jobs/\(id)/steps").json["steps"]?.list
            #expect(steps?.first?["result"] == ["outputs": ["stdout": "has {{$sealed:password}} inside"]])
        }
    }

    @Test func `every request has the answer that it has on a database`() async throws {
        let inMemory = try await MemoryFixture.with { memory in
            try await Self.answers(of: memory.server) { try $0.perform(in: memory.queue) }
        }
        let inDatabase = try await Fixture.with { server in
            try await Self.answers(of: server) { try await $0.perform(in: server.database) }
        }
        #expect(inMemory.count == inDatabase.count)
        for (mine, theirs) in zip(inMemory, inDatabase) { #expect(mine == theirs) }
    }

    @Test func `a route that needs a database says so to whoever may use it`() async throws {
        try await MemoryFixture.with { memory in
            let refused = try await memory.server.call(.POST, "/api/v1/tokens", ["name": "x", "role": "viewer"])
            #expect(refused.status == 501 && refused.code == "NEEDS_DATABASE")
            #expect(refused.message.contains("POST /api/v1/tokens needs PostgreSQL"))
            #expect(refused.message.contains("--memory"))
            #expect(try await memory.server.call(.GET, "/api/v1/tokens", as: nil).status == 401)
            let asking = try await memory.server.call(
                .POST, "/api/v1/jobs", ["document": Fixture.document("own"), "expires_in_seconds": 5])
            #expect(asking.status == 501 && asking.message.contains("a server with a database"))
            #expect(try await memory.server.call(.GET, "/api/v1/workflows/own").status == 404)
            let stranger = try await memory.server.send(.GET, "/api/v1/jobs", token: "crpa_other")
            #expect(stranger.status == 401)
        }
    }

    @Test func `everything that is served has a route, and what robots of other processes need is not served`() {
        let routes = MemoryRoutes(
            queue: SharedMemoryQueue(), catalogue: Fixture.catalogue, waitingRoom: WaitingRoom(),
            metrics: OrchestratorMetrics(MetricRegistry(logger: Fixture.logger))
        ).table
        #expect(routes.map(\.path) == Orchestrator.routes.map(\.path))
        #expect(routes.map(\.access) == Orchestrator.routes.map(\.access))
    }

    @Test func `who waits for a job is told when it ends`() async throws {
        try await MemoryFixture.with { memory in
            try await memory.server.pushWorkflow()
            let submitted = try await memory.server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let id = try #require(submitted.json["job"]?["id"]?.string)
            async let waiting = memory.server.call(.GET, "/api/v1/jobs/\(id)?wait_seconds=30")
            try RobotDeed.complete.perform(in: memory.queue)
            #expect(try await waiting.json["job"]?["status"] == "completed")
        }
    }

    @Test func `a batch that is refused stores none of its documents`() async throws {
        try await MemoryFixture.with { memory in
            let first = try await memory.server.call(
                .POST, "/api/v1/jobs", ["document": Fixture.document("own"), "idempotency_key": "k"])
            #expect(first.status == 201)
            let batch: Value = [
                "jobs": [
                    ["document": Fixture.document("other")],
                    ["document": Fixture.document("more"), "idempotency_key": "k"],
                ]
            ]
            #expect(try await memory.server.call(.POST, "/api/v1/jobs/batch", batch).status == 409)
            let names = try await memory.server.call(.GET, "/api/v1/workflows").json["workflows"]?.list?
                .map { $0["name"] }
            #expect(names == ["own"])
        }
    }
}
