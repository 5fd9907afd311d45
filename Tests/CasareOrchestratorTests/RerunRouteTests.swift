import CasareDomain
import CasareStore
import CasareWire
import Testing

/// Jobs that are run again over HTTP, with a database and in memory.
struct RerunRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let secret = "topsecretPW42"

    /// - Parameters:
    ///   - stored: a job's variables as its robot gets them.
    private static func check(
        _ server: Fixture, fail: () async throws -> Void, stored: (Job.ID) async throws -> Object?
    ) async throws {
        func push(_ name: String) async throws {
            let pushed = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document(name, sensitive: "password")])
            #expect(pushed.status == 201)
        }
        try await push("orders")
        let submitted = try await server.call(
            .POST, "/api/v1/jobs",
            ["workflow": "orders", "variables": ["password": .string(Self.secret), "n": 1, "gone": true]])
        let job = try #require(submitted.json["job"]?["id"]?.string)
        let early = try await server.call(.POST, "/api/v1/jobs/\(job)/retry")
        #expect(early.status == 409 && early.code == "INVALID_STATE_TRANSITION")
        try await fail()

        let refused: [(Value, Int)] = [
            (["patch": [["op": "copy", "from": "/password", "path": "/n"]]], 422),
            (["patch": [["op": "test", "path": "/password", "value": .string(Self.secret)]]], 422),
            (["patch": [["op": "remove", "path": "/missing"]]], 422), (["patch": [["op": "remove"]]], 422),
            (["version": "latest", "from": "failed"], 422), (["version": "newest"], 422),
            (["sets": [:]], 400),
        ]
        for (body, status) in refused {
            let answer = try await server.call(.POST, "/api/v1/dlq/\(job)/retry", body)
            #expect(answer.status == status, "\(body.jsonText(.compact)): \(answer.message)")
            #expect(!answer.message.contains(Self.secret))
        }

        let retried = try await server.call(
            .POST, "/api/v1/dlq/\(job)/retry",
            [
                "patch": [["op": "replace", "path": "/n", "value": 2], ["op": "remove", "path": "/gone"]],
                "set": ["m": 3, "password": "***"], "version": "latest", "reason": "fixed",
            ])
        #expect(retried.status == 201, "\(retried.message)")
        #expect(retried.json["job"]?["variables"] == ["password": "***", "n": 2, "m": 3])
        #expect(retried.json["job"]?["retry_of"] == .string(job))
        let id = try #require(retried.json["job"]?["id"]?.string.flatMap(Job.ID.init))
        let variables = try await stored(id)
        #expect(variables == ["password": .string(Self.secret), "n": 2, "m": 3])

        // Its replay goes on.
        let again = try await server.call(.POST, "/api/v1/jobs/\(job)/retry")
        #expect(again.status == 409)
        // A job that was cancelled runs again, and has no letter.
        #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/cancel").status == 200)
        let cancelled = try await server.call(.POST, "/api/v1/jobs/\(id)/retry", ["set": ["n": 4]])
        #expect(cancelled.status == 201 && cancelled.json["job"]?["variables"]?["n"] == 4)
        #expect(cancelled.json["job"]?["retry_of"] == .string(id.description))
        #expect(try await server.call(.POST, "/api/v1/dlq/\(id)/retry").status == 404)
        let failed = try await server.call(.POST, "/api/v1/jobs/\(id)/retry", ["from": "failed"])
        #expect(failed.status == 409 && failed.code == "INVALID_STATE_TRANSITION")
    }

    @Test func `a job is run again with what was asked for`() async throws {
        try await Fixture.with { server in
            try await Self.check(server) {
                try await RobotDeed.fail.perform(in: server.database)
            } stored: { id in
                try await server.database.asTenant(.default) { try JobStore.get(id, on: $0)?.variables }
            }
        }
    }

    @Test func `the queue in memory runs jobs again as well`() async throws {
        try await MemoryFixture.with { memory in
            try await Self.check(memory.server) {
                try RobotDeed.fail.perform(in: memory.queue)
            } stored: { id in
                try memory.queue.access { queue, _ throws(StoreError) in queue.job(id)?.variables }
            }
        }
    }

    @Test func `who may only look runs nothing again`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await RobotDeed.fail.perform(in: server.database)
            for role in [Role.viewer, .robot] {
                for path in ["/api/v1/jobs/\(id)/retry", "/api/v1/dlq/\(id)/retry"] {
                    #expect(try await server.call(.POST, path, as: role, [:]).status == 403, "\(path) as \(role)")
                }
            }
            #expect(try await server.call(.GET, "/api/v1/dlq/\(id)").json["status"] == "open")
            #expect(try await server.call(.POST, "/api/v1/dlq/\(id)/retry", as: .operator, [:]).status == 201)
        }
    }

    @Test func `a key brings the same job, unless something else is asked for with it`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/cancel").status == 200)
            func retry(_ body: Value) async throws -> (Int, String?) {
                let answer = try await server.call(
                    .POST, "/api/v1/jobs/\(id)/retry", body, headers: ["Idempotency-Key": "k"])
                return (answer.status, answer.json["job"]?["id"]?.string)
            }
            let first = try await retry(["set": ["n": 1]])
            let second = try await retry(["set": ["n": 1]])
            #expect(first.0 == 201 && second.0 == 201 && first.1 == second.1 && first.1 != nil)
            for other: Value in [[:], ["set": ["n": 2]], ["set": ["n": 1], "version": "latest"]] {
                #expect(try await retry(other).0 == 409)
            }
        }
    }
}
