import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

/// What files of documents say, and what is refused.
struct ResourceDocumentTests {
    private static func refusal(_ text: String, named file: String = "a.yaml") -> String? {
        do throws(CommandFailure) {
            for document in try ResourceFiles.parse(text, named: file) {
                _ = try WantedResource(document, owner: nil)
            }
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a file holds several documents, and empty ones do not count`() throws {
        let documents = try ResourceFiles.parse(
            """
            ---
            kind: Calendar
            name: office
            spec: {preset: uk_bank}
            ---
            ---
            kind: Schedule
            name: nightly
            owner: billing
            paused: true
            spec:
              cron: {expression: "0 2 * * *"}
              workflow: invoices
            """, named: "a.yaml")
        #expect(documents.map(\.key) == [.init(.calendar, "office"), .init(.schedule, "nightly")])
        #expect(documents.map(\.place.number) == [1, 2])
        #expect(documents.map(\.isPaused) == [false, true] && documents.map(\.owner) == [nil, "billing"])
        let wanted = try WantedResource(documents[1], owner: nil)
        #expect(wanted.owner == "billing" && wanted.isPaused)
        #expect(try WantedResource(documents[1], owner: "me").owner == "me")
        #expect(try WantedResource(documents[0], owner: nil).owner == "default")
    }

    @Test func `JSON holds one document or a list of them`() throws {
        let one = #"{"kind": "Queue", "name": "prod", "spec": {"concurrency": 3}}"#
        #expect(try ResourceFiles.parse(one, named: "a.json").count == 1)
        #expect(try ResourceFiles.parse(one, named: "stdin").count == 1)
        let other = #"{"kind": "Queue", "name": "test", "spec": {}}"#
        #expect(try ResourceFiles.parse("[\(one), \(other)]", named: "stdin").map(\.key.name) == ["prod", "test"])
        #expect(try ResourceFiles.parse("", named: "stdin").isEmpty)
        #expect(try ResourceFiles.parse("[]", named: "a.json").isEmpty)
    }

    @Test(
        arguments: [
            ("kind: Shedule\nname: a\nspec: {}", "a.yaml, document 1: kind: there is no kind Shedule; did you mean"),
            ("name: a\nspec: {}", "a.yaml, document 1: kind: is required"),
            ("nodes: {}", "a workflow's own file is named by spec.file"),
            ("kind: Queue\nname: a\nspecs: {}", "a.yaml, document 1: specs: there is no such member; did you mean"),
            ("kind: Queue\nspec: {}", "a.yaml, document 1: name: is required"),
            ("kind: Queue\nname: a", "a.yaml, document 1: spec: is required"),
            ("kind: Queue\nname: a\nspec: {}\n---\n- 1", "a.yaml, document 2: expected an object"),
            ("kind: Schedule\nname: a\nid: 7\nspec: {}", "a.yaml, document 1: id: a server says that"),
            ("kind: Queue\nname: a\npaused: true\nspec: {}", "paused: is for schedules and triggers"),
            ("kind: Queue\nname: a\nowner: 7\nspec: {}", "owner: expected text"),
            ("kind: Queue\nname: a\nspec: {concurency: 1}", "spec.concurency: there is no such member; did you mean"),
            ("kind: Queue\nname: a\nspec: {concurrency: -1}", "spec.concurrency: expected a number from 0"),
            ("kind: Queue\nname: a\nspec: {rate: often}", "spec.rate: expected how many"),
            ("kind: Queue\nname: a\nspec: {rate: {every: 1}}", "spec.rate.every: there is no such member"),
            ("kind: Calendar\nname: a\nspec: {presets: uk_bank}", "a.yaml, document 1: spec.presets"),
            (
                "kind: Schedule\nname: a\nspec: {cron: {expresion: '* * * * *'}, workflow: w}",
                "a.yaml, document 1: spec.cron.expresion"
            ),
            ("kind: Schedule\nname: a\nspec: {workflow: w}", "a.yaml, document 1: spec: a schedule needs one of"),
            (
                "kind: Trigger\nname: a\nspec: {workflow: w, webhook: {auth: {kind: github, secret: x}}}",
                "a.yaml, document 1: spec.webhook.auth.secret"
            ),
            ("kind: Workflow\nname: a\nspec: {}", "a.yaml, document 1: spec: say which workflow: file or document"),
            ("kind: Workflow\nname: a\nspec: {file: /none.json}", "a.yaml, document 1: spec: cannot read /none.json"),
            ("kind: Workflow\nname: a\nspec: {path: x}", "a.yaml, document 1: spec.path: there is no such member"),
            ("kind: [", "a.yaml is not YAML"),
        ])
    func `what cannot be is refused with file, document and member`(text: String, message: String) {
        let refusal = Self.refusal(text) ?? "(taken)"
        #expect(refusal.contains(message), "\(refusal)")
    }

    @Test func `one thing is described once`() throws {
        let text = "kind: Queue\nname: a\nspec: {}\n---\nkind: Queue\nname: a\nspec: {}"
        let documents = try ResourceFiles.parse(text, named: "a.yaml")
        let error = #expect(throws: CommandFailure.self) { try ResourceFiles.checkEachIsThereOnce(documents) }
        #expect(
            error?.message == "a.yaml, document 2: name: queue a is described twice, first in a.yaml, document 1; "
                + "leave one out")
    }

    @Test func `of a folder its own YAML and JSON files count, by name`() throws {
        try withFolder { folder in
            try write("kind: Queue\nname: b\nspec: {}", to: folder + "/b.yml")
            try write(#"{"kind": "Queue", "name": "a", "spec": {}}"#, to: folder + "/a.json")
            try write("no document", to: folder + "/notes.txt")
            try write("no: document", to: folder + "/.hidden.yaml")
            try write("no: document", to: folder + "/deeper/c.yaml")
            #expect(try ResourceFiles.read([folder]).map(\.key.name) == ["a", "b"])
            #expect(throws: CommandFailure.self) { try ResourceFiles.read([folder, folder + "/b.yml"]) }
            #expect(throws: CommandFailure.self) { try ResourceFiles.read([folder + "/none.yaml"]) }
        }
    }

    @Test func `a workflow stands in a file beside the document, or in it`() throws {
        try withFolder { folder in
            try write(#"{"metadata": {"name": "other"}, "nodes": {}}"#, to: folder + "/flows/w.json")
            try write(
                "kind: Workflow\nname: w\nspec: {file: flows/w.json}\n---\nkind: Workflow\nname: v\n"
                    + "spec: {document: {nodes: {}}}", to: folder + "/a.yaml")
            let wanted = try ResourceFiles.read([folder + "/a.yaml"]).map { try WantedResource($0, owner: nil) }
            #expect(wanted.map(\.json) == [["metadata": ["name": "other"], "nodes": [:]], ["nodes": [:]]])
        }
    }

    @Test func `the example is one`() throws {
        let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let documents = try ResourceFiles.read([root + "/examples/declarative"])
        let wanted = try documents.map { try WantedResource($0, owner: nil) }
        #expect(Set(wanted.map(\.key.kind)) == Set(AppliedResource.Kind.allCases))
        #expect(wanted.allSatisfy { $0.owner == "billing" && $0.warnings.isEmpty })
    }

    @Test func `a rate is written as people write it, or as the API does`() throws {
        let words = try QueueDescription(json: ["rate": "100/min", "key_concurrency": 2])
        #expect(
            words.json == ["rate": ["every_seconds": 0.6, "burst": 100], "key_concurrency": 2])
        #expect(try QueueDescription(json: words.json) == words)
        #expect(try QueueDescription(json: [:]).json == [:])
        #expect(try QueueDescription(json: ["ageing_seconds": 60]).json == [:], "the usual value is not said")
    }
}
