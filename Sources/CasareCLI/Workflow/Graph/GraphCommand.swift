import ArgumentParser
import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire

extension WorkflowCommand {
    struct Graph: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "graph", abstract: "Draw a workflow: in the terminal, or for Graphviz or Mermaid.",
            discussion: """
                In text, ways that branch are set in under their node, and what they come together at stands below \
                them. ◆ branches, ◌ is disabled, ↓ and ↑ lead to a node drawn further down or up, ↺ back to a loop's \
                start, and [a ⇠ n.b] takes parameter a from output b of node n. A workflow with errors is drawn as far \
                as it goes, and its errors are told on stderr; it ends with 1.
                """)

        enum Format: String, CaseIterable, ExpressibleByArgument { case text, dot, mermaid, json }

        @Argument(
            help: "The workflow's JSON file, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
            transform: Text.notEmpty)
        var file: String

        @Option(name: [.customShort("o"), .customLong("output")], help: "What to draw it in.")
        var format = Format.text

        func run() throws {
            let input = TextInput(self.file)
            let (document, issues) = WorkflowDocument.parse(text: try input.readWorkflow())
            guard let document else {
                Self.report(issues)
                throw CommandFailure(.failure, "\(input.name) cannot be drawn with such errors")
            }
            let graph = WorkflowGraph(document)
            switch self.format {
            case .text: try StandardStreams.print(GraphText.render(graph))
            case .dot: try StandardStreams.print(GraphDot.render(graph))
            case .mermaid: try StandardStreams.print(GraphMermaid.render(graph))
            case .json: try StandardStreams.print(TerminalText.json(graph.json.jsonText(.pretty(indent: 2))) + "\n")
            }
            let errors = (issues + document.validate(against: StandardNodes.catalogue)).filter(\.isError)
            Self.report(errors)
            if !errors.isEmpty { throw QuietExit(.failure) }
        }

        private static func report(_ issues: [ValidationIssue]) {
            for issue in issues { StandardStreams.report(IssueInfo(issue).line) }
        }
    }
}
