import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// `casarectl dlq` as people and scripts run it, against a server of its own with PostgreSQL and a robot.
struct DeadLetterCommandTests {
    private static let nobody = "00000000-0000-7000-8000-000000000000"

    @Test func `letters are found, looked at, grouped and exported`() async throws {
        try await LetterScene.with { scene in
            try await Self.find(scene)
            try await Self.look(scene)
            try await Self.group(scene)
            try await Self.export(scene)
        }
    }

    @Test func `letters are acknowledged, resolved and purged, and nothing is done without a yes`() async throws {
        try await LetterScene.with { scene in
            try await Self.refuse(scene)
            try await Self.acknowledge(scene)
            try await Self.purge(scene)
        }
    }

    // MARK: Looking

    private static func find(_ scene: LetterScene) async throws {
        let all = scene.readers + [scene.thrower]
        #expect(try await scene.list("") == all.reversed())
        #expect(try await scene.list("--sort oldest") == all)
        #expect(try await scene.list("--sort oldest --status all") == all)
        let fingerprint = try #require(try await scene.letter(scene.readers[0])["fingerprint"]?.string)
        let cases: [(String, [String])] = [
            ("--workflow reader", scene.readers), ("--workflow reader --workflow-version 1", scene.readers),
            ("--workflow reader --workflow-version 2", []), ("--kind application", all), ("--kind timeout", []),
            ("--type FileNotFoundError", scene.readers), ("--fingerprint \(fingerprint)", scene.readers),
            ("--error BANK", [scene.thrower]), ("--error missing-1", [scene.readers[1]]), ("--error 50%", []),
            ("--node read", scene.readers), ("--robot robot", all), ("--robot other", []), ("--env default", all),
            ("--env other", []), ("--tag gpu", []), ("--since 1h", all), ("--until 1h", []),
            ("--variable customer=acme", [scene.readers[2]]), ("--variable customer=acm", []),
            ("--status acknowledged,resolved", []), ("--workflow reader --error missing-2", [scene.readers[2]]),
        ]
        for (line, expected) in cases {
            #expect(try await scene.list("--sort oldest \(line)") == expected, "\(line)")
        }
        // Page after page, without one twice or left out.
        let first = try await scene.dlq("list -o name --limit 3")
        #expect(first.output.split(separator: "\n").count == 3)
        #expect(first.errors == "casarectl: there are more; --limit 0 shows all\n")
        let unknown = try await scene.dlq("list --workflow nowhere")
        #expect(unknown.status == 4 && unknown.output.isEmpty, "\(unknown.errors)")
        let column = try await scene.dlq("list --columns size")
        #expect(column.status == 64 && column.errors.contains("fingerprint"), "\(column.errors)")
        for format in ["table", "wide", "json", "jsonl", "yaml", "csv", "name"] {
            let ended = try await scene.dlq("list -o \(format)")
            #expect(ended.status == 0 && ended.errors.isEmpty, "\(format): \(ended.errors)")
            #expect(all.allSatisfy { ended.output.contains($0) }, "\(format): \(ended.output)")
            #expect(!ended.output.contains("secret-one"), "\(format)")
        }
    }

    private static func look(_ scene: LetterScene) async throws {
        let shown = try await scene.dlq("show \(scene.readers[1])")
        #expect(shown.status == 0 && shown.errors.isEmpty, "\(shown.errors)")
        for part in [
            "\(scene.readers[1]) is open\n", "reader version 1", "FileNotFoundError (application)", "read\n",
            "Attempts\n", "missing-1.txt", "dead letters  3\n", "Last success of reader\n", "What was different then\n",
            "variables.path", "casarectl dlq retry \(scene.readers[1]) --wait",
            "casarectl dlq replay --workflow=reader --fingerprint",
        ] {
            #expect(shown.output.contains(part), "\(part) in \(shown.output)")
        }
        #expect(!shown.output.contains("secret-one"), "\(shown.output)")
        let json = try await scene.letter(scene.readers[1])
        #expect(json["context"]?["similar"]?["count"] == 3, "\(json)")
        #expect(json["context"]?["last_success"]?["robot"] == "robot" && json["robot"] == "robot")
        let names = json["context"]?["differences"]?.list?.compactMap { $0["name"]?.string } ?? []
        #expect(Set(names) == ["variables.path", "variables.pin"], "\(names)")
        // Nothing is like it, and its workflow never completed.
        let alone = try await scene.dlq("show \(scene.thrower)")
        #expect(alone.output.contains("no other dead letter has its fingerprint"), "\(alone.output)")
        #expect(alone.output.contains("none is known from before it") && !alone.output.contains("dlq replay"))
        #expect(try await scene.dlq("show \(Self.nobody)").status == 4)
    }

    private static func group(_ scene: LetterScene) async throws {
        let groups = try await scene.system.json("dlq", "groups")
        #expect(groups.list?.map { $0["count"] } == [3, 1], "\(groups)")
        #expect(groups.list?.first?["workflow"] == "reader" && groups.list?.first?["open_count"] == 3)
        let fingerprint = try #require(groups.list?.first?["fingerprint"]?.string)
        let page = try await scene.dlq("groups \(fingerprint)")
        #expect(page.output.hasPrefix("3 dead letters of reader, 3 open\n"), "\(page.errors)\(page.output)")
        #expect(page.output.contains("Versions\n") && page.output.contains("Robots\n"), "\(page.output)")
        #expect(try await scene.dlq("groups -o name --workflow thrower").output.split(separator: "\n").count == 1)
        #expect(try await scene.dlq("groups -o name --limit 1").output == "\(fingerprint)\n")
        #expect(try await scene.dlq("groups -o name --status resolved").output.isEmpty)
        let none = try await scene.dlq("groups 0000000000000000")
        #expect(none.status == 4 && none.errors.contains("--status all"), "\(none.errors)")
    }

    private static func export(_ scene: LetterScene) async throws {
        let printed = try await scene.dlq("export")
        #expect(printed.status == 0 && printed.errors == "casarectl: wrote 4 dead letters\n", "\(printed.errors)")
        let lines = printed.output.split(separator: "\n")
        let ids = try lines.compactMap { try Value(parsingJSON: String($0))["id"]?.string }
        #expect(ids == scene.readers + [scene.thrower])
        #expect(!printed.output.contains("secret-one"))
        let file = "\(scene.system.folder)/letters.jsonl"
        let written = try await scene.dlq("export --workflow thrower --file", [file])
        #expect(written.status == 0 && written.output.isEmpty, "\(written.errors)")
        #expect(written.errors == "casarectl: wrote 1 dead letter to \(file)\n")
        #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8) == lines.last.map { "\($0)\n" })
        let again = try await scene.dlq("export --file", [file])
        #expect(again.status == 5 && again.errors.contains("--force"), "\(again.errors)")
        #expect(try await scene.dlq("export --status resolved --force --file", [file]).status == 0)
        #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8).isEmpty)
        // What cannot be asked for leaves no file behind.
        let missing = "\(scene.system.folder)/none.jsonl"
        #expect(try await scene.dlq("export --workflow nowhere --file", [missing]).status == 4)
        let left = try FileManager.default.contentsOfDirectory(atPath: scene.system.folder)
        #expect(!left.contains { $0.hasPrefix("none.jsonl") }, "\(left)")
    }

    // MARK: Dealing with them

    private static func refuse(_ scene: LetterScene) async throws {
        let viewer = try await scene.system.json("token", "create", "looker", "--role", "viewer")
        let token = try #require(viewer["token"]?.string)
        for verb in ["ack", "purge", "replay", "ack --resolve"] {
            let words = ["dlq"] + verb.split(separator: " ").map(String.init)
            let nothing = try await scene.system.casarectl(words + ["--yes"])
            #expect(nothing.status == 64 && nothing.errors.contains("--workflow"), "\(verb): \(nothing.errors)")
            let unasked = try await scene.system.casarectl(words + ["--workflow", "reader"])
            #expect(unasked.status == 12 && unasked.errors.contains("3 dead letters"), "\(verb): \(unasked.errors)")
            let tried = try await scene.system.casarectl(words + ["--workflow", "reader", "--dry-run", "-o", "json"])
            #expect(tried.status == 0 && tried.errors.isEmpty, "\(verb): \(tried.errors)")
            #expect(tried.output.contains(scene.readers[0]), "\(verb): \(tried.output)")
            let none = try await scene.system.casarectl(words + ["--error", "no such text", "--yes"])
            #expect(none.status == 4 && none.output.isEmpty, "\(verb): \(none.errors)")
            let forbidden = try await scene.system.casarectl(
                words + ["--workflow", "reader", "--yes"], variables: ["CASARE_TOKEN": token])
            #expect(forbidden.status == 6, "\(verb): \(forbidden.errors)")
        }
        #expect(try await scene.list("").count == 4, "nothing was done")
        #expect(try await scene.dlq("ack \(Self.nobody)").status == 4)
        #expect(try await scene.dlq("ack", ["-"], input: "not an ID").status == 64)
    }

    private static func acknowledge(_ scene: LetterScene) async throws {
        let one = try await scene.dlq("ack \(scene.thrower) --reason known")
        #expect(one.status == 0 && one.errors.isEmpty, "\(one.errors)")
        #expect(one.output.hasPrefix("acknowledged \(scene.thrower): thrower v1: "), "\(one.output)")
        let letter = try await scene.letter(scene.thrower)
        #expect(letter["status"] == "acknowledged" && letter["acknowledgement"]?["reason"] == "known")
        #expect(try await scene.list("--status acknowledged") == [scene.thrower])
        #expect(try await scene.list("--sort oldest") == scene.readers)

        // Of several, the others are done all the same.
        let some = try await scene.dlq("ack - --yes -o name", input: "\(Self.nobody)\n\(scene.readers[0])\n")
        #expect(some.status == 7 && some.output == "\(scene.readers[0])\n", "\(some.errors)")
        #expect(some.errors.contains("could not acknowledge \(Self.nobody)"), "\(some.errors)")

        let many = try await scene.dlq("ack --workflow reader --yes --reason later -o json")
        #expect(many.status == 0, "\(many.errors)")
        let operation = try LetterScene.json(many)
        #expect(operation["verb"] == "acknowledge" && operation["status"] == "completed", "\(operation)")
        #expect(operation["count"] == 2 && operation["progress"]?["succeeded"] == 2, "open ones only: \(operation)")
        #expect(try await scene.list("").isEmpty)

        let settled = try await scene.dlq("ack --workflow reader --resolve --yes -o json --reason", ["by hand"])
        #expect(settled.status == 0, "\(settled.errors)")
        let settling = try LetterScene.json(settled)
        #expect(settling["verb"] == "acknowledge" && settling["progress"]?["succeeded"] == 3, "\(settling)")
        #expect(try await scene.list("--status resolved --sort oldest") == scene.readers)
        let settlingID = try #require(settling["id"]?.string)
        let shown = try await scene.system.casarectl("op", "show", settlingID)
        #expect(shown.output.contains("acknowledge 3 dead letters as settled"), "\(shown.output)")
        #expect(try await scene.letter(scene.readers[0])["resolution"]?["reason"] == "by hand")
        #expect(try await scene.list("--status acknowledged") == [scene.thrower])
        let retried = try await scene.dlq("retry \(scene.readers[0])")
        #expect(retried.status == 5 && retried.errors.contains("casarectl retry"), "\(retried.errors)")
    }

    private static func purge(_ scene: LetterScene) async throws {
        let purged = try await scene.dlq("purge --workflow reader --undo-within 10m --yes -o json")
        #expect(purged.status == 0, "\(purged.errors)")
        let operation = try LetterScene.json(purged)
        #expect(operation["verb"] == "purge" && operation["progress"]?["succeeded"] == 3, "\(operation)")
        #expect(try await scene.list("--status all") == [scene.thrower])
        #expect(try await scene.dlq("show \(scene.readers[0])").status == 4)
        // The job stays.
        #expect(try await scene.system.json("job", "get", scene.readers[0])["status"] == "failed")

        let id = try #require(operation["id"]?.string)
        let undone = try await scene.system.casarectl("op", "undo", id, "--reason", "too early")
        #expect(undone.status == 0, "\(undone.errors)")
        let watched = try await scene.system.casarectl("op", "watch", id, "--timeout", "60s")
        #expect(watched.status == 0, "\(watched.errors)")
        #expect(try await scene.list("--status all --sort oldest") == scene.readers + [scene.thrower])
        #expect(try await scene.letter(scene.readers[0])["status"] == "resolved", "it is what it was")

        let one = try await scene.dlq("purge \(scene.thrower)")
        #expect(one.status == 0, "\(one.errors)")
        #expect(try await scene.list("--status all --sort oldest") == scene.readers)
        // Whoever names it means it: what is not there is no success.
        #expect(try await scene.dlq("purge \(scene.thrower)").status != 0)
    }
}
