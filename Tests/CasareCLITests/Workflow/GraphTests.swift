import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl workflow graph`, as a person or a script runs it.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct GraphTests {
    private static func graph(_ document: String, _ arguments: String...) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            // The suite is skipped without the program.
            try BuiltProgram.casarectl!.run(["workflow", "graph", "-"] + arguments, in: folder, input: document)
        }
    }

    /// `a b` is an exec connection from a's exec_out, `a.port b` from a port, `a.port b.port` a data connection.
    private static func document(
        _ nodes: [(id: String, type: String, config: Value)], _ connections: String...
    ) -> String {
        let members = nodes.map { ($0.id, ["node_type": .string($0.type), "config": $0.config] as Value) }
        let edges = connections.map { text -> Value in
            let ends = text.split(separator: " ").map { $0.split(separator: ".").map(String.init) }
            return [
                "source_node": .string(ends[0][0]), "source_port": .string(ends[0].count > 1 ? ends[0][1] : "exec_out"),
                "target_node": .string(ends[1][0]), "target_port": .string(ends[1].count > 1 ? ends[1][1] : "exec_in"),
            ]
        }
        let document: Value = [
            "metadata": ["name": "w"], "nodes": .object(Object(members)), "connections": .list(edges),
        ]
        return document.jsonText(.compact)
    }

    private static let set: Value = ["variable_name": "x", "value": 1]

    @Test func `branches are set in, what they come together at stands below, loops say where they go back`() throws {
        let document = Self.document(
            [
                ("a", "SetVariableNode", Self.set), ("each", "ForLoopStartNode", ["items": [1]]),
                ("check", "IfNode", ["condition": true]), ("yes", "LogNode", [:]), ("no", "LogNode", [:]),
                ("both", "MergeNode", [:]), ("stop", "BreakNode", ["paired_loop_start_id": "each"]),
                ("next", "ForLoopEndNode", ["paired_start_id": "each"]), ("end", "LogNode", [:]),
            ],
            "a each", "each.body check", "check.true yes", "check.false no", "yes both", "no both", "both next",
            "each.completed end", "no stop", "a.value end.message")
        let ending = try Self.graph(document)
        #expect(ending.status == 0)
        #expect(ending.errors == "")
        #expect(
            ending.output == """
                w: 9 nodes, 10 connections

                ● a  SetVariableNode
                │
                ◆ each  ForLoopStartNode
                ├─ body:
                │  ◆ check  IfNode
                │  ├─ true:
                │  │  ● yes  LogNode
                │  │  ↓ both
                │  ├─ false:
                │  │  ◆ no  LogNode
                │  │  ├─ exec_out ↓ both
                │  │  └─ exec_out:
                │  │     ● stop  BreakNode
                │  │     → out of each
                │  │
                │  ● both  MergeNode
                │  │
                │  ● next  ForLoopEndNode
                │  ↺ each
                │ completed:
                ● end  LogNode  [message ⇠ a.value]

                """)
    }

    @Test func `pairs without a connection, disabled nodes and what is not reached are drawn`() throws {
        let document = Self.document(
            [
                ("try", "TryNode", [:]), ("work", "ThrowErrorNode", ["_disabled": true]),
                ("catch", "CatchNode", ["paired_try_id": "try"]), ("last", "LogNode", [:]),
                ("note", "CommentNode", [:]), ("page", "LaunchBrowserNode", [:]),
            ],
            "try.try_body work", "try last", "last page")
        #expect(
            try Self.graph(document).output == """
                w: 6 nodes, 3 connections

                ◆ try  TryNode
                ├─ try_body:
                │  ◌ work  ThrowErrorNode  (disabled)
                ├─ catch:
                │  ● catch  CatchNode
                │ exec_out:
                ● last  LogNode
                │
                ● page  LaunchBrowserNode  (not supported)

                Not reached from the start:

                ● note  CommentNode

                """)
    }

    @Test func `a broken workflow is drawn as far as it goes, and says what is wrong`() throws {
        let document = Self.document(
            [("a", "LogNode", [:]), ("b", "Frobnicate", [:]), ("c", "LogNode", [:])],
            "a b", "b c", "c b", "c ghost")
        let ending = try Self.graph(document)
        #expect(ending.status == 1)
        #expect(
            ending.output == """
                w: 4 nodes, 4 connections

                ● a  LogNode
                │
                ● b  Frobnicate  (unknown type)
                │
                ◆ c  LogNode
                ├─ exec_out ↑ b
                └─ exec_out:
                   ● ghost  (there is no such node)

                """)
        #expect(ending.errors.contains("unknown type 'Frobnicate'"))
        #expect(ending.errors.contains("'ghost', but there is no node with that ID"))
        #expect(ending.errors.contains("Execution runs in a circle"))
        let text = try Self.graph("{\"nodes\":")
        #expect(text.status == 1)
        #expect(text.output == "")
        #expect(text.errors.contains("line 1, column 10"))
        #expect(text.errors.hasSuffix("casarectl: stdin cannot be drawn with such errors\n"))
        #expect(try Self.graph("{\"nodes\": []}").errors.contains("The workflow has no nodes"))
    }

    /// Everything that could end a label, or be taken for something else in one of the languages.
    private static let odd = document(
        [("end\"]\\N<b>&#;`|\n", "LogNode", ["label": "say \"x\""]), ("b", "LogNode", ["_disabled": true])],
        "end\"]\\N<b>&#;`|\n b")

    @Test func `Graphviz takes the drawing, whatever the labels hold`() throws {
        let ending = try Self.graph(Self.odd, "-o", "dot")
        #expect(
            ending.output == #"""
                digraph "w" {
                  node [shape=box, style=rounded, fontname="Helvetica"];
                  edge [fontname="Helvetica", fontsize=10];
                  n0 [label="end\"]\\N<b>&#;`|\\n\nLogNode\nsay \"x\"", penwidth=2];
                  n1 [label="b\nLogNode", style="rounded,dashed"];
                  n0 -> n1;
                }

                """#)
        let labelled = try Self.graph(
            Self.document(
                [("i", "IfNode", ["condition": true]), ("a", "SetVariableNode", Self.set), ("b", "LogNode", [:])],
                "i.true a", "a b", "a.value b.message"), "-o", "dot"
        ).output
        #expect(labelled.contains("  n0 -> n1 [label=\"true\"];\n"))
        #expect(
            labelled.contains("  n1 -> n2 [label=\"value → message\", style=dashed, color=blue, constraint=false];\n"))
    }

    @Test func `Mermaid's own characters are written as its entities`() throws {
        #expect(
            try Self.graph(Self.odd, "-o", "mermaid").output == #"""
                flowchart TD
                  n0["end#34;]#92;N#60;b#62;#38;#35;#59;#96;#124;#92;n<br/>LogNode<br/>say #34;x#34;"]
                  n1["b<br/>LogNode"]
                  n0 --> n1
                  classDef disabled stroke-dasharray:5 5
                  class n1 disabled
                  classDef start stroke-width:3px
                  class n0 start

                """#)
    }

    @Test func `JSON has every node and edge`() throws {
        let document = Self.document(
            [
                ("f", "ForkNode", ["paired_join_id": "j"]), ("a", "SetVariableNode", Self.set), ("j", "JoinNode", [:]),
            ], "f.branch_1 a", "a j", "a.value j.data")
        let json = try Value(parsingJSON: try Self.graph(document, "-o", "json").output)
        #expect(
            json["nodes"]?.list?.first == [
                "id": "f", "type": "ForkNode", "name": .null, "disabled": false, "known": true, "supported": true,
                "start": true,
            ])
        #expect(
            json["edges"] == [
                ["source": "f", "source_port": "branch_1", "target": "a", "target_port": "exec_in", "kind": "exec"],
                ["source": "a", "source_port": "exec_out", "target": "j", "target_port": "exec_in", "kind": "exec"],
                ["source": "a", "source_port": "value", "target": "j", "target_port": "data", "kind": "data"],
                ["source": "f", "source_port": "join", "target": "j", "target_port": "", "kind": "pair"],
            ])
    }

    @Test(arguments: Corpus.all)
    func `every workflow of the corpus is drawn with every node once`(entry: Corpus.Entry) throws {
        let text = try String(contentsOfFile: entry.path, encoding: .utf8)
        guard let document = WorkflowDocument.parse(text: text).document else {
            // The one that has nothing to draw.
            return #expect(entry.name == "p58_empty_workflow.json")
        }
        let graph = WorkflowGraph(document)
        let drawn = GraphText.render(graph).split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ").drop { ["│", "├─", "└─"].contains($0) }
            guard let mark = words.first, ["●", "◆", "◌"].contains(mark) else { return nil }
            return words.dropFirst().first.map(String.init)
        }
        #expect(drawn.sorted() == graph.nodes.map(\.id).sorted())
    }
}
