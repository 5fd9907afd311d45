import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import HTTPTypes
import Testing

struct TenantRouteTests {
    private typealias Fixture = OrchestratorFixture

    /// A tenant of its own, and its administrator's token.
    private static func create(
        _ name: String = "acme", _ more: Object = [:], on server: OrchestratorFixture
    ) async throws -> String {
        let body: Object = ["name": .string(name)]
        let reply = try await server.call(.POST, "/api/v1/tenants", .object(body.merging(more)))
        #expect(reply.status == 201, "\(reply.json)")
        return try #require(reply.json["token"]?.string)
    }

    @Test func `a tenant is made with the token of its administrator, who sees it and nothing else`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("mine")
            let token = try await Self.create("acme", ["display_name": "Acme", "tier": "trial"], on: server)
            let own = try await server.send(.GET, "/api/v1/tenant", token: token)
            #expect(own.status == 200 && own.json["name"] == "acme" && own.json["tier"] == "trial")
            #expect(own.json["quotas"]?["robots"] == 2)
            let workflows = try await server.send(.GET, "/api/v1/workflows", token: token)
            #expect(workflows.json["workflows"]?.list == [])
            let list = try await server.call(.GET, "/api/v1/tenants")
            #expect(list.json["tenants"]?.list?.compactMap { $0["name"]?.string } == ["acme", "default"])
            let twice = try await server.call(.POST, "/api/v1/tenants", ["name": "acme"])
            #expect(twice.status == 409)
        }
    }

    @Test func `only administrators of the tenant that rules may, and not those of others`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let calls: [(Fixture.HTTPMethodName, String, Value?)] = [
                (.GET, "/api/v1/tenants", nil), (.GET, "/api/v1/tenants/default", nil),
                (.POST, "/api/v1/tenants", ["name": "other"]),
                (.PATCH, "/api/v1/tenants/default", ["display_name": "x"]),
                (.PUT, "/api/v1/tenants/default/quotas", [:]), (.POST, "/api/v1/tenants/acme/suspend", [:]),
                (.POST, "/api/v1/tenants/acme/resume", [:]), (.DELETE, "/api/v1/tenants/acme", nil),
                (.GET, "/api/v1/tenants/acme/usage", nil),
            ]
            for (method, path, body) in calls {
                let text = body?.jsonText(.compact)
                let theirs = try await server.send(
                    method, path, token: token, body: text, headers: ["Content-Type": "application/json"])
                #expect(theirs.status == 403, "\(method) \(path): \(theirs.json)")
                for role in [Role.viewer, .operator, .developer, .robot] {
                    #expect(try await server.call(method, path, as: role, body).status == 403, "\(method) \(path)")
                }
            }
            #expect(try await server.call(.GET, "/api/v1/tenants/acme").json["status"] == "active")
        }
    }

    @Test func `the database of all tenants is told of to the tenant that rules alone`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let theirs = try await server.send(.GET, "/api/v1/doctor/db", token: token)
            #expect(theirs.status == 403 && theirs.message.contains("all tenants"), "\(theirs.json)")
            #expect(try await server.call(.GET, "/api/v1/doctor/db").status == 200)
        }
    }

    @Test func `those who run the installation say how long a tenant's audit log is kept, and not the tenant`()
        async throws
    {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let own = try await server.send(
                .PATCH, "/api/v1/tenant", token: token, body: #"{"audit_days":1}"#,
                headers: ["Content-Type": "application/json"])
            #expect(own.status == 403, "\(own.json)")
            let set = try await server.call(.PATCH, "/api/v1/tenants/acme", ["audit_days": 90])
            #expect(set.json["audit_days"] == 90, "\(set.json)")
            let other = try await server.call(.PATCH, "/api/v1/tenants/acme", ["display_name": "Acme"])
            #expect(other.json["audit_days"] == 90)
            let back = try await server.call(.PATCH, "/api/v1/tenants/acme", ["audit_days": .null])
            #expect(back.status == 200 && back.json["audit_days"]?.int == nil, "\(back.json)")
            let wrong = try await server.call(.PATCH, "/api/v1/tenants/acme", ["audit_days": -1])
            #expect(wrong.status == 422)
        }
    }

    @Test func `a first administrator is not called as callers are who show something else`() async throws {
        try await Fixture.with { server in
            let refused = try await server.call(.POST, "/api/v1/tenants", ["name": "acme", "admin": "oidc:ann"])
            #expect(refused.status == 422 && refused.json["error"]?["field"] == "admin", "\(refused.json)")
            #expect(try await server.call(.GET, "/api/v1/tenants/acme").status == 404)
        }
    }

    @Test func `the callers of a suspended tenant are turned away, and let in again`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let suspended = try await server.call(.POST, "/api/v1/tenants/acme/suspend", ["reason": "unpaid"])
            #expect(suspended.json["status"] == "suspended" && suspended.json["status_reason"] == "unpaid")
            let refused = try await server.send(.GET, "/api/v1/workflows", token: token)
            #expect(refused.status == 403 && refused.code == "TENANT_SUSPENDED", "\(refused.json)")
            #expect(try await server.call(.GET, "/api/v1/workflows").status == 200)
            _ = try await server.call(.POST, "/api/v1/tenants/acme/resume", [:])
            #expect(try await server.send(.GET, "/api/v1/workflows", token: token).status == 200)
            #expect(try await server.call(.POST, "/api/v1/tenants/default/suspend", [:]).status == 409)
        }
    }

    @Test func `in a suspended tenant no route answers but those by which robots end what they run`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let made = try await server.send(
                .POST, "/api/v1/tokens", token: token, body: #"{"name": "r", "role": "robot"}"#,
                headers: ["Content-Type": "application/json"])
            let robot = try #require(made.json["token"]?.string, "\(made.json)")
            #expect(try await server.send(.GET, "/api/v1/auth/me", token: token).status == 200)
            #expect(try await server.call(.POST, "/api/v1/tenants/acme/suspend", [:]).status == 200)
            for route in Orchestrator.routes where !route.isRaw {
                guard case .anyOf(let needed) = route.access else { continue }
                let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
                // What is let through is refused for the parameter.
                let path = route.path.replacing(#/\{[a-z_]+\}/#, with: "1") + "?no_such=1"
                let ofRobots = needed == [.robotProtocol]
                let admins = try await server.send(method, path, token: token)
                if !ofRobots, !needed.allSatisfy(\.isOfInstallation) {
                    #expect(
                        admins.status == 403 && admins.code == "TENANT_SUSPENDED",
                        "\(method) \(route.path): \(admins.json)")
                }
                let robots = try await server.send(method, path, token: robot)
                if needed.contains(.robotProtocol), route.access != .anyCaller {
                    #expect(robots.json["error"]?["field"] == "no_such", "\(method) \(route.path): \(robots.json)")
                } else {
                    #expect(robots.status == 403, "\(method) \(route.path): \(robots.json)")
                }
            }
            // Who runs the installation sees why, and lifts it.
            #expect(try await server.call(.GET, "/api/v1/tenants/acme").json["status"] == "suspended")
            #expect(try await server.call(.POST, "/api/v1/tenants/acme/resume", [:]).status == 200)
            #expect(try await server.send(.GET, "/api/v1/auth/me", token: token).status == 200)
        }
    }

    @Test func `a quota that is used up says which, how much there is, and how to make room`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            let quotas = try await server.call(
                .PUT, "/api/v1/tenants/acme/quotas", ["quotas": ["workflows": 0, "executions_per_hour": 0]])
            #expect(quotas.json["quotas"]?["workflows"] == 0, "\(quotas.json)")
            let push: Value = ["document": Fixture.document("orders")]
            let refused = try await server.send(
                .POST, "/api/v1/workflows", token: token, body: push.jsonText(.compact),
                headers: ["Content-Type": "application/json"])
            #expect(refused.status == 403 && refused.code == "QUOTA_EXCEEDED", "\(refused.json)")
            let details = refused.json["error"]?["details"]
            #expect(details?["quota"] == "workflows" && details?["limit"] == 0 && details?["used"] == 0)
            let usage = try await server.call(.GET, "/api/v1/tenants/acme/usage")
            #expect(usage.json["lines"]?.list?.first { $0["quota"] == "workflows" }?["limit"] == 0, "\(usage.json)")
            let negative = try await server.call(.PUT, "/api/v1/tenants/acme/quotas", ["quotas": ["robots": -1]])
            #expect(negative.status == 422)
            _ = try await server.call(.PUT, "/api/v1/tenants/acme/quotas", [:])
            let pushed = try await server.send(
                .POST, "/api/v1/workflows", token: token, body: push.jsonText(.compact),
                headers: ["Content-Type": "application/json"])
            #expect(pushed.status == 201, "\(pushed.json)")
        }
    }

    @Test func `a quota that frees itself says when to try again`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("orders")
            _ = try await server.call(
                .PUT, "/api/v1/tenants/default/quotas", ["quotas": ["executions_per_hour": 1]])
            let submit: Value = ["workflow": "orders"]
            #expect(try await server.call(.POST, "/api/v1/jobs", as: .operator, submit).status == 201)
            let refused = try await server.call(.POST, "/api/v1/jobs", as: .operator, submit)
            #expect(refused.status == 429 && refused.code == "QUOTA_EXCEEDED_FOR_NOW", "\(refused.json)")
            #expect(refused.headers["retry-after"].flatMap(Int.init).map { (1...3600).contains($0) } == true)
        }
    }

    @Test func `a tenant is deleted by two persons where its own settings say so`() async throws {
        try await Fixture.with { server in
            _ = try await Self.create(on: server)
            _ = try await server.call(.PATCH, "/api/v1/tenants/acme", ["requires_approval": true])
            let asked = try await server.call(.DELETE, "/api/v1/tenants/acme?reason=left")
            #expect(asked.status == 409 && asked.code == "APPROVAL_REQUIRED", "\(asked.json)")
            let id = try #require(asked.json["error"]?["details"]?["approval_id"]?.string)
            #expect(try await server.call(.GET, "/api/v1/tenants/acme").json["status"] == "active")
            let shown = try await server.call(.GET, "/api/v1/approvals/\(id)", as: .operator)
            #expect(shown.json["detail"]?.string?.hasPrefix("undo_seconds=") == true, "\(shown.json)")
            // The one who asked cannot agree himself.
            let alone = try await server.call(.POST, "/api/v1/approvals/\(id)/approve", [:])
            #expect(alone.status == 409, "\(alone.json)")
            let agreed = try await server.call(.POST, "/api/v1/approvals/\(id)/approve", as: .operator, [:])
            #expect(agreed.json["status"] == "approved", "\(agreed.json)")
            let deleted = try await server.call(.DELETE, "/api/v1/tenants/acme?reason=left")
            #expect(deleted.status == 200 && deleted.json["status"] == "deleting", "\(deleted.json)")
            // To turn it off takes two persons, too, or a reason that everybody sees.
            let off = try await server.call(.PATCH, "/api/v1/tenants/acme", ["requires_approval": false])
            #expect(off.code == "APPROVAL_REQUIRED")
            let broken = try await server.call(
                .PATCH, "/api/v1/tenants/acme",
                ["requires_approval": false, "break_glass": true, "reason": "nobody else is there"])
            #expect(broken.json["requires_approval"] == false, "\(broken.json)")
        }
    }

    @Test func `the callers of a tenant that is being deleted are turned away, and let in when that is undone`()
        async throws
    {
        try await Fixture.with { server in
            let token = try await Self.create(on: server)
            #expect(try await server.send(.GET, "/api/v1/workflows", token: token).status == 200)
            let deleted = try await server.call(.DELETE, "/api/v1/tenants/acme?undo_seconds=3600")
            #expect(deleted.json["status"] == "deleting", "\(deleted.json)")
            let refused = try await server.send(.GET, "/api/v1/workflows", token: token)
            #expect(refused.status == 403 && refused.code == "TENANT_SUSPENDED", "\(refused.json)")
            _ = try await server.call(.POST, "/api/v1/tenants/acme/resume", [:])
            #expect(try await server.send(.GET, "/api/v1/workflows", token: token).status == 200)
        }
    }

    @Test func `who does not wait for a second person stands in the audit log as an alert, whatever it was`()
        async throws
    {
        try await Fixture.with { server in
            _ = try await Self.create(on: server)
            let made = try await server.call(
                .POST, "/api/v1/secrets",
                ["name": "a", "kind": "username_password", "fields": ["username": "ann", "password": "hunter2"]])
            try #require(made.status == 201, "\(made.json)")
            for tenant in ["acme", "default"] {
                let asked = try await server.call(
                    .PATCH, "/api/v1/tenants/\(tenant)", ["requires_approval": true])
                #expect(asked.json["requires_approval"] == true, "\(asked.json)")
            }
            let deleted = try await server.call(.DELETE, "/api/v1/tenants/acme?break_glass=true&reason=left")
            #expect(deleted.json["status"] == "deleting", "\(deleted.json)")
            let destroyed = try await server.call(
                .POST, "/api/v1/secrets/a/destroy", ["break_glass": true, "reason": "left"])
            #expect(destroyed.status == 200, "\(destroyed.json)")
            let off = try await server.call(
                .PATCH, "/api/v1/tenants/default",
                ["requires_approval": false, "break_glass": true, "reason": "left"])
            #expect(off.json["requires_approval"] == false, "\(off.json)")
            let entries = try await server.withClient(.admin) { client in
                try await client.auditEntries(AuditQuery(outcome: .granted)).entries
            }
            let loud = entries.filter { $0.detail["break_glass"] == true }
            #expect(Set(loud.map(\.action)) == ["tenant.delete", "secret.destroy", "tenant.update"], "\(entries)")
            #expect(loud.allSatisfy { $0.detail["severity"] == "alert" && $0.reason == "left" }, "\(loud)")
        }
    }

    @Test func `the client creates, bounds, suspends, resumes and deletes a tenant`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                let created = try await client.createTenant(CreateTenantRequest(name: "acme", tier: .standard))
                #expect(created.tokenName == "admin" && created.tenant.quotas == TenantTier.standard.quotas)
                let bounded = try await client.setQuotas(
                    ofTenant: "acme", SetQuotasRequest(tier: .trial, quotas: Quotas([.robots: 9])))
                #expect(bounded.quotas[.robots] == 9 && bounded.quotas[.secrets] == 25)
                #expect(try await client.suspendTenant(named: "acme", reason: nil).status == .suspended)
                #expect(try await client.resumeTenant(named: "acme", reason: nil).status == .active)
                let deleted = try await client.deleteTenant(named: "acme", undoSeconds: 600, reason: nil)
                #expect(deleted.status == .deleting)
                #expect(try await client.tenants(status: .deleting).tenants.map(\.name) == ["acme"])
                #expect(try await client.ownTenant().name == "default")
                #expect(try await client.usage(ofTenant: nil).lines.map(\.quota) == Quota.allCases)
            }
        }
    }
}
