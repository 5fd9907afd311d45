import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import FoundationEssentials
import HTTPTypes
import Testing

/// Each route, each role, each tenant.
struct PermissionTableTests {
    private typealias Fixture = OrchestratorFixture

    /// What anybody reaches, with a token or without.
    private static let open: Set<String> = [
        "GET /health/live", "GET /health/ready", "GET /openapi.json", "GET /api/v1/auth/methods", "GET /hooks/{id}",
        "POST /hooks/{id}", "PUT /hooks/{id}", "PATCH /hooks/{id}", "DELETE /hooks/{id}",
        "POST /api/v1/enrol", "GET /api/v1/ca",
    ]

    /// What every caller reaches who may do anything at all.
    private static let ofEveryCaller: Set<String> = ["GET /api/v1/auth/me", "POST /api/v1/auth/can-i"]

    private static let clerk = Role.Name(rawValue: "clerk")!  // It is a role's name.
    private static let clerkPermissions: Set<Permission> = [.itemRead, .itemCreate, .executionRead]
    private static let other = Tenant.ID(rawValue: 77)

    private struct Caller: Sendable {
        let name: String
        let token: String
        let permissions: Set<Permission>
    }

    /// One for each role that is always there, one of a role of its own, and one cut down to a scope.
    private static func callers(of tenant: Tenant.ID, in database: Database) async throws -> [Caller] {
        try await database.asTenant(tenant) { connection in
            let own = try CustomRole(name: self.clerk, description: nil, permissions: self.clerkPermissions)
            _ = try RoleStore.create(own, by: "ann", on: connection)
            var callers: [Caller] = []
            for role in Role.allCases {
                let name = "\(role.rawValue) of \(tenant)"
                callers.append(
                    Caller(
                        name: name,
                        token: try TokenStore.create(name: name, role: Role.Name(role), on: connection).text.reveal(),
                        permissions: role.permissions(in: tenant)))
            }
            let name = "clerk of \(tenant)"
            callers.append(
                Caller(
                    name: name,
                    token: try TokenStore.create(name: name, role: self.clerk, on: connection).text.reveal(),
                    permissions: self.clerkPermissions))
            let scoped = NewToken(name: "scoped of \(tenant)", role: .operator, scopes: [.executionRead, .auditRead])
            callers.append(
                Caller(
                    name: scoped.name, token: try TokenStore.create(scoped, by: "ann", on: connection).text.reveal(),
                    // The role has no more than that of the scopes.
                    permissions: [.executionRead]))
            return callers
        }
    }

    private static func addOther(to database: Database) async throws {
        try await database.asSystem { connection in
            _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
        }
    }

    private static func path(of route: Route) -> String {
        route.path.replacing("{id}", with: "0197f3a0-0000-7000-8000-000000000001")
            .replacing("{session}", with: "1").replacing("{version}", with: "1").replacing("{child}", with: "1")
            .replacing("{", with: "").replacing("}", with: "")
    }

    private static func name(of route: Route) -> String { "\(route.method.rawValue) \(route.path)" }

    @Test func `each route needs one permission, and few are open`() {
        var names: Set<String> = []
        for route in Orchestrator.routes {
            let name = Self.name(of: route)
            #expect(names.insert(name).inserted, "\(name) is there twice")
            switch route.access {
            case .everyone: #expect(Self.open.contains(name), "\(name) is open to everyone")
            case _ where route.access == .anyCaller:
                #expect(Self.ofEveryCaller.contains(name), "\(name) is open to every caller")
            case .anyOf(let permissions):
                // Some are of the robot's protocol, too.
                let own = permissions.count == 1 ? permissions : permissions.filter { $0 != .robotProtocol }
                #expect(own.count == 1 && permissions.count <= 2, "\(name) needs any of \(permissions)")
            }
        }
        #expect(Self.ofEveryCaller.isSubset(of: names))
    }

    @Test func `every caller is let in where they may be, and nowhere else`() async throws {
        try await Fixture.with { server in
            try await Self.addOther(to: server.database)
            let callers =
                try await Self.callers(of: .default, in: server.database)
                + Self.callers(of: Self.other, in: server.database)
            for route in Orchestrator.routes where !route.isRaw {
                guard case .anyOf(let needed) = route.access else { continue }
                let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
                // A parameter that no route has is refused right behind the permission: nothing is ever done.
                let path = Self.path(of: route) + "?no_such=1"
                for caller in callers {
                    let reply = try await server.send(method, path, token: caller.token)
                    if caller.permissions.isDisjoint(with: needed) {
                        #expect(
                            reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS",
                            "\(Self.name(of: route)) as \(caller.name): \(reply.status)")
                        #expect(reply.message.contains(caller.name), "\(reply.message)")
                    } else {
                        #expect(
                            reply.status == 400 && reply.json["error"]?["field"] == "no_such",
                            "\(Self.name(of: route)) as \(caller.name): \(reply.status) \(reply.message)")
                    }
                }
            }
        }
    }

    @Test func `what one tenant has, no route shows to the administrator of another`() async throws {
        try await Fixture.with { server in
            try await Self.addOther(to: server.database)
            let stranger = try await Self.callers(of: Self.other, in: server.database)
            let token = try #require(stranger.first { $0.name.hasPrefix("admin") }?.token)
            // Everything that is named is named so.
            let mark = "only-mine"
            try await server.pushWorkflow(mark)
            let job = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": .string(mark), "environment": .string(mark)])
            let id = try #require(job.json["job"]?["id"]?.string, "\(job.json)")
            let made: [(Fixture.HTTPMethodName, String, Value)] = [
                (.PUT, "/api/v1/calendars/\(mark)", ["spec": [:]]),
                (.POST, "/api/v1/roles", ["name": .string(mark), "permissions": ["item.read"]]),
                (.POST, "/api/v1/item-queues", ["name": .string(mark)]),
                (.POST, "/api/v1/robots", ["id": .string(mark)]),
                (.POST, "/api/v1/tokens", ["name": .string(mark), "role": "viewer"]),
                (.PUT, "/api/v1/selections/\(mark)", ["selection": ["jobs": ["workflow": .string(mark)]]]),
                (.POST, "/api/v1/queues/\(mark)/pause", ["reason": .string(mark)]),
                (.POST, "/api/v1/item-queues/\(mark)/items", ["items": [["reference": .string(mark)]]]),
            ]
            for (method, path, body) in made {
                let reply = try await server.call(method, path, body)
                #expect((200..<300).contains(reply.status), "\(path): \(reply.message)")
            }
            let looking = Orchestrator.routes.filter { route in
                route.method == .get && !route.isRaw && route.access != .everyone
                    && route.mediaTypes == ["application/json"]
            }
            // Lists first: what is asked for by name may be on record afterwards as having been asked for.
            for route in looking where !route.path.contains("{") {
                let reply = try await server.send(.GET, route.path, token: token)
                #expect(!reply.json.jsonText(.compact).contains(mark), "\(route.path) shows what is another tenant's")
            }
            for route in looking where route.path.contains("{") {
                func path(_ name: String, _ id: String) -> String {
                    route.path.replacing("{id}", with: route.path.contains("/jobs/") ? id : name)
                        .replacing("{session}", with: "1").replacing("{version}", with: "1")
                        .replacing("{child}", with: id).replacing(#/\{[a-z_]+\}/#, with: name)
                }
                // What is another tenant's is as if it were not there.
                let theirs = try await server.send(.GET, path(mark, id), token: token)
                let nobodys = try await server.send(
                    .GET, path("nobodys", "0197f3a0-0000-7000-8000-000000000001"), token: token)
                #expect(
                    theirs.status == nobodys.status && theirs.status < 500,
                    "\(path(mark, id)): \(theirs.status), and \(nobodys.status) for what is not there")
            }
        }
    }
}
