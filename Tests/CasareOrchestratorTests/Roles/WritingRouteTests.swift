import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import HTTPTypes
import Testing

/// Each route, each role, each tenant, with requests that would do something: who may not changes nothing.
struct WritingRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let other = Tenant.ID(rawValue: 77)
    private static let clerk = Role.Name(rawValue: "clerk")!  // It is a role's name.

    private struct Caller: Sendable {
        let name: String
        let token: String
        let permissions: Set<Permission>
    }

    private static func addOther(to database: Database) async throws {
        try await database.asSystem { connection in
            _ = try connection.execute("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')")
        }
    }

    /// One for each role that is always there, and one of a role that may only look at work items.
    private static func callers(of tenant: Tenant.ID, in database: Database) async throws -> [Caller] {
        try await database.asTenant(tenant) { connection in
            let own = try CustomRole(name: self.clerk, description: nil, permissions: [.itemRead])
            _ = try RoleStore.create(own, by: "ann", on: connection)
            let roles =
                Role.allCases.map { (Role.Name($0), $0.permissions(in: tenant)) } + [(self.clerk, own.permissions)]
            return try roles.map { role, permissions in
                let name = "\(role) of \(tenant)"
                let text = try TokenStore.create(name: name, role: role, on: connection).text.reveal()
                return Caller(name: name, token: text, permissions: permissions)
            }
        }
    }

    private static func name(of route: Route) -> String { "\(route.method.rawValue) \(route.path)" }

    private static var guarded: [(route: Route, needed: [Permission])] {
        Orchestrator.routes.compactMap { route in
            guard !route.isRaw, case .anyOf(let needed) = route.access else { return nil }
            return (route, needed)
        }
    }

    /// What one of them asks for.
    private struct Attempt: Sendable, CustomStringConvertible {
        let route: Route
        let caller: Caller

        var description: String { "\(WritingRouteTests.name(of: self.route)) as \(self.caller.name)" }
    }

    private static func send(
        _ attempt: Attempt, _ things: RouteThings, to server: OrchestratorFixture
    ) async throws -> Fixture.Reply {
        let route = attempt.route
        let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
        let body = things.body(of: route)?.jsonText(.compact)
        return try await server.send(
            method, things.path(of: route), token: attempt.caller.token, body: body,
            headers: body == nil ? [:] : ["Content-Type": "application/json"])
    }

    private static func read<Body: Decodable & SendableMetatype>(
        _ type: Body.Type, _ bytes: [UInt8]
    ) throws(WireJSON.Failure) {
        _ = try WireJSON.decode(type, from: bytes, shape: RequestShape(of: type))
    }

    /// What the things are called does not matter to whoever reads the requests.
    private static let imagined = RouteThings(
        lease: Lease(job: Job.ID(rawValue: UUID()), token: Lease.Token(rawValue: 1)),
        session: Robot.SessionID(rawValue: 1), letter: "", item: "", operation: "", window: "", trigger: "")

    @Test func `the requests of these tests are such as each route takes`() {
        for (route, _) in Self.guarded {
            guard let type = route.bodyType, let body = Self.imagined.body(of: route) else { continue }
            do throws(WireJSON.Failure) {
                try Self.read(type, Array(body.jsonText(.compact).utf8))
            } catch {
                Issue.record("say in RouteThings.bodies what \(Self.name(of: route)) takes: \(error)")
            }
        }
    }

    @Test func `who lacks the permission is refused what would be done otherwise, and nothing changes`() async throws {
        try await Fixture.with { server in
            let things = try await RouteThings(server)
            try await Self.addOther(to: server.database)
            let callers =
                try await Self.callers(of: .default, in: server.database)
                + Self.callers(of: Self.other, in: server.database)
            var before: [Tenant.ID: [String: String]] = [:]
            for tenant in [Tenant.ID.default, Self.other] {
                before[tenant] = try await RouteThings.rows(of: tenant, in: server.database)
            }
            let attempts = Self.guarded.flatMap { route, needed in
                callers.filter { $0.permissions.isDisjoint(with: needed) }.map { Attempt(route: route, caller: $0) }
            }
            let replies = try await server.replies(to: attempts) { try await Self.send($0, things, to: server) }
            for (attempt, reply) in replies {
                #expect(
                    reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS",
                    "\(attempt): \(reply.status) \(reply.message)")
            }
            for (tenant, rows) in before {
                let after = try await RouteThings.rows(of: tenant, in: server.database)
                for (table, row) in rows { #expect(after[table] == row, "\(table) of tenant \(tenant) has changed") }
            }
        }
    }

    @Test func `who has every permission in another tenant changes and sees nothing of the first one`() async throws {
        try await Fixture.with { server in
            let things = try await RouteThings(server)
            try await Self.addOther(to: server.database)
            let callers = try await Self.callers(of: Self.other, in: server.database)
            let before = try await RouteThings.rows(of: .default, in: server.database)
            var notFound = 0
            for (route, needed) in Self.guarded {
                let attempts = callers.filter { !$0.permissions.isDisjoint(with: needed) }
                    .map { Attempt(route: route, caller: $0) }
                // What the one makes in their own tenant the other may find.
                let replies = try await server.replies(
                    to: attempts, atOnce: route.method == .get ? Fixture.requestsAtOnceMax : 1
                ) { try await Self.send($0, things, to: server) }
                for (attempt, reply) in replies {
                    #expect(reply.status != 500, "\(attempt): \(reply.json)")
                    #expect(!reply.json.jsonText(.compact).contains(RouteThings.mark), "\(attempt): \(reply.json)")
                    if reply.status == 404 { notFound += 1 }
                }
            }
            #expect(notFound > 100)
            let after = try await RouteThings.rows(of: .default, in: server.database)
            for (table, row) in before { #expect(after[table] == row, "\(table) of the first tenant has changed") }
            // They are there: the first tenant's own administrator finds them where the others did not.
            try await Self.expectFound(things, on: server)
        }
    }

    /// By the first tenant's administrator.
    private static func expectFound(_ things: RouteThings, on server: OrchestratorFixture) async throws {
        let token = try #require(server.tokens[.admin])
        // There is none of these.
        let absent = [
            "{step}", "{child}", "{owner}", "certificates", "enrolments", "backfills", "secret-providers",
        ]
        let looking = Self.guarded.map(\.route).filter { route in
            route.method == .get && route.path.hasPrefix("/api/") && route.path.contains("{")
                && route.access != .needs(.robotProtocol) && !absent.contains { route.path.contains($0) }
        }
        #expect(looking.count > 20)
        let replies = try await server.replies(to: looking) { route in
            try await server.send(.GET, things.path(of: route), token: token)
        }
        for (route, reply) in replies {
            #expect(
                reply.status < 500 && reply.status != 404 && reply.status != 403,
                "\(Self.name(of: route)): \(reply.status) \(reply.message)")
        }
    }
}
