import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import Testing

/// Who may have secrets used: a robot is given them for whoever has a workflow run that names them.
struct SecretUseTests {
    private typealias Fixture = OrchestratorFixture

    private static let secretive = Fixture.document("pay", extraKey: "{{$secret:bank.password}}")
    private static let plain = Fixture.document("greet")

    /// Of a role that may do everything with workflows and jobs, and nothing with secrets.
    private static func clerk(_ server: OrchestratorFixture) async throws -> String {
        try await server.database.asTenant(.default) { connection in
            let name = try #require(Role.Name(rawValue: "clerk"))
            let permissions = Role.operator.permissions(in: .default).subtracting([.credentialUse])
            _ = try RoleStore.create(
                CustomRole(name: name, description: nil, permissions: permissions), by: "ann", on: connection)
            return try TokenStore.create(name: "clerk", role: name, on: connection).text.reveal()
        }
    }

    private static func post(
        _ path: String, _ body: Value, as token: String, to server: OrchestratorFixture
    ) async throws -> Fixture.Reply {
        try await server.send(
            .POST, path, token: token, body: body.jsonText(.compact), headers: ["Content-Type": "application/json"])
    }

    /// All that have a workflow run, at once or by themselves.
    private static func requests(of workflow: Value) -> [(path: String, body: Value)] {
        let cron: Value = ["cron": ["expression": "0 3 * * *"], "workflow": workflow]
        let hook: Value = ["webhook": ["auth": ["kind": "github"]], "workflow": workflow]
        return [
            ("/api/v1/jobs", ["workflow": workflow]), ("/api/v1/jobs/batch", ["jobs": [["workflow": workflow]]]),
            ("/api/v1/schedules", ["name": "nightly", "spec": cron]),
            ("/api/v1/triggers", ["name": "hook", "spec": hook]),
        ]
    }

    private static func expectRefusal(_ reply: Fixture.Reply, _ what: String) {
        #expect(reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS", "\(what): \(reply.json)")
        #expect(reply.json["error"]?["details"]?["permissions"] == ["credential.use"], "\(what): \(reply.json)")
    }

    @Test func `what was done to secrets is told to who may see which there are`() async throws {
        try await Fixture.with { server in
            let secret: Value = ["name": "bank", "kind": "api_key", "fields": ["api_key": "k"], "reason": "hush"]
            #expect(try await server.call(.POST, "/api/v1/secrets", secret).status == 201)
            #expect(try await server.call(.POST, "/api/v1/item-queues", ["name": "orders"]).status == 201)
            for (role, mayLook) in [(Role.viewer, false), (.operator, false), (.developer, true)] {
                let actions = try await server.call(.GET, "/api/v1/actions", as: role).json["actions"]?.list ?? []
                let expected = mayLook ? ["item_queue.create", "secret.create"] : ["item_queue.create"]
                #expect(actions.compactMap { $0["action"]?.string } == expected, "\(role)")
                let asked = try await server.call(.GET, "/api/v1/actions?noun=secret", as: role)
                #expect(asked.status == (mayLook ? 200 : 403), "\(role): \(asked.json)")
                let named = try await server.call(.GET, "/api/v1/actions?subject=bank", as: role)
                #expect(named.json["actions"]?.list?.isEmpty == !mayLook, "\(role): \(named.json)")
            }
        }
    }

    @Test func `who may not use secrets writes no workflow that names one`() async throws {
        try await Fixture.with { server in
            let token = try await Self.clerk(server)
            let pushed = try await Self.post("/api/v1/workflows", ["document": Self.secretive], as: token, to: server)
            Self.expectRefusal(pushed, "push")
            let submitted = try await Self.post("/api/v1/jobs", ["document": Self.secretive], as: token, to: server)
            Self.expectRefusal(submitted, "submit a document")
            #expect(try await server.call(.GET, "/api/v1/workflows").json["workflows"] == [])
            let other = try await Self.post("/api/v1/workflows", ["document": Self.plain], as: token, to: server)
            #expect(other.status == 201, "\(other.json)")
        }
    }

    @Test func `who may not use secrets has no workflow run that names one, now or later`() async throws {
        try await Fixture.with { server in
            let token = try await Self.clerk(server)
            for document in [Self.secretive, Self.plain] {
                let pushed = try await server.call(.POST, "/api/v1/workflows", as: .operator, ["document": document])
                #expect(pushed.status == 201, "\(pushed.json)")
            }
            let job = try await server.call(.POST, "/api/v1/jobs", as: .operator, ["workflow": "pay"])
            #expect(job.status == 201, "\(job.json)")
            let id = try #require(job.json["job"]?["id"]?.string)
            try await RobotDeed.fail.perform(in: server.database)
            for (path, body) in Self.requests(of: "pay") {
                Self.expectRefusal(try await Self.post(path, body, as: token, to: server), path)
            }
            for (path, body) in Self.requests(of: "greet") {
                let allowed = try await Self.post(path, body, as: token, to: server)
                #expect(allowed.status == 201, "\(path): \(allowed.json)")
            }
            for path in ["/api/v1/jobs/\(id)/retry", "/api/v1/dlq/\(id)/retry"] {
                Self.expectRefusal(try await Self.post(path, [:], as: token, to: server), path)
            }
            let jobs = try await server.call(.GET, "/api/v1/jobs?workflow=pay").json["jobs"]?.list
            #expect(jobs?.count == 1)
            let retried = try await server.call(.POST, "/api/v1/jobs/\(id)/retry", as: .operator, [:])
            #expect(retried.status == 201, "\(retried.json)")
        }
    }
}
