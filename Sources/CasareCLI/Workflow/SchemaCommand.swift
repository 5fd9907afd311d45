import ArgumentParser
import CasareDomain
import CasareEngine
import CasareNodes

extension WorkflowCommand {
    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema", abstract: "Print the workflow format as a JSON Schema, for editors.",
            discussion: """
                casarectl workflow schema > workflow.schema.json writes a JSON Schema (draft 2020-12). An editor that \
                is told of it completes node types and their parameters, shows their documentation and marks mistakes. \
                Connections and ports it cannot check: casarectl workflow validate does.
                """)

        @Flag(help: "Print it on one line.") var compact = false

        func run() throws {
            let schema = WorkflowSchema(StandardNodes.catalogue).json
            try StandardStreams.print(schema.jsonText(self.compact ? .compact : .pretty(indent: 2)) + "\n")
        }
    }
}
