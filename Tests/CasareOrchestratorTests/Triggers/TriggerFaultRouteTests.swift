import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareOrchestrator

/// Triggers that name what is not there, that cannot be read, and that two change at once.
struct TriggerFaultRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let gitHub: Object = ["auth": ["kind": "github"]]

    private static let waiting = Query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    @Test func `a workflow or a version that is not there is named by no trigger`() async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(Self.gitHub)
            for (change, missing) in [
                (["workflow": "later"], "workflow later"),
                (["workflow_version": 2], "workflow version 2 of invoices; the newest is 1"),
            ] as [(Object, String)] {
                let spec = (["webhook": .object(Self.gitHub), "workflow": "invoices"] as Object).merging(change)
                let created = try await server.call(
                    .POST, "/api/v1/triggers", ["name": "early", "spec": .object(spec)])
                #expect(created.status == 404 && created.message == "there is no \(missing)", "\(created.json)")
                let changed = try await server.call(.PATCH, "/api/v1/triggers/orders", ["spec": .object(change)])
                #expect(changed.status == 404 && changed.message == "there is no \(missing)", "\(changed.json)")
            }
            // One that has gone since keeps nobody from what does not touch the spec.
            try await server.change("orders", #""workflow":"invoices""#, to: #""workflow":"gone""#)
            let owned = try await server.call(.PATCH, "/api/v1/triggers/orders", ["managed_by": "ops"])
            #expect(owned.status == 200 && owned.json["spec"]?["workflow"] == "gone", "\(owned.json)")
            let mended = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["workflow": "invoices"]])
            #expect(mended.status == 200 && mended.json["revision"] == 2, "\(mended.json)")
        }
    }

    @Test func `one that cannot be read is listed by its name, paused and deleted`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            try await server.change("orders", #""webhook""#, to: #""newer""#)
            let listed = try await server.call(.GET, "/api/v1/triggers")
            #expect(listed.json["triggers"] == [] && listed.json["unreadable"] == ["orders"], "\(listed.json)")
            let id = trigger.id.description
            for name in ["orders", id] {
                let paused = try await server.call(.POST, "/api/v1/triggers/\(name)/pause", ["reason": "odd"])
                #expect(paused.status == 200 && paused.json["name"] == "orders", "\(paused.json)")
                #expect(paused.json["id"]?.string == id && paused.json["trigger"] == Value.null)
            }
            let deleted = try await server.call(.DELETE, "/api/v1/triggers/\(id)")
            #expect(deleted.status == 200 && deleted.json["trigger"] == Value.null, "\(deleted.json)")
            let rest = try await server.call(.GET, "/api/v1/triggers")
            #expect(rest.json["unreadable"] == Value.null)
            let actions = try await server.call(.GET, "/api/v1/actions?noun=trigger").json["actions"]?.list
            #expect(actions?.map { $0["action"]?.string } == ["trigger.delete", "trigger.pause", "trigger.create"])
        }
    }

    @Test func `a variable that is sent back hidden is what it is by then, and not what it was when somebody asked`()
        async throws
    {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("sealed", sensitive: "password")])
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"]], ["workflow": "sealed", "variables": ["password": "old"]], secret: nil)
            // Somebody else changes the password meanwhile.
            let other = try await PostgresConnection.connect(server.database.configuration)
            try await other.script(
                #"BEGIN; UPDATE triggers SET variables = '{"password": "new"}' WHERE name = 'orders'"#)
            async let sentBack = server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["variables": ["password": "***", "n": 2]]])
            let observer = try await PostgresConnection.connect(server.database.configuration)
            try await eventually("the change waits for the row") {
                try await observer.execute(Self.waiting).isEmpty ? nil : true
            }
            await observer.close()
            try await other.script("COMMIT")
            await other.close()
            let changed = try await sentBack
            #expect(changed.status == 200, "\(changed.json)")
            let stored = try await server.database.asTenant(.default) { try TriggerStore.get(trigger.id, on: $0) }
            #expect(stored.spec.variables == ["password": "new", "n": 2])
        }
    }
}
