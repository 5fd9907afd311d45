import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import Testing

/// Who may make what starts workflows by itself: whoever may run them.
struct StartingTests {
    private typealias Fixture = OrchestratorFixture

    private static let secretive = Fixture.document("pay", extraKey: "{{$secret:bank.password}}")
    private static let schedule: Value = ["cron": ["expression": "0 3 1 1 *"], "workflow": "orders"]
    private static let trigger: Value = ["webhook": ["auth": ["kind": "github"]], "workflow": "orders"]
    private static let policy: Value = ["every_seconds": 3600, "hook": "orders", "generate": "uuid"]
    private static let secret: Value = ["name": "bank", "kind": "api_key", "fields": ["api_key": "k"]]

    /// Of a role that may do everything with schedules, triggers and secrets, but for some permissions.
    private static func clerk(
        without missing: Set<Permission>, on server: OrchestratorFixture
    ) async throws -> String {
        try await server.database.asTenant(.default) { connection in
            let name = try #require(Role.Name(rawValue: "clerk"))
            let permissions = Role.operator.permissions(in: .default)
                .union([.credentialCreate, .credentialRead, .credentialUpdate]).subtracting(missing)
            _ = try RoleStore.create(
                CustomRole(name: name, description: nil, permissions: permissions), by: "ann", on: connection)
            return try TokenStore.create(name: "clerk", role: name, on: connection).text.reveal()
        }
    }

    private static func send(
        _ method: Fixture.HTTPMethodName, _ path: String, _ body: Value, as token: String,
        to server: OrchestratorFixture
    ) async throws -> Fixture.Reply {
        try await server.send(
            method, path, token: token, body: body.jsonText(.compact), headers: ["Content-Type": "application/json"])
    }

    private static func expectRefusal(_ reply: Fixture.Reply, _ permission: Permission, _ what: String) {
        #expect(reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS", "\(what): \(reply.json)")
        let named = reply.json["error"]?["details"]?["permissions"]
        #expect(named == [.string(permission.rawValue)], "\(what): \(reply.json)")
        #expect(reply.message.contains(permission.rawValue), "\(what): \(reply.message)")
    }

    /// What there is before: made by somebody who may.
    private static func make(on server: OrchestratorFixture) async throws {
        try await server.pushWorkflow("orders")
        let made: [(String, Value)] = [
            ("/api/v1/schedules", ["name": "nightly", "spec": Self.schedule]),
            ("/api/v1/triggers", ["name": "hook", "spec": Self.trigger]), ("/api/v1/secrets", Self.secret),
        ]
        for (path, body) in made {
            let reply = try await server.call(.POST, path, body)
            try #require(reply.status == 201, "\(path): \(reply.json)")
        }
    }

    private static let requests: [(method: Fixture.HTTPMethodName, path: String, body: Value)] = [
        (.POST, "/api/v1/schedules", ["name": "other", "spec": Self.schedule]),
        (.POST, "/api/v1/schedules", ["name": "other", "spec": Self.schedule, "paused": true]),
        (.PATCH, "/api/v1/schedules/nightly", ["spec": ["variables": ["v": 1]]]),
        (.POST, "/api/v1/schedules/nightly/trigger", [:]),
        (
            .POST, "/api/v1/schedules/nightly/backfills",
            ["from": "2025-01-01T00:00:00Z", "to": "2025-01-03T00:00:00Z"]
        ),
        (.POST, "/api/v1/triggers", ["name": "other", "spec": Self.trigger]),
        (.PATCH, "/api/v1/triggers/hook", ["spec": ["variables": ["v": 1]]]),
        (.POST, "/api/v1/triggers/hook/secret", [:]),
        (
            .POST, "/api/v1/secrets",
            ["name": "other", "kind": "api_key", "fields": ["api_key": "k"], "rotation": Self.policy]
        ),
        (.PATCH, "/api/v1/secrets/bank", ["rotation": Self.policy]),
    ]

    @Test func `who may not run workflows makes nothing that runs them, and changes nothing of it`() async throws {
        try await Fixture.with { server in
            try await Self.make(on: server)
            let token = try await Self.clerk(without: [.workflowExecute], on: server)
            let before = try await RouteThings.rows(of: .default, in: server.database)
            for (method, path, body) in Self.requests {
                let reply = try await Self.send(method, path, body, as: token, to: server)
                Self.expectRefusal(reply, .workflowExecute, "\(method) \(path)")
            }
            let after = try await RouteThings.rows(of: .default, in: server.database)
            for (table, rows) in before { #expect(after[table] == rows, "\(table) has changed") }
        }
    }

    @Test func `who may run workflows makes what runs them`() async throws {
        try await Fixture.with { server in
            try await Self.make(on: server)
            let token = try await Self.clerk(without: [], on: server)
            var names = 0
            for (method, path, body) in Self.requests {
                names += 1
                var named = body
                if let object = body.object, object["name"] != nil {
                    named = .object(object.merging(["name": .string("other-\(names)")]))
                }
                let reply = try await Self.send(method, path, named, as: token, to: server)
                #expect((200...201).contains(reply.status), "\(method) \(path): \(reply.json)")
            }
        }
    }

    @Test func `what starts nothing needs no right to run workflows`() async throws {
        try await Fixture.with { server in
            try await Self.make(on: server)
            let token = try await Self.clerk(without: [.workflowExecute], on: server)
            let allowed: [(Fixture.HTTPMethodName, String, Value)] = [
                (.POST, "/api/v1/schedules/nightly/pause", [:]), (.POST, "/api/v1/triggers/hook/pause", [:]),
                (.PATCH, "/api/v1/secrets/bank", ["description": "of the bank"]),
                (.PATCH, "/api/v1/secrets/bank", ["rotation": ["every_seconds": 3600]]),
                (.PATCH, "/api/v1/secrets/bank", ["rotation": .null]),
                (
                    .POST, "/api/v1/secrets",
                    [
                        "name": "other", "kind": "api_key", "fields": ["api_key": "k"],
                        "rotation": ["every_seconds": 3600],
                    ]
                ),
            ]
            for (method, path, body) in allowed {
                let reply = try await Self.send(method, path, body, as: token, to: server)
                #expect((200...201).contains(reply.status), "\(method) \(path): \(reply.json)")
            }
        }
    }

    @Test func `a robot starts no stored workflow that the version of its job does not name`() async throws {
        try await Fixture.with { server in
            let things = try await RouteThings(server)
            let before = try await server.call(.GET, "/api/v1/jobs").json["jobs"]?.list?.count
            for name in ["orders", "nowhere"] {
                let body: Value = [
                    "token": .int(Int(things.lease.token.rawValue)), "step": 0, "workflow": .string(name),
                    "variables": [:],
                ]
                let reply = try await server.call(
                    .POST, "/api/v1/jobs/\(things.lease.job)/children", as: .robot, body)
                #expect(reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS", "\(reply.json)")
                #expect(reply.json["error"]?["field"] == "workflow" && reply.message.contains("the workflow \(name)"))
            }
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"]?.list?.count == before)
        }
    }

    @Test func `the version that is started decides whether secrets are used, of a hook, too`() async throws {
        try await Fixture.with { server in
            // Its newest version names none any more.
            for document in [Self.secretive, Fixture.document("pay")] {
                let pushed = try await server.call(.POST, "/api/v1/workflows", ["document": document])
                try #require(pushed.status == 201, "\(pushed.json)")
            }
            let token = try await Self.clerk(without: [.credentialUse], on: server)
            func create(version: Int) async throws -> Fixture.Reply {
                let spec: Value = [
                    "webhook": ["auth": ["kind": "github"]], "workflow": "pay", "workflow_version": .int(version),
                ]
                return try await Self.send(
                    .POST, "/api/v1/triggers", ["name": "hook", "spec": spec], as: token, to: server)
            }
            Self.expectRefusal(try await create(version: 1), .credentialUse, "version 1")
            let newest = try await create(version: 2)
            #expect(newest.status == 201, "\(newest.json)")
            let again = try await server.call(.POST, "/api/v1/workflows", ["document": Self.secretive])
            try #require((200...201).contains(again.status), "\(again.json)")
            let secret: Value = [
                "name": "bank", "kind": "api_key", "fields": ["api_key": "k"],
                "rotation": ["every_seconds": 3600, "hook": "pay", "generate": "uuid"],
            ]
            let refused = try await Self.send(.POST, "/api/v1/secrets", secret, as: token, to: server)
            Self.expectRefusal(refused, .credentialUse, "hook")
        }
    }
}
