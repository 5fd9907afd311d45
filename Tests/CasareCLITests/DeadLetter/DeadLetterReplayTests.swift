import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Dead letters that run again, one and many, as people and scripts have them do it.
struct DeadLetterReplayTests {
    @Test func `a selection runs again with another value, its canary first`() async throws {
        try await LetterScene.with { scene in
            let reader = "replay --workflow reader"
            // What would change is shown, and nothing is done.
            let tried = try await scene.dlq("\(reader) --dry-run -o json --set", ["path=\(scene.path)"])
            #expect(tried.status == 0 && tried.errors.isEmpty, "\(tried.errors)")
            let preview = try LetterScene.json(tried)
            #expect(preview["count"] == 3, "\(preview)")
            #expect(tried.output.contains(scene.path) && !tried.output.contains("secret-one"), "\(tried.output)")
            let shown = try await scene.dlq("\(reader) --dry-run --set", ["path=\(scene.path)"])
            #expect(shown.output.hasPrefix("would replay 3 dead letters\n"), "\(shown.output)")
            #expect(shown.output.contains("path: ") && shown.output.contains(" → "), "\(shown.output)")
            #expect(try await scene.list("--workflow reader").count == 3)

            // As they were they fail again: the first one keeps the others from it.
            let stopped = try await scene.dlq("\(reader) --canary 1 --yes -o json")
            #expect(stopped.status == 7 && stopped.errors.contains("canary"), "\(stopped.errors)")
            let operation = try LetterScene.json(stopped)
            #expect(operation["status"] == "stopped" && operation["progress"]?["done"] == 1, "\(operation)")
            let id = try #require(operation["id"]?.string)
            #expect(try await scene.system.casarectl("op", "cancel", id).status == 0)
            let tested = try #require(try await scene.list("--status replayed").first)
            try await eventually("it is seen that the replay has ended") {
                try await scene.letter(tested)["replay"]?["ended_at"]?.string
            }

            // The two that are left, and the new letter of the one that failed once more.
            #expect(try await scene.list("--workflow reader").count == 3)
            let done = try await scene.dlq(
                "\(reader) --canary 1 --rate 100/s --stop-on-error-rate 10% --yes -o json --reason fixed --set",
                ["path=\(scene.path)"])
            #expect(done.status == 0, "\(done.errors)")
            let second = try LetterScene.json(done)
            #expect(second["status"] == "completed" && second["progress"]?["succeeded"] == 3, "\(second)")
            #expect(second["canary"] == 1 && second["rate_per_second"] == 100 && second["reason"] == "fixed")
            let watched = try await scene.system.casarectl(
                "op", "watch", second["id"]?.string ?? "", "--wait", "--timeout", "60s")
            #expect(watched.status == 0, "\(watched.errors)")
            #expect(try await scene.list("--workflow reader").isEmpty)

            // The original is kept, and the new job knows what it is a retry of.
            let open = try #require(scene.readers.first { $0 != tested })
            let letter = try await scene.letter(open)
            #expect(letter["variables"]?["path"]?.string?.contains("missing-") == true, "\(letter)")
            let new = try await scene.system.json("job", "get", try #require(letter["replayed_as"]?.string))
            #expect(new["retry_of"]?.string == open && new["status"] == "completed", "\(new)")
            #expect(new["variables"]?["path"]?.string == scene.path)
        }
    }

    @Test func `one that is named runs again as it is told to, and not twice at once`() async throws {
        try await LetterScene.with { scene in
            let (first, second, third) = (scene.readers[0], scene.readers[1], scene.readers[2])
            let patch = "\(scene.system.folder)/patch.json"
            try #"[{"op": "replace", "path": "/path", "value": "\#(scene.path)"}]"#
                .write(toFile: patch, atomically: true, encoding: .utf8)

            let tried = try await scene.dlq("retry \(first) --dry-run -o json --json-patch", [patch])
            #expect(tried.status == 0, "\(tried.errors)")
            let change = try LetterScene.json(tried).list?.first?["changes"]?.list?.first
            #expect(change?["name"] == "path" && change?["new"]?.string == scene.path, "\(tried.output)")
            #expect(try await scene.letter(first)["status"] == "open")

            let patched = try await scene.dlq("retry \(first) --wait -o json --json-patch", [patch])
            #expect(patched.status == 0 && patched.errors.contains("path: "), "\(patched.errors)")
            #expect(try LetterScene.json(patched)["retry_of"]?.string == first)
            try await eventually("the letter of a replay that completed is resolved") {
                try await scene.letter(first)["status"] == "resolved" ? true : nil
            }
            #expect(try await scene.dlq("retry \(first)").status == 5)

            // A sensitive value goes on as it was, though nobody is shown it.
            let set = try await scene.dlq("retry \(second) --wait -o json --set", ["path=\(scene.path)"])
            #expect(set.status == 0 && !set.errors.contains("secret-one"), "\(set.errors)")
            #expect(try LetterScene.json(set)["variables"]?["pin"] == "***", "\(set.output)")

            // The newest version reads nothing, so it does not matter that the file is missing.
            let fixed = """
                {"metadata": {"name": "reader"}, "nodes": {"l": {"node_type": "LogNode", "config": {"message": "m"}}}}
                """
            #expect(try await scene.system.casarectl("workflow", "push", "-", input: fixed).status == 0)
            let contrary = try await scene.dlq("retry \(third) --version latest --from failed")
            #expect(contrary.status != 0 && contrary.output.isEmpty, "\(contrary.errors)")
            let latest = try await scene.dlq("retry \(third) --version latest --wait -o json")
            #expect(latest.status == 0, "\(latest.errors)")
            #expect(try LetterScene.json(latest)["workflow_version"] == 2, "\(latest.output)")

            // A filter works here as well, and what a replay ends as is seen.
            let other = try await scene.dlq("retry --workflow thrower --yes -o json")
            #expect(other.status == 0, "\(other.errors)")
            #expect(try LetterScene.json(other)["count"] == 1, "\(other.output)")
        }
    }
}
