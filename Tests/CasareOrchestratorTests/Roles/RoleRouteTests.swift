import CasareClient
import CasareDomain
import CasareStore
import CasareWire
import Testing

@testable import CasareOrchestrator

/// Roles over HTTP, and what the caller is told of their own.
struct RoleRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/roles"
    private static let clerk = Role.Name(rawValue: "clerk")!  // It is a role's name.

    /// The text of a token with a role of these permissions.
    private static func token(_ role: String, _ permissions: [String], of server: Fixture) async throws -> String {
        let created = try await server.call(
            .POST, Self.path, ["name": .string(role), "permissions": .list(permissions.map(Value.string))])
        #expect(created.status == 201, "\(created.message)")
        let name = try #require(Role.Name(rawValue: role))
        return try await server.database.asTenant(.default) { connection in
            try TokenStore.create(name: "a \(role)", role: name, on: connection).text.reveal()
        }
    }

    @Test func `a role is created, listed, changed and deleted`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                let created = try await client.createRole(
                    CreateRoleRequest(name: Self.clerk, description: "Adds items.", permissions: ["item.*"]))
                #expect(created.permissions == ["item.create", "item.read", "item.update", "item.delete"])
                #expect(created.createdBy == "the admin" && !created.isBuiltIn && created.description == "Adds items.")
                let listed = try await client.roles()
                #expect(
                    listed.roles.map(\.name.rawValue)
                        == ["viewer", "operator", "developer", "admin", "robot", "clerk"])
                #expect(listed.roles.prefix(5).allSatisfy { $0.isBuiltIn && $0.createdAt == nil })
                let less = try await client.updateRole(
                    Self.clerk, UpdateRoleRequest(description: .remove, add: ["queue.read"], remove: ["item.delete"]))
                #expect(less.permissions == ["queue.read", "item.create", "item.read", "item.update"])
                #expect(less.description == nil)
                let other = try await client.updateRole(Self.clerk, UpdateRoleRequest(permissions: ["audit.read"]))
                #expect(other.permissions == ["audit.read"])
                let shown = try await client.role(Self.clerk)
                #expect(shown == other)
                _ = try await client.deleteRole(Self.clerk)
                let gone = try await server.call(.GET, "\(Self.path)/clerk")
                #expect(gone.status == 404)
            }
        }
    }

    @Test func `roles are listed page by page`() async throws {
        try await Fixture.with { server in
            for name in ["b", "a", "zed"] { _ = try await Self.token(name, ["item.read"], of: server) }
            try await server.withClient(.viewer) { client in
                var names: [String] = []
                var cursor: String?
                repeat {
                    let page = try await client.roles(limit: 2, cursor: cursor)
                    #expect(page.roles.count <= 2)
                    names += page.roles.map(\.name.rawValue)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(names == ["viewer", "operator", "developer", "admin", "robot", "a", "b", "zed"])
                // The role of a cursor may be gone.
                let rest = try await client.roles(cursor: "b2")
                #expect(rest.roles.map(\.name.rawValue) == ["zed"])
            }
            let odd = try await server.call(.GET, "\(Self.path)?cursor=No%20Role")
            #expect(odd.status == 400 && odd.json["error"]?["field"] == "cursor")
        }
    }

    @Test func `what cannot be a role is refused by its member`() async throws {
        let cases: [(Value, Int, String)] = [
            (["name": "The Clerk", "permissions": ["item.read"]], 422, "name"),
            (["name": "admin", "permissions": ["item.read"]], 422, "name"),
            (["name": "clerk", "permissions": []], 422, "permissions"),
            (["name": "clerk", "permissions": ["item.read", "item.reed"]], 422, "permissions[1]"),
            (["name": "clerk", "permissions": ["vault.rekey"]], 422, "permissions"),
            (["name": "clerk", "permissions": .list(Array(repeating: "item.read", count: 201))], 422, "permissions"),
        ]
        try await Fixture.with { server in
            for (body, status, field) in cases {
                let reply = try await server.call(.POST, Self.path, body)
                #expect(reply.status == status && reply.json["error"]?["field"] == .string(field), "\(reply.json)")
            }
            _ = try await Self.token("clerk", ["item.read"], of: server)
            let again = try await server.call(.POST, Self.path, ["name": "clerk", "permissions": ["item.read"]])
            #expect(again.status == 409)
            let nothing = try await server.call(.PATCH, "\(Self.path)/clerk", ["remove": ["item.read"]])
            #expect(nothing.status == 422 && nothing.json["error"]?["field"] == "permissions", "\(nothing.json)")
            let used = try await server.call(.DELETE, "\(Self.path)/clerk")
            #expect(used.status == 409 && used.message.contains("a clerk"), "\(used.message)")
            let change: Value = ["add": ["item.create"]]
            for method in [Fixture.HTTPMethodName.PATCH, .DELETE] {
                let fixed = try await server.call(
                    method, "\(Self.path)/viewer", method == .PATCH ? change : nil)
                #expect(fixed.status == 409, "\(fixed.message)")
            }
        }
    }

    @Test func `nobody gives what they do not have`() async throws {
        try await Fixture.with { server in
            let keeper = try await Self.token("keeper", ["role.manage", "role.read", "item.read"], of: server)
            func send(_ method: Fixture.HTTPMethodName, _ path: String, _ body: Value) async throws -> Fixture.Reply {
                try await server.send(
                    method, path, token: keeper, body: body.jsonText(.compact),
                    headers: ["Content-Type": "application/json"])
            }
            let more = try await send(
                .POST, Self.path, ["name": "more", "permissions": ["item.read", "token.create", "credential.reveal"]])
            #expect(more.status == 403 && more.message.contains("credential.reveal, token.create"), "\(more.message)")
            let same = try await send(.POST, Self.path, ["name": "same", "permissions": ["item.read"]])
            #expect(same.status == 201)
            let added = try await send(.PATCH, "\(Self.path)/same", ["add": ["credential.reveal"]])
            #expect(added.status == 403)
            let own = try await send(.PATCH, "\(Self.path)/keeper", ["add": ["tenant.settings"]])
            #expect(own.status == 403)
            let kept = try await server.call(.GET, "\(Self.path)/keeper")
            #expect(kept.json["permissions"] == ["item.read", "role.read", "role.manage"])
            // What a role has already can stay, and go.
            _ = try await server.call(.PATCH, "\(Self.path)/same", ["add": ["credential.reveal"]])
            let words = try await send(.PATCH, "\(Self.path)/same", ["description": "Mine."])
            #expect(words.status == 200)
            let less = try await send(.PATCH, "\(Self.path)/same", ["remove": ["credential.reveal"]])
            #expect(less.status == 200 && less.json["permissions"] == ["item.read"])
        }
    }

    @Test func `a token of a role of its own does that and no more`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let starter = try await Self.token("starter", ["workflow.execute", "operation.create"], of: server)
            func post(_ path: String, _ body: Value) async throws -> Fixture.Reply {
                try await server.send(
                    .POST, path, token: starter, body: body.jsonText(.compact),
                    headers: ["Content-Type": "application/json"])
            }
            let job = try await post("/api/v1/jobs", ["workflow": "invoices"])
            #expect(job.status == 201, "\(job.message)")
            let id = try #require(job.json["job"]?["id"])
            #expect(try await server.send(.GET, "/api/v1/jobs", token: starter).status == 403)
            // What comes along in a submit is pushed, and an operation does what it does.
            let inline = try await post("/api/v1/jobs", ["document": Fixture.document("mine")])
            #expect(inline.status == 403 && inline.message.contains("workflow.publish"), "\(inline.message)")
            let batch = try await post("/api/v1/jobs/batch", ["jobs": [["document": Fixture.document("mine")]]])
            #expect(batch.status == 403)
            let cancelling: Value = ["verb": "cancel", "selection": ["ids": [id]]]
            for path in ["/api/v1/operations", "/api/v1/operations/preview"] {
                let reply = try await post(path, cancelling)
                #expect(reply.status == 403 && reply.message.contains("execution.cancel"), "\(reply.message)")
            }
            let workflows = try await server.call(.GET, "/api/v1/workflows")
            #expect(workflows.json["workflows"]?.list?.count == 1)
        }
    }

    @Test func `whoever pushes needs to create for a new name, and to update for another version`() async throws {
        try await Fixture.with { server in
            let creator = try await Self.token("creator", ["workflow.publish", "workflow.create"], of: server)
            let editor = try await Self.token("editor", ["workflow.publish", "workflow.update"], of: server)
            func push(_ token: String, _ name: String, _ note: String) async throws -> Int {
                let body: Value = ["document": Fixture.document(name, extraKey: note)]
                return try await server.send(
                    .POST, "/api/v1/workflows", token: token, body: body.jsonText(.compact),
                    headers: ["Content-Type": "application/json"]
                ).status
            }
            #expect(try await push(editor, "w", "1") == 403)
            #expect(try await push(creator, "w", "1") == 201)
            #expect(try await push(creator, "w", "2") == 403)
            // What is there already is pushed by anybody who may push.
            #expect(try await push(creator, "w", "1") == 200)
            #expect(try await push(editor, "w", "2") == 201)
            let versions = try await server.call(.GET, "/api/v1/workflows/w/versions")
            #expect(versions.json["versions"]?.list?.count == 2)
        }
    }

    // MARK: - The caller's own

    @Test func `the caller is told who they are and what they may do`() async throws {
        try await Fixture.with { server in
            for role in Role.allCases {
                let reply = try await server.call(.GET, "/api/v1/auth/me", as: role)
                #expect(reply.json["name"] == .string("the \(role.rawValue)") && reply.json["kind"] == "token")
                #expect(reply.json["role"] == .string(role.rawValue) && reply.json["tenant"] == 1)
                #expect(
                    reply.json["permissions"]
                        == .list(role.permissions(in: .default).inOrder.map { .string($0.rawValue) }))
            }
        }
    }

    @Test func `whether somebody may do something is answered with a reason`() async throws {
        try await Fixture.with { server in
            let cases: [(Role, Permission, Bool, String)] = [
                (.viewer, .executionRead, true, "the role viewer includes it"),
                (.viewer, .workflowExecute, false, "operator, developer, admin do"),
                (.operator, .vaultRekey, false, "admin does"),
                (.admin, .vaultRekey, true, "the role admin includes it"),
                (.robot, .robotProtocol, true, "the role robot includes it"),
            ]
            for (role, permission, isAllowed, reason) in cases {
                try await server.withClient(role) { client in
                    let answer = try await client.canI(permission.rawValue)
                    #expect(answer.allowed == isAllowed && answer.why.contains(reason), "\(answer.why)")
                    #expect(answer.permission == permission.rawValue)
                }
            }
            let odd = try await server.call(.POST, "/api/v1/auth/can-i", ["permission": "job.cancle"])
            #expect(odd.status == 422 && odd.json["error"]?["field"] == "permission", "\(odd.json)")
        }
    }

    @Test func `a scope, a tenant and a robot are reasons, too`() {
        let scoped = Principal(tenant: .default, name: "ann", kind: .token, role: .admin, scopes: [.itemRead])
        #expect(scoped.reason(about: .itemCreate) == "it is not among the scopes that ann has")
        let elsewhere = Principal(tenant: .init(rawValue: 2), name: "ann", kind: .token, role: .admin)
        #expect(elsewhere.reason(about: .vaultRekey).contains("the tenant default"))
        let robot = Principal(
            tenant: .default, name: "r", kind: .token, role: .robot, robot: Robot.ID(rawValue: "r1"))
        #expect(robot.reason(about: .robotProtocol) == "the role robot includes it, for robot r1 alone")
    }
}
