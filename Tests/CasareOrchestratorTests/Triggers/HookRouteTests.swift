import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// What comes of requests to hooks, over HTTP.
struct HookRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let gitHub: Object = ["auth": ["kind": "github"]]

    @Test func `a signed delivery makes one job with the variables of its mapping`() async throws {
        try await Fixture.with { server in
            let webhook: Object = [
                "auth": ["kind": "github"],
                "variables": [
                    "ref": "payload.ref", "first": "/commits/0/id", "event": "header.X-GitHub-Event", "q": "query.q",
                    "missing": "payload.none", "id": "delivery", "text": "body", "name": "trigger",
                ],
            ]
            let trigger = try await server.trigger(
                webhook, ["variables": ["ref": "default", "own": 1.5], "priority": 15])
            let body = #"{"ref":"main","commits":[{"id":"c1"}]}"#
            var headers = Fixture.gitHub(body)
            headers["X-GitHub-Event"] = "push"
            headers["X-GitHub-Delivery"] = "72d3162e"
            let reply = try await server.deliver(body, to: trigger, headers, path: "?q=a%20b")
            #expect(reply.status == 202 && reply.json["result"] == "accepted")
            let variables = try await server.variables(ofJobIn: reply)
            #expect(
                variables == [
                    "ref": "main", "own": 1.5, "first": "c1", "event": "push", "q": "a b", "id": "72d3162e",
                    "text": .string(body), "name": "orders",
                ])
            let id = try #require(reply.json["job"]?.string)
            let job = try await server.call(.GET, "/api/v1/jobs/\(id)").json["job"]
            #expect(job?["priority"] == 15 && job?["created_by"] == "trigger/orders")
            let history = try await server.deliveries(of: trigger)
            #expect(history.map(\.result) == [.accepted])
            #expect(history.first?.job?.description == id && history.first?.key == "72d3162e")
            #expect(history.first?.source == "127.0.0.1" && history.first?.bytes == body.utf8.count)
            let after = try await server.withClient(.viewer) { try await $0.trigger("orders") }
            #expect(after.lastJob?.description == id && after.lastFiredAt != nil)
        }
    }

    @Test func `whoever cannot prove it is refused, and is told no more than that`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            let body = #"{"a":1}"#
            let wrong = Fixture.gitHub(body, secret: "another-secret-of-16")
            let attempts: [(String, [String: String])] = [
                (body, wrong), (body, [:]), (#"{"a":2}"#, Fixture.gitHub(body)), (body, ["X-Hub-Signature-256": "x"]),
            ]
            var messages: Set<String> = []
            for (body, headers) in attempts {
                let reply = try await server.deliver(body, to: trigger, headers)
                #expect(reply.status == 401 && reply.code == "SIGNATURE_INVALID")
                messages.insert(reply.message)
            }
            #expect(messages.count == 1)
            let history = try await server.deliveries(of: trigger)
            #expect(history.allSatisfy { $0.result == .rejected && $0.job == nil } && history.count == 4)
            #expect(Set(history.compactMap(\.reason)).count == 3)
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"] == [])
        }
    }

    @Test(arguments: [(-240.0, 202), (240.0, 202), (-360.0, 401), (360.0, 401)])
    func `a signature of another time is refused, before and after`(offset: Double, status: Int) async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "stripe"]])
            let body = #"{"id":"evt_1"}"#
            let headers = Fixture.stripe(body, at: Date().addingTimeInterval(offset))
            let reply = try await server.deliver(body, to: trigger, headers)
            #expect(reply.status == status)
        }
    }

    @Test func `the same request again is a duplicate, and another one of the same body is not`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "stripe"]])
            let body = #"{"id":"evt_1"}"#
            let now = Date()
            let first = try await server.deliver(body, to: trigger, Fixture.stripe(body, at: now))
            let replayed = try await server.deliver(body, to: trigger, Fixture.stripe(body, at: now))
            #expect(first.json["result"] == "accepted" && replayed.json["result"] == "duplicate")
            #expect(replayed.status == 202 && replayed.json["job"] == first.json["job"])
            let later = now.addingTimeInterval(-5)
            let other = try await server.deliver(body, to: trigger, Fixture.stripe(body, at: later))
            #expect(other.json["result"] == "accepted" && other.json["job"] != first.json["job"])
        }
    }

    @Test func `a hook of a suspended tenant says so to whoever proves who they are`() async throws {
        try await Fixture.with { server in
            let made = try await server.call(.POST, "/api/v1/tenants", ["name": "acme"])
            let acme = server.showing([.admin: try #require(made.json["token"]?.string, "\(made.json)")])
            let trigger = try await acme.trigger(Self.gitHub)
            #expect(try await server.call(.POST, "/api/v1/tenants/acme/suspend", [:]).status == 200)
            let body = #"{"a":1}"#
            let refused = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(refused.status == 403 && refused.code == "TENANT_SUSPENDED", "\(refused.json)")
            let stranger = try await server.deliver(body, to: trigger)
            #expect(stranger.status == 401 && stranger.code == "SIGNATURE_INVALID", "\(stranger.json)")
            #expect(try await server.call(.POST, "/api/v1/tenants/acme/resume", [:]).status == 200)
            let taken = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(taken.status == 202 && taken.json["result"] == "accepted", "\(taken.json)")
            let history = try await acme.withClient(.admin) {
                try await $0.triggerHistory(of: trigger.name).deliveries
            }
            #expect(history.map(\.result) == [.accepted, .rejected, .failed])
            #expect(history.last?.reason?.contains("suspended") == true)
        }
    }

    @Test func `of one delivery that comes eight times at once one job is made`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            let body = #"{"a":1}"#
            let headers = Fixture.gitHub(body)
            let replies = try await withThrowingTaskGroup(of: Fixture.Reply.self) { tasks in
                for _ in 1...8 { tasks.addTask { try await server.deliver(body, to: trigger, headers) } }
                var replies: [Fixture.Reply] = []
                for try await reply in tasks { replies.append(reply) }
                return replies
            }
            #expect(replies.allSatisfy { $0.status == 202 })
            #expect(replies.filter { $0.json["result"] == "accepted" }.count == 1)
            #expect(Set(replies.map { $0.json["job"] }).count == 1)
        }
    }

    @Test func `deliveries with the same value at a place, or the same ID, make one job`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"], "delivery_header": "X-Id"], ["dedup": "payload.order"], secret: nil)
            let first = try await server.deliver(#"{"order":7,"try":1}"#, to: trigger)
            let again = try await server.deliver(#"{"order":7,"try":2}"#, to: trigger)
            let other = try await server.deliver(#"{"order":8}"#, to: trigger, ["X-Id": "m1"])
            let sameID = try await server.deliver(#"{"order":9}"#, to: trigger, ["X-Id": "m1"])
            let without = try await server.deliver(#"{}"#, to: trigger)
            let results = [first, again, other, sameID, without].map { $0.json["result"]?.string }
            #expect(results == ["accepted", "duplicate", "accepted", "duplicate", "accepted"])
            #expect(again.json["job"] == first.json["job"] && sameID.json["job"] == other.json["job"])
        }
    }

    @Test func `a body may be as large as the hook says, and no larger`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"], "body_max_bytes": 10], secret: nil)
            let fits = try await server.deliver("1234567890", to: trigger)
            let tooLarge = try await server.deliver("12345678901", to: trigger)
            #expect(fits.status == 202)
            #expect(tooLarge.status == 413 && tooLarge.code == "BODY_TOO_LARGE")
            #expect(try await server.deliveries(of: trigger).map(\.result) == [.rejected, .accepted])
        }
    }

    @Test func `a hook takes its methods only, and is at its address only`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"], "methods": ["GET", "PUT"], "variables": ["q": "query.q"]], secret: nil)
            let get = try await server.deliver("", to: trigger, method: .GET, path: "?q=1")
            #expect(get.status == 202)
            let variables = try await server.variables(ofJobIn: get)
            #expect(variables == ["q": "1"])
            let post = try await server.deliver("{}", to: trigger)
            #expect(post.status == 405 && post.headers["allow"] == "GET, PUT")
            for path in ["/hooks/0197f3a0-0000-7000-8000-000000000001", "/hooks/orders"] {
                let reply = try await server.send(.POST, path, token: nil, body: "{}")
                #expect(reply.status == 404)
            }
        }
    }

    @Test func `a delivery without a header that it must have is of no interest`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"], "headers": ["X-Event": "paid", "X-Any": "*"]], secret: nil)
            let taken = try await server.deliver("{}", to: trigger, ["X-Event": "paid", "X-Any": "1"])
            let other = try await server.deliver("{}", to: trigger, ["X-Event": "sent", "X-Any": "1"])
            let missing = try await server.deliver("{}", to: trigger, ["X-Event": "paid"])
            #expect(taken.json["result"] == "accepted")
            for reply in [other, missing] {
                #expect(reply.status == 202 && reply.json["result"] == "filtered" && reply.json["job"]?.string == nil)
            }
        }
    }

    @Test func `too soon after a job nothing comes of it, and the sender is told when to try again`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"]], ["cooldown_seconds": 3600], secret: nil)
            let first = try await server.deliver("{}", to: trigger)
            let second = try await server.deliver("{}", to: trigger)
            #expect(first.status == 202 && second.status == 429 && second.code == "TOO_MANY_REQUESTS")
            let wait = try #require(second.headers["retry-after"].flatMap(Int.init))
            #expect((3500...3600).contains(wait))
            #expect(try await server.deliveries(of: trigger).map(\.result) == [.cooldown, .accepted])
        }
    }

    @Test func `as many jobs are under way as may be, and the next one comes when one has ended`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"]], ["concurrency_max": 2], secret: nil)
            let first = try await server.deliver("1", to: trigger)
            let second = try await server.deliver("2", to: trigger)
            let third = try await server.deliver("3", to: trigger)
            #expect([first, second, third].map(\.status) == [202, 202, 429])
            #expect(third.headers["retry-after"] != nil)
            let job = try #require(first.json["job"]?.string)
            let cancelled = try await server.call(.POST, "/api/v1/jobs/\(job)/cancel", [:])
            #expect(cancelled.status == 200)
            let fourth = try await server.deliver("4", to: trigger)
            #expect(fourth.status == 202)
            #expect(try await server.deliveries(of: trigger).map(\.result) == [.accepted, .busy, .accepted, .accepted])
        }
    }

    @Test func `nothing comes of deliveries while the trigger is paused, and they are not duplicates later`()
        async throws
    {
        try await Fixture.with { server in
            let trigger = try await server.trigger(Self.gitHub)
            let body = #"{"a":1}"#
            let paused = try await server.withClient(.operator) { try await $0.pauseTrigger("orders", reason: "quiet") }
            #expect(paused.trigger?.status == .paused && paused.trigger?.pause?.reason == "quiet")
            let refused = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(refused.status == 403 && refused.code == "TRIGGER_PAUSED")
            // Who cannot prove it is not told that it is paused.
            let stranger = try await server.deliver(body, to: trigger)
            #expect(stranger.status == 401)
            _ = try await server.withClient(.operator) { try await $0.resumeTrigger("orders") }
            let taken = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(taken.json["result"] == "accepted")
        }
    }

    @Test func `a delivery whose job cannot be made is tried again by its sender`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            try await server.change("orders", #""workflow":"invoices""#, to: #""workflow":"later""#)
            let body = #"{"a":1}"#
            let early = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(early.status == 503 && early.headers["retry-after"] != nil)
            let failed = try await server.deliveries(of: trigger)
            #expect(failed.first?.result == .failed && failed.first?.reason?.contains("later") == true)
            try await server.pushWorkflow("later")
            let taken = try await server.deliver(body, to: trigger, Fixture.gitHub(body))
            #expect(taken.json["result"] == "accepted")
        }
    }

    @Test func `a form's fields are a payload, and other text is a body only`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(
                ["auth": ["kind": "none"], "variables": ["name": "payload.name", "all": "body"]], secret: nil)
            let form = try await server.deliver(
                "name=Ann+Lee&x=1", to: trigger, ["Content-Type": "application/x-www-form-urlencoded"])
            let variables = try await server.variables(ofJobIn: form)
            #expect(variables == ["name": "Ann Lee", "all": "name=Ann+Lee&x=1"])
            let twice = try await server.deliver(
                "name=a&name=b%0Ac", to: trigger, ["Content-Type": "application/x-www-form-urlencoded"])
            let several = try await server.variables(ofJobIn: twice)
            #expect(several["name"] == ["a", "b\nc"])
            let text = try await server.deliver("plain", to: trigger, ["Content-Type": "text/plain"])
            let others = try await server.variables(ofJobIn: text)
            #expect(others == ["all": "plain"])
        }
    }

    @Test func `neither secrets nor signatures stand in the database`() async throws {
        try await Fixture.with { server in
            let webhook: Object = ["auth": ["kind": "bearer"], "variables": ["n": "payload.n"]]
            let trigger = try await server.trigger(webhook)
            let bearer = ["Authorization": "Bearer \(Fixture.hookSecret)", "X-Other": "seen-by-nobody"]
            let taken = try await server.deliver(#"{"n":1,"rest":"kept-nowhere"}"#, to: trigger, bearer)
            #expect(taken.status == 202)
            _ = try await server.deliver("{}", to: trigger, ["Authorization": "Bearer a-wrong-secret-is-shown"])
            let made = try await server.withClient(.admin) { try await $0.rotateTrigger("orders") }
            let second = try #require(made.secret)
            let dump = try await server.database.asSystem { connection in
                var texts: [String] = []
                let queries: [Query] = [
                    "SELECT row_to_json(t)::text AS row FROM triggers AS t",
                    "SELECT row_to_json(t)::text AS row FROM trigger_secrets AS t",
                    "SELECT row_to_json(t)::text AS row FROM trigger_deliveries AS t",
                    "SELECT row_to_json(t)::text AS row FROM trigger_keys AS t",
                    "SELECT row_to_json(t)::text AS row FROM control_actions AS t",
                    "SELECT row_to_json(t)::text AS row FROM jobs AS t",
                ]
                for query in queries {
                    texts += try connection.execute(query).map { try $0.string("row") }
                }
                return texts.joined(separator: "\n")
            }
            #expect(dump.contains("\"key_id\""))
            let secrets = [
                Fixture.hookSecret, second, "a-wrong-secret-is-shown", "seen-by-nobody", "kept-nowhere", "Bearer",
            ]
            for secret in secrets {
                #expect(!dump.contains(secret))
                #expect(!dump.contains(MessageCode.hexText(Array(secret.utf8))))
            }
            let shown = try await server.call(.GET, "/api/v1/triggers/orders").json.jsonText(.compact)
            #expect(!shown.contains(Fixture.hookSecret) && !shown.contains(second))
        }
    }
}
