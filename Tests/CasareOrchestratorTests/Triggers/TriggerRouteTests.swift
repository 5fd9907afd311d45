import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Triggers as people keep them, over HTTP.
struct TriggerRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let gitHub: Object = ["auth": ["kind": "github"]]

    private static func spec(_ changes: Object = [:]) throws -> TriggerSpec {
        try TriggerSpec(
            json: TriggerSpec.merged(changes, into: ["webhook": .object(self.gitHub), "workflow": "invoices"]))
    }

    @Test func `a secret that is made up is shown once, and requests prove themselves by it`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let spec = try Self.spec()
            let made = try await server.withClient(.admin) {
                try await $0.createTrigger(CreateTriggerRequest(name: "orders", spec: spec))
            }
            let secret = try #require(made.secret)
            #expect(made.trigger.hook == "/hooks/\(made.trigger.id)" && made.trigger.secrets.map(\.number) == [1])
            let body = #"{"a":1}"#
            let taken = try await server.deliver(body, to: made.trigger, Fixture.gitHub(body, secret: secret))
            #expect(taken.status == 202)
            let shown = try await server.call(.GET, "/api/v1/triggers/\(made.trigger.id)").json
            #expect(shown["name"] == "orders" && shown["secret"] == nil)
        }
    }

    @Test func `a name is taken once, and every bound is told`() async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(Self.gitHub)
            let again = try await server.call(
                .POST, "/api/v1/triggers",
                ["name": "orders", "spec": ["webhook": .object(Self.gitHub), "workflow": "invoices"]])
            #expect(again.status == 409 && again.code == "RESOURCE_CONFLICT")
            let useless = try await server.call(
                .POST, "/api/v1/triggers",
                [
                    "name": "open", "secret": "a-secret-of-sixteen-bytes",
                    "spec": ["webhook": ["auth": ["kind": "none"]], "workflow": "invoices"],
                ])
            #expect(useless.status == 422 && useless.json["error"]?["field"] == "secret")
            let unknown = try await server.call(
                .POST, "/api/v1/triggers",
                ["name": "x", "spec": ["webhook": ["auth": ["kind": "github"], "secert": 1], "workflow": "invoices"]])
            #expect(unknown.status == 400 && unknown.json["error"]?["field"] == "spec.webhook.secert")
            let viewer = try await server.call(.POST, "/api/v1/triggers", as: .viewer, ["name": "x"])
            #expect(viewer.status == 403)
        }
    }

    @Test func `an update changes what it names, and grows the revision`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub, ["cooldown_seconds": 5])
            try await server.withClient(.admin) { client in
                let changed = try await client.updateTrigger(
                    "orders", UpdateTriggerRequest(spec: ["cooldown_seconds": .null, "priority": 20], revision: 1))
                #expect(changed.revision == 2 && changed.spec.cooldownSeconds == nil)
                #expect(changed.spec.priority == .critical && changed.spec.source == trigger.spec.source)
                let same = try await client.updateTrigger("orders", UpdateTriggerRequest(spec: ["priority": 20]))
                #expect(same.revision == 2)
                let owned = try await client.updateTrigger("orders", UpdateTriggerRequest(managedBy: "ops"))
                #expect(owned.revision == 2 && owned.managedBy == "ops")
            }
            let stale = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["priority": 1], "revision": 1])
            #expect(stale.status == 409 && stale.json["error"]?["field"] == "revision")
            let wrong = try await server.call(.PATCH, "/api/v1/triggers/orders", ["spec": ["priority": 99]])
            #expect(wrong.status == 422 && wrong.json["error"]?["field"] == "spec.priority")
            let other = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["webhook": .null, "job": ["kinds": ["failed"]]]])
            #expect(other.status == 409)
        }
    }

    @Test(arguments: ["none", "standard"])
    func `a hook that asks for a secret is not opened by an update, nor given a scheme that its secret is none of`(
        kind: String
    ) async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(Self.gitHub)
            let refused = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["webhook": ["auth": ["kind": .string(kind)]]]])
            #expect(refused.status == 409 && refused.message.contains("create another trigger"))
            let other = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["webhook": ["auth": ["kind": "bearer"]]]])
            #expect(other.status == 200)
        }
    }

    @Test func `two secrets count while one takes the other's place`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            func deliver(_ body: String, _ secret: String) async throws -> Int {
                try await server.deliver(body, to: trigger, Fixture.gitHub(body, secret: secret)).status
            }
            let first = try await server.withClient(.admin) {
                try await $0.rotateTrigger(
                    "orders", RotateTriggerRequest(secret: "the-second-secret-is-here"))
            }
            #expect(first.secret == nil && first.trigger.secrets.map(\.number) == [2, 1])
            #expect(first.trigger.secrets.map { $0.until == nil } == [true, false])
            let old = try await deliver("1", Fixture.hookSecret)
            let new = try await deliver("2", "the-second-secret-is-here")
            #expect(old == 202 && new == 202)
            let second = try await server.withClient(.admin) {
                try await $0.rotateTrigger("orders", RotateTriggerRequest(overlapSeconds: 0))
            }
            let latest = try #require(second.secret)
            #expect(second.trigger.secrets.map(\.number) == [3])
            let ended = try await deliver("3", "the-second-secret-is-here")
            let taken = try await deliver("4", latest)
            #expect(ended == 401 && taken == 202)
        }
    }

    @Test func `a test says what would become of a delivery, and changes nothing`() async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(
                [
                    "auth": ["kind": "github"], "headers": ["X-Event": "push"],
                    "variables": ["ref": "payload.ref", "none": "payload.none"],
                ], ["dedup": "payload.ref", "variables": ["own": 1]])
            try await server.withClient(.operator) { client in
                let body = #"{"ref":"main"}"#
                var request = TestTriggerRequest(body: body, headers: ["X-Event": "push"])
                let plain = try await client.testTrigger("orders", request)
                #expect(plain.result == .accepted && plain.proof == .notChecked && plain.missing == ["none"])
                #expect(plain.job?.variables == ["own": 1, "ref": "main"] && plain.key == "main")
                #expect(plain.job?.workflow == "invoices" && plain.job?.version == 1)
                for (name, value) in Fixture.gitHub(body) { request.headers?[name] = .string(value) }
                let signed = try await client.testTrigger("orders", request)
                #expect(signed.proof == .verified && signed.result == .accepted)
                request.body = "{}"
                let forged = try await client.testTrigger("orders", request)
                #expect(forged.proof == .refused && forged.result == .rejected && forged.job == nil)
                let filtered = try await client.testTrigger("orders", TestTriggerRequest(payload: ["ref": "x"]))
                #expect(filtered.result == .filtered)
                let method = try await client.testTrigger("orders", TestTriggerRequest(method: .put))
                #expect(method.result == .rejected)
                let history = try await client.triggerHistory(of: "orders")
                #expect(history.deliveries.isEmpty)
            }
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"] == [])
        }
    }

    @Test func `a test tells of a body that is too large, of a pause, and of a workflow that is not there`()
        async throws
    {
        try await Fixture.with { server in
            let webhook: Object = ["auth": ["kind": "github"], "body_max_bytes": 10]
            _ = try await server.trigger(webhook)
            _ = try await server.trigger(Self.gitHub, named: "early")
            try await server.change("early", #""workflow":"invoices""#, to: #""workflow":"later""#)
            _ = try await server.trigger(Self.gitHub, ["workflow_version": 1], named: "newer")
            try await server.change("newer", #""workflow_version":1"#, to: #""workflow_version":2"#)
            try await server.withClient(.operator) { client in
                let fits = try await client.testTrigger("orders", TestTriggerRequest(body: "1234567890"))
                #expect(fits.result == .accepted && fits.job != nil)
                let large = try await client.testTrigger("orders", TestTriggerRequest(body: "12345678901"))
                #expect(large.result == .rejected && large.job == nil)
                #expect(large.reason?.contains("10 bytes") == true)
                _ = try await client.pauseTrigger("orders", reason: nil)
                let paused = try await client.testTrigger("orders", TestTriggerRequest(body: "{}"))
                #expect(paused.result == .paused && paused.job == nil)
                let early = try await client.testTrigger("early", TestTriggerRequest(body: "{}"))
                #expect(early.result == .failed && early.reason?.contains("later") == true && early.job == nil)
                let newer = try await client.testTrigger("newer", TestTriggerRequest(body: "{}"))
                #expect(newer.result == .failed && newer.reason?.contains("no version 2") == true)
            }
        }
    }

    @Test func `triggers are listed by what is asked for, deleted with their hooks, and steered with a record`()
        async throws
    {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            try await server.pushWorkflow("tell")
            let job = try await server.call(
                .POST, "/api/v1/triggers",
                ["name": "after", "spec": ["job": ["kinds": ["failed"]], "workflow": "tell"], "paused": true])
            #expect(job.status == 201 && job.json["trigger"]?["hook"]?.string == nil)
            #expect(job.json["secret"]?.string == nil)
            try await server.withClient(.admin) { client in
                let all = try await client.triggers(TriggerQuery(limit: 1))
                #expect(all.triggers.map(\.name) == ["after"] && all.nextCursor == "after")
                let rest = try await client.triggers(TriggerQuery(limit: 1, cursor: all.nextCursor))
                #expect(rest.triggers.map(\.name) == ["orders"] && rest.nextCursor == nil)
                let jobs = try await client.triggers(TriggerQuery(kind: .job))
                let paused = try await client.triggers(TriggerQuery(status: .paused))
                let tell = try await client.triggers(TriggerQuery(workflow: "tell"))
                let owned = try await client.triggers(TriggerQuery(managedBy: "ops"))
                #expect([jobs, paused, tell].allSatisfy { $0.triggers.map(\.name) == ["after"] })
                #expect(owned.triggers.isEmpty)
                let deleted = try await client.deleteTrigger("orders", reason: "unused")
                #expect(deleted.id == trigger.id)
            }
            let gone = try await server.deliver("{}", to: trigger)
            #expect(gone.status == 404)
            let actions = try await server.call(.GET, "/api/v1/actions?noun=trigger").json["actions"]?.list
            #expect(actions?.map { $0["action"]?.string } == ["trigger.delete", "trigger.create", "trigger.create"])
            #expect(actions?.first?["reason"] == "unused")
        }
    }

    @Test func `variables that a workflow declares sensitive are hidden, and kept when they are sent back`()
        async throws
    {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("sealed", sensitive: "password")])
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"]],
                [
                    "workflow": "sealed", "variables": ["password": "secret17", "n": 1],
                    "queue_key": "k-secret17",
                ], secret: nil)
            #expect(trigger.spec.variables["password"] == "***" && trigger.spec.queueKey == "k-***")
            for path in ["/api/v1/triggers", "/api/v1/triggers/orders"] {
                let text = try await server.call(.GET, path, as: .viewer).json.jsonText(.compact)
                #expect(text.contains("***") && !text.contains("secret17"), "\(text)")
            }
            let tested = try await server.call(.POST, "/api/v1/triggers/orders/test", as: .operator, [:])
            #expect(tested.json["job"]?["variables"] == ["password": "***", "n": 1])
            #expect(tested.json["job"]?["queue_key"] == "k-***")
            let sentBack = try await server.call(
                .PATCH, "/api/v1/triggers/orders", ["spec": ["variables": ["password": "***", "n": 2]]])
            #expect(sentBack.status == 200 && sentBack.json["spec"]?["variables"] == ["password": "***", "n": 2])
            // What it makes has the value still.
            let taken = try await server.deliver("{}", to: trigger)
            #expect(taken.status == 202)
            try await server.withRobot("r1") { robot in
                let leased = try await robot.client.lease(robot.session, slots: 1)
                #expect(leased.first?.variables == ["password": "secret17", "n": 2])
            }
        }
    }

    @Test func `a change that was made for another revision is refused, also by its header`() async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(Self.gitHub)
            let patch: Value = ["spec": ["priority": 20]]
            let stale = try await server.call(.PATCH, "/api/v1/triggers/orders", patch, headers: ["If-Match": "\"2\""])
            #expect(stale.status == 409)
            let wrong = try await server.call(.PATCH, "/api/v1/triggers/orders", patch, headers: ["If-Match": "abc"])
            #expect(wrong.status == 400 && wrong.json["error"]?["field"] == "If-Match")
            let taken = try await server.call(.PATCH, "/api/v1/triggers/orders", patch, headers: ["If-Match": "\"1\""])
            #expect(taken.status == 200 && taken.json["revision"] == 2)
        }
    }
}
