import CasareDomain
import CasareEngine
import Testing

/// Reading a document and writing it again loses nothing.
struct DocumentWritingTests {
    private static func document(_ text: String) throws -> WorkflowDocument {
        try #require(WorkflowDocument.parse(text: text).document)
    }

    @Test func `a file in the usual shape is written as it was read`() throws {
        let text = """
            {"frames":[{"title":"t"}],"metadata":{"name":"n","color":"red"},\
            "nodes":{"b":{"node_id":"b","node_type":"LogNode","position":[1,2.5],"tint":3,"config":{"z":1,"a":"{{x}}"}},\
            "a":{"node_id":"a","node_type":"LogNode","name":"Say","config":{"_disabled":true}}},\
            "connections":[{"source_node":"b","source_port":"exec_out","target_node":"a","target_port":"exec_in","w":1}],\
            "other":{"k":[1,null]},"variables":{"x":1,"y":{"type":"List","default_value":[],"note":"n"}},\
            "settings":{"timeout":"2.5","on_recovery":"Retry","theme":"dark"},"subflows":{"s.json":{"nodes":{}}}}
            """
        #expect(try Self.document(text).json.jsonText() == text)
    }

    @Test(arguments: [
        #"{"nodes":[{"id":"a","type":"LogNode","properties":{"message":"m"},"custom":{"x":1},"keep":2}]}"#,
        #"{"nodes":{"0x1":{"type_":"x.VisualLogNode","custom":{"node_id":"a"},"disabled":true,"pos":[1,2]}}}"#,
        #"{"nodes":{"a":{"node_type":"LogNode","position":{"x":1,"y":2}},"b":{"type":"LogNode"}},"#
            + #""connections":[{"out":["a","exec_out"],"in":["b","exec_in"],"keep":true}]}"#,
        #"{"nodes":{"a":{"node_id":"z","node_type":"LogNode"}},"variables":[{"name":"v","value":1,"readonly":true}]}"#,
        #"{"name":"s","nodes":{"a":{"type":"LogNode"}},"inputs":[{"name":"i"}],"outputs":[],"parameters":"#
            + #"[{"name":"p","internal_node_id":"a","internal_property_name":"message","chain":["q"]}]}"#,
    ])
    func `every other shape is written in the usual one, and reads as the same document`(text: String) throws {
        let first = try Self.document(text)
        let written = first.json.jsonText()
        let (second, issues) = WorkflowDocument.parse(text: written)
        let again = try #require(second, "\(issues)")
        #expect(again.nodes.map(\.id) == first.nodes.map(\.id))
        #expect(again.nodes.map(\.type) == first.nodes.map(\.type))
        #expect(again.nodes.map(\.config) == first.nodes.map(\.config))
        #expect(again.nodes.map(\.isDisabled) == first.nodes.map(\.isDisabled))
        #expect(again.wires == first.wires)
        #expect(again.variables.map(\.value) == first.variables.map(\.value))
        #expect(again.variables.map(\.isReadOnly) == first.variables.map(\.isReadOnly))
        #expect(again.json.jsonText() == written)
        for key in ["keep", "chain"] where text.contains(key) { #expect(written.contains(key)) }
    }

    @Test func `a file's word that it was validated is not passed on`() throws {
        let written = try Self.document(#"{"nodes":{"a":{"type":"LogNode"}},"__validated__":true}"#).json
        #expect(written["__validated__"] == nil)
    }

    @Test func `what was changed in a document is written`() throws {
        var document = try Self.document(
            #"{"nodes":{"a":{"node_type":"LogNode","config":{"m":1}}},"variables":{"v":1},"settings":{"timeout":5}}"#)
        document.name = "renamed"
        document.nodes[0].config["m"] = 2
        document.nodes[0].isDisabled = true
        document.nodes[0].name = "Label"
        document.nodes.append(.init(id: "b", type: "LogNode"))
        document.connections.append(.init(source: "a", sourcePort: "exec_out", target: "b", targetPort: "exec_in"))
        document.variables[0].value = 2
        document.variables[0].isSensitive = true
        document.settings.timeoutSeconds = 6
        document.settings.onRecovery = .fail
        let again = try Self.document(document.json.jsonText())
        #expect(again.name == "renamed")
        #expect(again.nodes[0].config["m"] == 2)
        #expect(again.nodes.map(\.isDisabled) == [true, false])
        #expect(again.nodes[0].name == "Label")
        #expect(again.wires == ["a.exec_out -> b.exec_in"])
        #expect(again.variables.map(\.value) == [2])
        #expect(again.variables.map(\.isSensitive) == [true])
        #expect(again.settings.timeoutSeconds == 6)
        #expect(again.settings.onRecovery == .fail)
        document.settings.onRecovery = nil
        #expect(try Self.document(document.json.jsonText()).settings.onRecovery == nil)
    }
}
