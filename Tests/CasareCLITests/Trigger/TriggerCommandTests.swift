import ArgumentParser
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareCLI

/// Triggers as a person keeps them, without a terminal.
struct TriggerCommandTests {
    private static func spec(_ words: String) throws -> Object {
        try TriggerSpecOptions.parse(words.split(separator: " ").map(String.init)).members()
    }

    @Test func `options say what a spec's JSON says`() throws {
        let webhook = try Self.spec(
            "--auth hmac_sha256 --auth-header X-Sum --timestamp-header X-Time --tolerance 1m --method put --method post "
                + "--header X-Event=paid --delivery-header X-Id --body-max 10 --workflow invoices --version 2 "
                + "--var a=1 --map id=payload.id --priority high --environment prod --queue-key k --cooldown 2s "
                + "--dedup payload.id --dedup-for 1h --concurrency 3 --description orders")
        #expect(
            webhook == [
                "webhook": [
                    "auth": [
                        "kind": "hmac_sha256", "header": "X-Sum", "timestamp_header": "X-Time",
                        "tolerance_seconds": 60.0,
                    ],
                    "methods": ["PUT", "POST"], "headers": ["X-Event": "paid"], "delivery_header": "X-Id",
                    "body_max_bytes": 10, "variables": ["id": "payload.id"],
                ],
                "workflow": "invoices", "workflow_version": 2, "variables": ["a": 1], "priority": 15,
                "environment": "prod", "queue_key": "k", "cooldown_seconds": 2.0, "dedup": "payload.id",
                "dedup_seconds": 3600.0, "concurrency_max": 3, "description": "orders",
            ])
        _ = try TriggerSpec(json: webhook)
        let job = try Self.spec(
            "--on failed --on cancelled --of invoices --error-contains bank --map job=payload.job --workflow tell")
        #expect(
            job == [
                "job": [
                    "kinds": ["failed", "cancelled"], "workflows": ["invoices"], "error_contains": "bank",
                    "variables": ["job": "payload.job"],
                ],
                "workflow": "tell",
            ])
        _ = try TriggerSpec(json: job)
    }

    @Test func `options of files and feeds say what a spec's JSON says`() throws {
        let files = try Self.spec(
            "--watch /srv/in --pattern *.csv --recursive --event created --settled 5s --existing --poll 1s --robot r1 "
                + "--map file=payload.file_path --workflow import")
        #expect(
            files == [
                "file": [
                    "path": "/srv/in", "patterns": ["*.csv"], "recursive": true, "events": ["created"],
                    "settled_seconds": 5.0, "existing": true, "poll_seconds": 1.0, "robot": "r1",
                    "variables": ["file": "payload.file_path"],
                ],
                "workflow": "import",
            ])
        _ = try TriggerSpec(json: files)
        let news = try Self.spec("--rss https://example.org/feed --poll 1m --map t=payload.title --workflow read")
        #expect(
            news == [
                "feed": [
                    "rss": ["url": "https://example.org/feed"], "poll_seconds": 60.0,
                    "variables": ["t": "payload.title"],
                ],
                "workflow": "read",
            ])
        _ = try TriggerSpec(json: news)
        let mails = try Self.spec("--imap mail.example.org --imap-user ann --imap-folder In --workflow read")
        #expect(
            mails == [
                "feed": ["imap": ["server": "mail.example.org", "username": "ann", "folder": "In"]],
                "workflow": "read",
            ])
        _ = try TriggerSpec(json: mails)
    }

    @Test func `what may belong to several kinds belongs to that of the trigger`() throws {
        let options = try TriggerSpecOptions.parse(["--poll", "9s", "--map", "a=payload.b"])
        #expect(options.needsKind)
        let members = try options.members(of: .feed)
        #expect(members == ["feed": ["poll_seconds": 9.0, "variables": ["a": "payload.b"]]])
        #expect(throws: CommandFailure.self) { try options.members(of: .webhook) }
        let both = try TriggerSpecOptions.parse(["--watch", "/in", "--rss", "https://example.org"])
        #expect(throws: CommandFailure.self) { try both.members() }
    }

    @Test func `a member is taken away by its path, unless an option sets it`() throws {
        let given: Object = ["webhook": ["methods": ["PUT"]]]
        let patch = try given.unsetting(["webhook.headers", "dedup"], of: TriggerSpec.shape)
        #expect(patch == ["webhook": ["methods": ["PUT"], "headers": .null], "dedup": .null])
        for path in ["webhook.methods", "webhook", "webhook..headers", "."] {
            let failure = #expect(throws: CommandFailure.self) {
                try given.unsetting([path], of: TriggerSpec.shape)
            }
            #expect(failure?.status == .usage)
        }
        // A trigger has no calendar: what is named as an example is there in all specs.
        let failure = #expect(throws: CommandFailure.self) {
            try given.unsetting([".dedup"], of: TriggerSpec.shape)
        }
        #expect(failure?.message == "--unset .dedup: expected a member of the spec, such as variables.month")
        let misspelt = #expect(throws: CommandFailure.self) {
            try given.unsetting(["webhook.header"], of: TriggerSpec.shape)
        }
        #expect(misspelt?.message.contains("what can be unset: webhook.") == true)
        #expect(misspelt?.message.contains("webhook.headers") == true)
    }

    @Test func `a file has a name and a spec, and never a secret`() throws {
        let file = try TriggerFile.parse(
            """
            kind: Trigger
            name: orders
            owner: billing
            paused: true
            spec: {webhook: {auth: {kind: github}}, workflow: invoices}
            """, named: "orders.yaml")
        #expect(file.waitsFor == .webhook && file.managedBy == "billing")
        #expect(file.name == "orders" && file.isPaused && file.spec["workflow"] == "invoices")
        #expect(throws: CommandFailure.self) {
            try TriggerFile.parse(#"{"name": "a", "spec": {}, "secret": "x"}"#, named: "a.json")
        }
        #expect(throws: CommandFailure.self) { try TriggerFile.parse(#"{"name": "a"}"#, named: "a.json") }
    }

    @Test func `a trigger is created, tried, paused, listed, rotated and deleted`() async throws {
        try await BulkFixture.with { fixture in
            let created = try await fixture.casarectl(
                "trigger create orders --auth github --workflow invoices --map ref=payload.ref --secret-file - -o json",
                input: "a-secret-of-sixteen-bytes\n")
            #expect(created.status == 0, "\(created.errors)")
            let made = try Value(parsingJSON: created.output)
            #expect(made["name"] == "orders" && made["secret"] == nil)
            let tested = try await fixture.casarectl(
                "trigger test orders --payload - -o json", input: #"{"ref":"main"}"#)
            let response = try Value(parsingJSON: tested.output)
            #expect(tested.status == 0 && response["job"]?["variables"] == ["ref": "main"])
            let paused = try await fixture.casarectl("trigger pause orders --reason quiet")
            #expect(paused.status == 0 && paused.output.contains("paused orders"))
            let refused = try await fixture.casarectl("trigger test orders -o json", input: "")
            #expect(refused.status == 13)
            let listed = try await fixture.casarectl("trigger list --status paused -o name")
            #expect(listed.output == "orders\n")
            let rotated = try await fixture.casarectl("trigger rotate orders --overlap 0 -o json")
            let secret = try Value(parsingJSON: rotated.output)["secret"]?.string
            #expect(rotated.status == 0 && (secret?.utf8.count ?? 0) > 40)
            #expect(rotated.errors.contains("not shown again"))
            let unsure = try await fixture.casarectl("trigger delete orders")
            #expect(unsure.status == 12)
            let deleted = try await fixture.casarectl("trigger delete orders --yes")
            #expect(deleted.status == 0)
            let gone = try await fixture.casarectl("trigger get orders")
            #expect(gone.status == 4)
        }
    }

    @Test func `names of triggers come from stdin too, one in each line, and one of each`() async throws {
        try await BulkFixture.with { fixture in
            for name in ["a", "b"] {
                let created = try await fixture.casarectl("trigger create \(name) --auth none --workflow invoices")
                #expect(created.status == 0, "\(created.errors)")
            }
            for (verb, past) in [("pause", "paused"), ("resume", "active")] {
                let done = try await fixture.casarectl("trigger \(verb) - --yes -o json", input: "a\nb\na\n")
                let rows = try Value(parsingJSON: done.output).list ?? []
                #expect(done.status == 0 && rows.map { $0["name"] } == ["a", "b"], "\(done.errors)")
                #expect(rows.allSatisfy { $0["status"]?.string == past })
            }
            let none = try await fixture.casarectl("trigger pause -", input: "\n")
            #expect(none.status == 64 && none.errors.contains("no trigger was given"))
            let deleted = try await fixture.casarectl("trigger delete - --yes -o name", input: "b\na\n")
            #expect(deleted.status == 0 && deleted.output == "b\na\n", "\(deleted.errors)")
        }
    }

    @Test func `one that the server cannot read is paused and deleted`() async throws {
        try await BulkFixture.with { fixture in
            let created = try await fixture.casarectl("trigger create newer --auth none --workflow invoices")
            #expect(created.status == 0, "\(created.errors)")
            try await fixture.database.asSystem { connection in
                _ = try connection.execute("UPDATE triggers SET spec = '{\"newer\": 1}'")
            }
            let listed = try await fixture.casarectl("trigger list")
            #expect(listed.status == 0 && listed.errors.contains("trigger newer is left out"))
            for (line, past) in [("pause newer", "paused"), ("delete newer --yes", "deleted")] {
                let done = try await fixture.casarectl("trigger \(line)")
                #expect(done.status == 0 && done.errors.contains("\(past) newer"), "\(done.errors)")
            }
            let rest = try await fixture.casarectl("trigger list")
            #expect(rest.status == 0 && !rest.errors.contains("newer"))
        }
    }

    @Test(arguments: [
        "trigger create", "trigger create a --workflow x", "trigger create a --auth github",
        "trigger create a --auth jwt --workflow x", "trigger create a --on leased --workflow x",
        "trigger create a --auth github --workflow x --map ref", "trigger update a",
        "trigger create a --auth github --auth-header X --workflow invoices",
    ])
    func `what cannot be meant is refused with a usage error`(line: String) async throws {
        try await BulkFixture.with { fixture in
            let ended = try await fixture.casarectl(line)
            #expect(ended.status == 64 && !ended.errors.isEmpty)
        }
    }
}
