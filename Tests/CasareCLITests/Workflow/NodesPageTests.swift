import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareCLI

struct NodesPageTests {
    @Test func `the page that is checked in says what the code says`() throws {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let page = try String(contentsOfFile: "/\(root)/docs/nodes.md", encoding: .utf8)
        // Compared before the expectation: a difference between two pages of this length helps nobody.
        let isCurrent = page == NodesPage.complete
        #expect(isCurrent, "docs/nodes.md is not what the node types declare; run `make docs` and check it in")
    }

    @Test func `a type's section holds all that it declares`() {
        let type = NodeType(
            "ShipNode", aliases: ["BoatNode"], family: "Ships", "Sails to <port> | or not.",
            parameters: [
                .init(
                    "port", .string, default: "a|b", required: true, choices: ["a|b", "c"], "Where to; `x|y` is `z`."),
                .init(
                    "flag", .string, choices: ["Blue", "Red"], choiceAliases: ["Blue": ["B"], "Red": []], "Which one."),
                .init("speed", .number, range: 1...20, aliases: [.init("speed_kmh", scale: 0.5)], "Knots * all."),
            ],
            parameterPrefixes: ["sail_"], outputs: [.init("log", .list, aliases: ["book"])],
            execOutputs: ["arrived", "sunk"], effect: .effect,
            effectFor: { $0["port"] == "c" ? .captured : .effect }, opensSession: true,
            .pure { _, _ in NodeResult() })
        #expect(
            NodesPage.section(type, level: 2) == #"""
                ## ShipNode

                Sails to &lt;port> | or not.

                - Also called: `BoatNode`
                - Exec outputs: `arrived`, `sunk`
                - Effect: `effect`; parameters may make it another (`port=a|b`: `effect`, `port=c`: `captured`)
                - It keeps something open in the run; a run that goes on elsewhere opens it again before anything new.

                | parameter | type | default |  |
                | --- | --- | --- | --- |
                | `port` (required) | string | `"a\|b"` | Where to; `x\|y` is `z`. One of `a\|b`, `c`. |
                | `flag` | string |  | Which one. One of `Blue` (also `B`), `Red`. |
                | `speed` | number |  | Knots \* all. 1 to 20. Also `speed_kmh` (times 0.5). |
                | `sail_1`, `sail_2`, … | any |  | As many as are given, in the order of their numbers. |

                Outputs: `log` list (also `book`).

                """#)
    }

    @Test func `a type that is not supported says why, and nothing else`() {
        let type = NodeType("RowNode", family: "Ships", "Rows.", .unsupported(reason: "It needs `oars`."))
        #expect(NodesPage.section(type, level: 1) == "# RowNode\n\nRows.\n\n- Not supported: It needs `oars`.\n")
        let page = NodesPage.page([type])
        #expect(page.contains("0 types run. 1 more are known"))
        #expect(page.contains("- **[Ships](#ships)**: 1 not supported\n"))
        #expect(page.contains("| `RowNode` |  | It needs `oars`. |\n"))
    }
}
