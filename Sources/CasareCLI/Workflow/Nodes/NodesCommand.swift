import ArgumentParser
import CasareEngine
import CasareNodes

extension WorkflowCommand {
    struct Nodes: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "nodes", abstract: "Show the node types that workflows may use, without a server.",
            discussion: """
                With TYPE, everything about one type: its parameters, ports and outputs, and what its effect means for \
                a run that goes on elsewhere. -o markdown makes a page of it; docs/nodes.md is the page of all types.
                """)

        enum Format: String, OwnFormat { case markdown }

        @Argument(
            help: "Only this type, with everything about it; any of its names.",
            completion: .custom { _, _, _ in StandardNodes.catalogue.types.map(\.name) }, transform: Text.notEmpty)
        var type: String?

        @Option(
            help: ArgumentHelp("Only families with this in their name, such as files.", valueName: "name"),
            completion: .custom { _, _, _ in StandardNodes.catalogue.families }, transform: Text.notEmpty)
        var family: String?

        @Flag(help: "Only types that this version knows and cannot run.")
        var unsupported = false

        @OptionGroup var output: OutputChoice<Format>

        func validate() throws {
            if self.type != nil, self.family != nil || self.unsupported {
                throw ValidationError("--family and --unsupported choose from the list; leave them out with a type.")
            }
        }

        func run() throws {
            let catalogue = StandardNodes.catalogue
            let output = self.output.usual
            try output.check(NodeType.columns.map(\.heading))
            if let name = self.type {
                let type = try Self.type(named: name, in: catalogue)
                switch self.output.format {
                case .own(.markdown): try StandardStreams.print(NodesPage.section(type, level: 1))
                case .usual: try output.print(type.presentation())
                }
                return
            }
            let types = try self.selected(from: catalogue)
            switch self.output.format {
            case .own(.markdown): try StandardStreams.print(NodesPage.page(types))
            case .usual:
                try output.print(
                    Presentation(list: types, columns: NodeType.columns, name: \.name, json: { $0.json }))
            }
        }

        private static func type(named name: String, in catalogue: NodeCatalogue) throws(CommandFailure) -> NodeType {
            if let type = catalogue.type(named: name) { return type }
            let advice =
                catalogue.nearestName(to: name).map { "did you mean \($0)?" }
                ?? "casarectl workflow nodes lists all types"
            throw CommandFailure(.notFound, "there is no node type '\(name)'; \(advice)")
        }

        private func selected(from catalogue: NodeCatalogue) throws(CommandFailure) -> [NodeType] {
            var types = catalogue.types
            if let family {
                types.removeAll { !$0.family.lowercased().contains(family.lowercased()) }
                guard !types.isEmpty else {
                    let advice =
                        catalogue.nearestFamily(to: family).map { "did you mean '\($0)'?" }
                        ?? "casarectl workflow nodes --columns family shows the families"
                    throw CommandFailure(.notFound, "no family of nodes has '\(family)' in its name; \(advice)")
                }
            }
            if self.unsupported { types.removeAll(where: \.isSupported) }
            return types
        }
    }
}
