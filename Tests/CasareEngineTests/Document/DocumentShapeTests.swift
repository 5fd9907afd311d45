import CasareDomain
import CasareEngine
import Testing

@Suite struct DocumentShapeTests {
    @Test func `a document keeps the order of its nodes`() throws {
        let document = try Self.parsed(
            """
            {"metadata": {"name": "n"}, "nodes": {"z": {"node_type": "LogNode"}, "a": {"node_type": "LogNode"},
             "m": {"node_type": "LogNode", "name": "Middle", "config": {"_disabled": true}}}}
            """)
        #expect(document.nodes.map(\.id) == ["z", "a", "m"])
        #expect(document.nodes.map(\.isDisabled) == [false, false, true])
        #expect(document.nodes[2].name == "Middle")
    }

    @Test(arguments: [
        #"{"node_id": "n", "node_type": "LogNode", "config": {"message": "hi"}, "position": {"x": 1, "y": 2}}"#,
        #"{"node_id": "n", "type": "LogNode", "properties": {"message": "hi"}}"#,
        #"{"type_": "casare_rpa.basic.VisualLogNode", "custom": {"node_id": "n", "message": "no"}, "#
            + #""properties": {"message": "hi"}, "pos": [1, 2]}"#,
    ])
    func `every shape of a node reads as the same node`(node: String) throws {
        let document = try Self.parsed(#"{"metadata": {"name": "n"}, "nodes": {"n": \#(node)}}"#)
        let read = try #require(document.nodes.first)
        #expect(
            WorkflowDocument.Node(id: read.id, type: read.type, config: read.config, name: read.name)
                == .init(id: "n", type: "LogNode", config: ["message": "hi"]))
    }

    @Test func `nodes may be a list when each has an ID`() throws {
        let document = try Self.parsed(
            #"{"nodes": [{"id": "a", "node_type": "LogNode"}, {"node_id": "b", "node_type": "LogNode"}]}"#)
        #expect(document.nodes.map(\.id) == ["a", "b"])
        #expect(Self.codes(#"{"nodes": [{"node_type": "LogNode"}]}"#).contains("MISSING_REQUIRED_FIELD"))
    }

    @Test func `an editor dump's connections find its nodes by their keys`() throws {
        let document = try Self.parsed(
            """
            {"nodes": {"0x1": {"type_": "x.VisualLogNode", "custom": {"node_id": "first"}},
                       "0x2": {"type_": "x.VisualLogNode", "custom": {"node_id": "second"}, "disabled": true}},
             "connections": [{"out": ["0x1", "exec_out"], "in": ["0x2", "exec_in"]}]}
            """)
        #expect(document.nodes.map(\.id) == ["first", "second"])
        #expect(document.nodes.map(\.isDisabled) == [false, true])
        #expect(document.wires == ["first.exec_out -> second.exec_in"])
    }

    @Test func `a node's key wins over its ID, and connections may use either`() {
        let (document, issues) = WorkflowDocument.parse(
            text: """
                {"metadata": {"name": "n"}, "nodes": {"a": {"node_id": "b", "node_type": "LogNode"},
                 "c": {"node_type": "LogNode"}}, "connections": [{"out": ["b", "exec_out"], "in": ["c", "exec_in"]}]}
                """)
        #expect(document?.nodes.map(\.id) == ["a", "c"])
        #expect(document?.wires == ["a.exec_out -> c.exec_in"])
        #expect(issues.map(\.code) == ["NODE_ID_MISMATCH"])
        #expect(issues.map(\.severity) == [.warning])
    }

    @Test func `unknown keys, frames and a file's word for itself are ignored`() {
        let (document, issues) = WorkflowDocument.parse(
            text: """
                {"metadata": {"name": "n"}, "nodes": {"a": {"node_type": "LogNode", "color": "red"}},
                 "frames": [{"title": "t"}], "__validated__": true, "other": 1}
                """)
        #expect(document != nil)
        #expect(issues.isEmpty)
    }

    @Test(arguments: [
        ("[1]", "INVALID_TYPE", nil), ("{}", "MISSING_REQUIRED_KEY", "nodes"),
        (#"{"nodes": 1}"#, "INVALID_TYPE", "nodes"), (#"{"nodes": {}}"#, "EMPTY_WORKFLOW", "nodes"),
        (#"{"nodes": {"a": 1}}"#, "INVALID_TYPE", "node:a"),
        (#"{"nodes": {"a": {}}}"#, "MISSING_REQUIRED_FIELD", "node:a"),
        (#"{"nodes": {"a": {"type": "T", "config": []}}}"#, "INVALID_CONFIG", "node:a"),
        (#"{"nodes": {"a": {"type": "T"}}, "connections": {}}"#, "INVALID_TYPE", "connections"),
        (#"{"nodes": {"a": {"type": "T"}}, "connections": [7]}"#, "INVALID_TYPE", "connection:0"),
        (#"{"nodes": {"a": {"type": "T"}}, "metadata": "m"}"#, "INVALID_TYPE", "metadata"),
        (#"{"nodes": {"a": {"type": "T"}}, "variables": 3}"#, "INVALID_TYPE", "variables"),
        (#"{"nodes": {"a": {"type": "T"}, "b": {"node_id": "a", "type": "T"}}}"#, "DUPLICATE_NODE_ID", "node:b"),
        (#"{"nodes": [{"id": "a", "type": "T"}, {"id": "a", "type": "T"}]}"#, "DUPLICATE_NODE_ID", "node:a"),
        (
            #"{"nodes": {"a": {"type": "T"}}, "connections": [{"source_node": "a", "source_port": "exec_out", "#
                + #""target_node": "a"}]}"#,
            "MISSING_REQUIRED_FIELD", "connection:0"
        ),
    ])
    func `a document of the wrong shape is refused`(text: String, code: String, location: String?) throws {
        let (document, issues) = WorkflowDocument.parse(text: text)
        #expect(document == nil)
        let error = try #require(issues.first { $0.isError })
        #expect(error.code == code)
        #expect(error.location == location)
    }

    @Test func `a key that comes twice is not lost in silence`() {
        let (document, issues) = WorkflowDocument.parse(
            text: """
                {"metadata": {"name": "n"},
                 "nodes": {"a": {"node_type": "LogNode", "config": {"message": 1, "message": 2}},
                           "a": {"node_type": "EndNode"}}}
                """)
        #expect(document == nil)
        #expect(issues.map(\.code) == ["DUPLICATE_KEY", "DUPLICATE_NODE_ID"])
        #expect(issues.map(\.location) == ["nodes.a.config.message", "node:a"])
        #expect(issues.map(\.isError) == [false, true])
        #expect(issues.last?.message.contains("line 3") == true)
    }

    @Test func `text that is not JSON is refused with its place`() {
        let (document, issues) = WorkflowDocument.parse(text: "{\n  \"nodes\": }")
        #expect(document == nil)
        #expect(issues.map(\.code) == ["INVALID_JSON"])
        #expect(issues.first?.message.contains("line 2, column 12") == true)
    }

    @Test func `a position matters to editors only`() {
        let text = #"{"metadata": {"name": "n"}, "nodes": {"a": {"type": "T", "position": [1, "b"]}}}"#
        #expect(WorkflowDocument.parse(text: text).document != nil)
        #expect(Self.codes(text) == ["INVALID_POSITION"])
    }

    @Test(arguments: [
        (#"{}"#, ["MISSING_NAME"]), (#"{"name": "  "}"#, ["MISSING_NAME"]), (#"{"name": "n"}"#, []),
        (#"{"name": "n", "schema_version": "1.2.0"}"#, []),
        (#"{"name": "n", "schema_version": "2.0.0"}"#, ["SCHEMA_VERSION_MISMATCH"]),
        (#"{"name": "\#(String(repeating: "n", count: 101))"}"#, ["NAME_TOO_LONG"]),
        (#"{"name": "\#(String(repeating: "n", count: 257))"}"#, ["LIMIT_EXCEEDED"]),
        (#"{"name": "n", "version": "\#(String(repeating: "1", count: 51))"}"#, ["LIMIT_EXCEEDED"]),
    ])
    func `metadata is checked`(metadata: String, codes: [String]) {
        #expect(Self.codes(#"{"metadata": \#(metadata), "nodes": {"a": {"type": "T"}}}"#) == codes)
    }

    private static func parsed(_ text: String) throws -> WorkflowDocument {
        let (document, issues) = WorkflowDocument.parse(text: text)
        return try #require(document, "\(issues)")
    }

    private static func codes(_ text: String) -> [String] { WorkflowDocument.parse(text: text).issues.map(\.code) }
}
