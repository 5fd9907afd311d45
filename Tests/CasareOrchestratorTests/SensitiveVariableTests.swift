import CasareDomain
import CasareStore
import CasareWire
import Testing

/// Values that a workflow declares sensitive are for its robots, not for those who look at its jobs.
struct SensitiveVariableTests {
    private typealias Fixture = OrchestratorFixture

    private static let secret = "topsecretPW42"
    private static let url = Value.string("https://h/\(secret)")

    /// - Parameters:
    ///   - fail: lets a robot fail the most urgent job.
    ///   - stored: a job's variables as its robot gets them.
    private static func check(
        _ server: Fixture, as reader: Role, fail: () async throws -> Void,
        stored: (Job.ID) async throws -> Object?
    ) async throws {
        _ = try await server.call(
            .POST, "/api/v1/workflows", ["document": Fixture.document("orders", sensitive: "password")])
        let given: Object = ["password": .string(Self.secret), "url": Self.url, "n": 1]
        let shown: Value = ["password": "***", "url": "https://h/***", "n": 1]
        let submitted = try await server.call(
            .POST, "/api/v1/jobs",
            [
                "workflow": "orders", "variables": .object(given), "idempotency_key": .string("k-\(Self.secret)"),
            ])
        #expect(submitted.status == 201 && submitted.json["job"]?["variables"] == shown)
        #expect(submitted.json["job"]?["idempotency_key"] == "k-***")
        let job = try #require(submitted.json["job"]?["id"]?.string)
        let id = try #require(Job.ID(job))
        let first = try await stored(id)
        #expect(first == given)
        try await fail()
        for path in ["/api/v1/jobs/\(job)", "/api/v1/jobs", "/api/v1/dlq/\(job)", "/api/v1/dlq"] {
            let answer = try await server.call(.GET, path, as: reader)
            let text = answer.json.jsonText(.compact)
            #expect(answer.status == 200 && text.contains(#""https://h/***""#), "\(path): \(text)")
            #expect(!text.contains(Self.secret), "\(path): \(text)")
        }

        // Whoever changes one variable sends the others as they were shown.
        let retried = try await server.call(
            .POST, "/api/v1/jobs/\(job)/retry", ["variables": ["password": "***", "url": "https://h/***", "n": 2]])
        #expect(retried.status == 201 && retried.json["job"]?["variables"]?["password"] == "***")
        let retriedID = try #require(retried.json["job"]?["id"]?.string)
        let again = try await stored(try #require(Job.ID(retriedID)))
        #expect(again == ["password": .string(Self.secret), "url": Self.url, "n": 2])
        let forked = try await server.call(
            .POST, "/api/v1/jobs/\(job)/fork",
            ["from_step": 0, "variables": ["password": "another one", "url": "https://h/***", "n": 1]])
        #expect(forked.status == 201 && forked.json["job"]?["variables"]?["password"] == "***")
        let forkedID = try #require(forked.json["job"]?["id"]?.string)
        let fork = try await stored(try #require(Job.ID(forkedID)))
        #expect(fork == ["password": "another one", "url": Self.url, "n": 1])
    }

    @Test func `who looks at a job sees no sensitive variable, and its robot does`() async throws {
        try await Fixture.with { server in
            try await Self.check(server, as: .viewer) {
                try await RobotDeed.fail.perform(in: server.database)
            } stored: { id in
                try await server.database.asTenant(.default) { try JobStore.get(id, on: $0)?.variables }
            }
        }
    }

    @Test func `the queue in memory hides them as well`() async throws {
        try await MemoryFixture.with { memory in
            try await Self.check(memory.server, as: .admin) {
                try RobotDeed.fail.perform(in: memory.queue)
            } stored: { id in
                try memory.queue.access { queue, _ throws(StoreError) in queue.job(id)?.variables }
            }
        }
    }

    @Test func `jobs of the same page are hidden each by its own version`() async throws {
        try await Fixture.with { server in
            for sensitive in [nil, "password"] as [String?] {
                _ = try await server.call(
                    .POST, "/api/v1/jobs",
                    [
                        "document": Fixture.document("orders", sensitive: sensitive),
                        "variables": ["password": .string(Self.secret)],
                    ])
            }
            for _ in 0..<2 {  // The second time from what is known.
                let page = try await server.call(.GET, "/api/v1/jobs", as: .viewer)
                let values = page.json["jobs"]?.list?.map { $0["variables"]?["password"]?.string }
                #expect(values == ["***", Self.secret])
            }
        }
    }
}
