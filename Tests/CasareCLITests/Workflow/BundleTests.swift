import CasareDomain
import Testing

@testable import CasareCLI

struct BundleTests {
    private static func workflow(_ name: String, running paths: String...) -> String {
        let nodes = paths.enumerated().map { position, path in
            """
            "n\(position)": {"node_type": "SubflowNode", "config": {"subflow_path": "\(path)"}}
            """
        }
        return "{\"metadata\": {\"name\": \"\(name)\"}, \"nodes\": {\(nodes.joined(separator: ", "))}}"
    }

    @Test func `subflow files travel in the document, those they refer to included`() throws {
        try withFolder { folder in
            try write(Self.workflow("main", running: "a.json", "parts/b.json"), to: folder + "/main.json")
            try write(Self.workflow("a", running: "parts/b.json"), to: folder + "/a.json")
            // One relative to the workflow's folder, one beside the file that names it, and a circle.
            try write(Self.workflow("b", running: "a.json", "c.json"), to: folder + "/parts/b.json")
            try write(Self.workflow("c"), to: folder + "/parts/c.json")
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            #expect(bundle.name == "main")
            #expect(bundle.warnings == [])
            let subflows = try #require(bundle.document["subflows"]?.object)
            #expect(Set(subflows.keys) == ["a.json", "parts/b.json", "parts/c.json"])
            #expect(subflows["parts/c.json"]?["metadata"]?["name"] == "c")
        }
    }

    @Test func `nodes in a list and in the subflow editor's form are looked through too`() throws {
        try withFolder { folder in
            try write(
                """
                {"nodes": [{"id": "x", "type": "SubflowNode", "properties": {"subflow_path": "s.json"}}]}
                """, to: folder + "/main.json")
            try write(Self.workflow("s"), to: folder + "/s.json")
            #expect(try WorkflowBundle.load(.file(folder + "/main.json")).document["subflows"]?["s.json"] != nil)
        }
    }

    @Test func `a missing subflow is a warning, because its node only fails when reached`() throws {
        try withFolder { folder in
            try write(Self.workflow("main", running: "gone.json", "{{chosen}}.json", ""), to: folder + "/main.json")
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            #expect(bundle.document["subflows"] == nil)
            #expect(
                bundle.warnings == [
                    "workflow gone.json, which node n0 of \(folder)/main.json runs, is not there: "
                        + "the node will fail when it is reached"
                ])
        }
    }

    @Test func `a document's own subflows win over files`() throws {
        try withFolder { folder in
            try write(
                """
                {"nodes": {"n": {"config": {"subflow_path": "s.json"}}},
                 "subflows": {"s.json": {"nodes": {}, "id": "own"}}}
                """, to: folder + "/main.json")
            try write(Self.workflow("file"), to: folder + "/s.json")
            #expect(
                try WorkflowBundle.load(.file(folder + "/main.json")).document["subflows"]?["s.json"]?["id"] == "own")
        }
    }

    @Test func `a document without subflows keeps every value and the order of its keys`() throws {
        let text = "{\"z\":1,\"nodes\":{},\"a\":1.0,\"connections\":[]}"
        let bundle = try WorkflowBundle(text: text, name: "stdin", folder: nil)
        #expect(bundle.document.jsonText(.compact) == text)
    }

    @Test(arguments: [
        ("{", "is not JSON: line 1, column 2"), ("{\"secrets\": 1}", "is not a workflow: it has no nodes"),
    ])
    func `a subflow file that is no workflow is named with the node that runs it`(text: String, reason: String) throws {
        try withFolder { folder in
            try write(Self.workflow("main", running: "s.json"), to: folder + "/main.json")
            try write(text, to: folder + "/s.json")
            let failure = #expect(throws: CommandFailure.self) {
                try WorkflowBundle.load(.file(folder + "/main.json"))
            }
            #expect(failure?.message.hasPrefix(folder + "/s.json") == true)
            #expect(failure?.message.contains(reason) == true)
        }
    }

    @Test func `a path means the file beside the one that it stands in`() throws {
        try withFolder { folder in
            try write(Self.workflow("main", running: "a/x.json", "b/x.json"), to: folder + "/main.json")
            for part in ["a", "b"] {
                try write(Self.workflow(part, running: "same.json"), to: folder + "/\(part)/x.json")
                try write(Self.workflow(part), to: folder + "/\(part)/same.json")
            }
            try write(Self.workflow("main"), to: folder + "/same.json")
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            let subflows = try #require(bundle.document["subflows"]?.object)
            #expect(Set(subflows.keys) == ["a/x.json", "b/x.json", "a/same.json", "b/same.json"])
            #expect(subflows["b/same.json"]?["metadata"]?["name"] == "b")
        }
    }

    @Test func `every node that calls a workflow brings its file along`() throws {
        try withFolder { folder in
            try write(
                """
                {"nodes": {
                  "a": {"node_type": "CallSubworkflowNode", "config": {"subworkflow_path": "./a.json"}},
                  "b": {"node_type": "ExecuteWorkflowNode", "config": {"workflow_path": "parts/../b.json"}}}}
                """, to: folder + "/main.json")
            for name in ["a", "b"] { try write(Self.workflow(name), to: "\(folder)/\(name).json") }
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            #expect(Set(bundle.document["subflows"]?.object?.keys ?? []) == ["a.json", "b.json"])
        }
    }

    @Test func `a key that comes twice is pointed out, and a node that does is refused`() throws {
        try withFolder { folder in
            try write(#"{"nodes": {"a": {"node_type": "LogNode", "name": 1, "name": 2}}}"#, to: folder + "/main.json")
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            #expect(bundle.warnings.count == 1)
            #expect(bundle.warnings.first?.contains("'nodes.a.name' is there twice") == true)
            try write(#"{"nodes": {"a": {"node_type": "LogNode"}, "a": {}}}"#, to: folder + "/main.json")
            let failure = #expect(throws: CommandFailure.self) { try WorkflowBundle.load(.file(folder + "/main.json")) }
            #expect(failure?.message.contains("Two nodes have the key 'a'") == true)
        }
    }

    @Test func `a missing workflow file is not found`() {
        let failure = #expect(throws: CommandFailure.self) { try WorkflowBundle.load(.file("/no/such/file.json")) }
        #expect(failure?.status == .notFound)
        #expect(failure?.message == "cannot read /no/such/file.json: No such file or directory")
    }
}
