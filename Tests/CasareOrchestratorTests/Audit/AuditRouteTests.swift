import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import Testing

/// What requests leave in the audit log.
struct AuditRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let linkingMax = Duration.seconds(30)

    /// Of an action, the oldest first.
    private static func entries(_ server: Fixture, _ action: String) async throws -> [AuditEntryInfo] {
        try await server.withClient(.admin) { client in
            try await client.auditEntries(AuditQuery(action: action)).entries.reversed()
        }
    }

    /// The links, once so many are there.
    private static func links(_ server: Fixture, atLeast count: Int) async throws -> AuditChainPage {
        let deadline = ContinuousClock.now + Self.linkingMax
        return try await server.withClient(.admin) { client in
            var page = try await client.auditChain()
            while page.links.count < count, ContinuousClock.now < deadline { page = try await client.auditChain() }
            return page
        }
    }

    @Test func `a change is told with who, what, from where, why and in which trace`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(
                .POST, "/api/v1/jobs", as: .operator, ["workflow": "invoices"],
                headers: [
                    "traceparent": "00-\(Self.trace)-b7ad6b7169203331-01", "X-Request-ID": "req-7",
                ])
            let job = try #require(reply.json["job"]?["id"]?.string)
            let submitted = try #require(try await Self.entries(server, "job.submit").first)
            #expect(submitted.actor == "the operator" && submitted.actorKind == "token")
            #expect(submitted.subject == job && submitted.outcome == .granted)
            #expect(submitted.traceID == Self.trace && submitted.requestID == "req-7")
            #expect(submitted.source == "127.0.0.1" && submitted.reason == nil)

            let cancelled = try await server.call(
                .POST, "/api/v1/jobs/\(job)/cancel", as: .operator, ["reason": "a mistake"])
            #expect(cancelled.status == 200)
            let entry = try #require(try await Self.entries(server, "job.cancel").first)
            #expect(entry.subject == job && entry.reason == "a mistake" && entry.outcome == .granted)
            let pushed = try await Self.entries(server, "workflow.push")
            #expect(pushed.map(\.subject) == ["invoices"] && pushed.first?.detail["version"] == 1)
        }
    }

    @Test func `why tokens, roles and tenants are changed is told, and who says too much changes nothing`()
        async throws
    {
        // With the reason in the body, or as a parameter where there is none.
        let changes: [(Fixture.HTTPMethodName, String, Object?, action: String)] = [
            (.POST, "/api/v1/tokens", ["name": "ci", "role": "viewer"], "token.create"),
            (.POST, "/api/v1/tokens/ci/rotate", [:], "token.rotate"),
            (.DELETE, "/api/v1/tokens/ci", nil, "token.revoke"),
            (.POST, "/api/v1/roles", ["name": "clerk", "permissions": ["item.read"]], "role.create"),
            (.PATCH, "/api/v1/roles/clerk", ["add": ["item.create"]], "role.update"),
            (.DELETE, "/api/v1/roles/clerk", nil, "role.delete"),
            (.POST, "/api/v1/tenants", ["name": "acme"], "tenant.create"),
            (.PUT, "/api/v1/tenants/acme/quotas", ["quotas": ["robots": 3]], "tenant.quota"),
            (.PATCH, "/api/v1/tenant/policy", ["scripts": false], "tenant.policy"),
        ]
        try await Fixture.with { server in
            for (method, path, members, action) in changes {
                func reply(_ reason: String) async throws -> Fixture.Reply {
                    guard var body = members else {
                        return try await server.call(method, "\(path)?reason=\(reason)")
                    }
                    body["reason"] = .string(reason)
                    return try await server.call(method, path, .object(body))
                }
                let why = String(repeating: "y", count: ControlReason.charactersMax)
                let tooLong = try await reply(why + "y")
                let field = tooLong.json["error"]?["field"]?.string
                #expect(tooLong.status == 422 && field == "reason", "\(action): \(tooLong.json)")
                let done = try await reply(why)
                #expect((200..<300).contains(done.status), "\(action): \(done.json)")
                let told = try await Self.entries(server, action)
                #expect(told.map(\.outcome) == [.failed, .granted] && told.last?.reason == why, "\(action)")
            }
        }
    }

    @Test func `a batch is one entry, and what was there already is told as no change`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            _ = try await server.call(
                .POST, "/api/v1/jobs/batch",
                ["jobs": [["workflow": "invoices"], ["workflow": "invoices"], ["workflow": "invoices"]]])
            let batch = try await Self.entries(server, "job.submit")
            #expect(batch.count == 1 && batch.first?.detail["jobs"] == 3)
            let policy = "/api/v1/tenant/policy"
            _ = try await server.call(.PATCH, policy, ["scripts": false])
            let dry = try await server.call(
                .POST, "/api/v1/windows", ["for_seconds": 60, "schedules": ["name": "*"], "dry_run": true])
            #expect(dry.status == 200, "\(dry.json)")
            let window = try await Self.entries(server, "window.open")
            #expect(window.count == 1 && window.first?.detail["changed"] == false)
            let changed = try await Self.entries(server, "tenant.policy")
            #expect(changed.count == 1 && changed.first?.detail["changed"] == nil)
        }
    }

    @Test func `who was refused and what failed is told, and reading is not`() async throws {
        try await Fixture.with { server in
            let refused = try await server.call(.PATCH, "/api/v1/tenant/policy", as: .viewer, ["scripts": false])
            #expect(refused.status == 403)
            let denied = try await Self.entries(server, "tenant.policy")
            #expect(denied.map(\.outcome) == [.denied] && denied.first?.actor == "the viewer")
            #expect(denied.first?.detail["error"] == "AUTH_INSUFFICIENT_PERMISSIONS")

            let unknown = try await server.call(.POST, "/api/v1/triggers/none/pause", ["reason": "why not"])
            let failed = try await Self.entries(server, "trigger.pause")
            #expect(unknown.status == 404 && failed.map(\.outcome) == [.failed], "\(unknown.json)")
            #expect(failed.first?.subject == "none" && failed.first?.reason == "why not")

            let nobody = try await server.send(.GET, "/api/v1/jobs", token: "crpa_unknown")
            #expect(nobody.status == 401)
            let other = try await Self.entries(server, AuditActions.otherRequest)
            #expect(other.map(\.outcome) == [.denied] && other.first?.actor == "")
            #expect(other.first?.actorKind == "none" && other.first?.detail["route"] == "GET /api/v1/jobs")

            _ = try await server.call(.GET, "/api/v1/jobs", as: .viewer)
            _ = try await server.call(.POST, "/api/v1/workflows/validate", ["document": Fixture.document("x")])
            let all = try await server.withClient(.admin) { try await $0.auditEntries().entries }
            #expect(all.count == 3)
        }
    }

    @Test func `who is refused in another tenant is named in that tenant's log`() async throws {
        try await Fixture.with { server in
            let created = try await server.call(.POST, "/api/v1/tenants", ["name": "acme"])
            let token = try #require(created.json["token"]?.string)
            let refused = try await server.send(.GET, "/api/v1/tenants", token: token)
            #expect(refused.status == 403)
            let theirs = try await server.send(.GET, "/api/v1/audit", token: token).json["entries"]?.list
            #expect(theirs?.map { $0["actor"] } == ["admin"] && theirs?.first?["outcome"] == "denied")
            #expect(try await Self.entries(server, AuditActions.otherRequest).isEmpty)
        }
    }

    @Test func `who is refused again and again does not fill the log`() async throws {
        try await Fixture.with { server in
            for _ in 0..<RefusalBudget.entriesMax + 5 {
                let refused = try await server.call(.PATCH, "/api/v1/tenant/policy", as: .viewer, ["scripts": false])
                #expect(refused.status == 403)
            }
            #expect(try await Self.entries(server, "tenant.policy").count == RefusalBudget.entriesMax)
        }
    }

    @Test func `a change whose entry cannot be written does not happen`() async throws {
        try await Fixture.with { server in
            let owner = try await PostgresConnection.connect(server.database.configuration)
            try await owner.execute("ALTER TABLE audit_entries ADD CHECK (action <> 'tenant.policy')")
            await owner.close()
            let reply = try await server.call(.PATCH, "/api/v1/tenant/policy", ["scripts": false])
            #expect(reply.status >= 400)
            let policy = try await server.call(.GET, "/api/v1/tenant/policy")
            #expect(policy.json["scripts"] == Value.null)
        }
    }

    @Test func `entries are linked soon, and the server finds the chain intact`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for _ in 0..<5 { _ = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]) }
            let page = try await Self.links(server, atLeast: 6)
            #expect(page.links.map(\.number) == Array(1...6) && page.head.number == 6)
            let check = try await server.withClient(.admin) { try await $0.checkAudit() }
            #expect(check.fault == nil && check.place.number == 6 && check.nextCursor == nil)
            let rest = try await server.withClient(.admin) { try await $0.auditExport(after: 4) }
            #expect(rest.links.map(\.number) == [5, 6] && rest.start.number == 4)
            let more = try await server.withClient(.admin) { try await $0.auditExport(cursor: rest.nextCursor) }
            #expect(more.links.isEmpty && more.nextCursor == rest.nextCursor)
        }
    }

    @Test func `an entry that somebody changes is found by the server`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for _ in 0..<3 { _ = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]) }
            let page = try await Self.links(server, atLeast: 4)
            let id = try #require(page.links.dropFirst(2).first?.entryID)
            let owner = try await PostgresConnection.connect(server.database.configuration)
            try await owner.execute(
                "UPDATE audit_entries SET actor = 'nobody' WHERE entry_id = @id", ["id": .int8(id)])
            await owner.close()
            let check = try await server.withClient(.admin) { try await $0.checkAudit() }
            #expect(check.fault?.kind == .changed && check.fault?.number == 3 && check.fault?.entryID == id)
        }
    }

    @Test(arguments: [
        "/api/v1/audit/chain?after=7", "/api/v1/audit/chain?after=x", "/api/v1/audit/chain?cursor=x",
        "/api/v1/audit/check?public_key=x", "/api/v1/audit?outcome=maybe",
    ])
    func `what cannot be asked is refused`(path: String) async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.GET, path)
            #expect(reply.status == 400, "\(reply.json)")
        }
    }

    @Test func `robots' own reports leave no entries, and what people do in their place does`() async throws {
        try await Fixture.with { server in
            let queue = try await server.call(.POST, "/api/v1/item-queues", ["name": "orders"])
            #expect(queue.status == 201, "\(queue.json)")
            let items: Value = ["items": [["data": ["number": 1]]]]
            for role in [Role.robot, .operator] {
                let added = try await server.call(.POST, "/api/v1/item-queues/orders/items", as: role, items)
                #expect((200..<300).contains(added.status), "\(role): \(added.json)")
            }
            #expect(try await Self.entries(server, "item.add").map(\.actor) == ["the operator"])
        }
    }
}
