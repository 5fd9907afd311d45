import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct WorkflowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow", abstract: "Check, store and look at workflows.",
        subcommands: [
            Validate.self, Graph.self, Nodes.self, Schema.self, Push.self, List.self, Get.self, Versions.self,
            Assign.self,
        ], aliases: ["wf"])

    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "push", abstract: "Store a workflow as its newest version.",
            discussion: """
                Subflow files that it refers to go along. A document that is the newest version already makes no new \
                one.
                """)
        @Argument(
            help: "The workflow's JSON file, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
            transform: Text.notEmpty)
        var file: String
        @Option(help: "Store it under this name instead of the one in its metadata.", transform: Text.notEmpty)
        var name: String?
        @Flag(help: "Have the server check it, and store nothing.") var dryRun = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        private static let columns: [Column<PushWorkflowResponse>] = [
            Column("name") { .text($0.name) },
            Column("version") { .number($0.version) },
            Column("new") { .flag($0.isNew) },
            Column("workflow_id", wide: true) { .text($0.workflowID.description) },
        ]

        func run() async throws {
            try self.output.check(Self.columns.map(\.heading))
            let bundle = try WorkflowBundle.load(TextInput(self.file))
            bundle.reportWarnings()
            try await self.connection.withClient { client, _ in
                if self.dryRun {
                    let answer = try await client.validateWorkflow(bundle.document)
                    return try Validate.show(answer.issues, of: self.file, self.output)
                }
                let answer = try await client.pushWorkflow(
                    PushWorkflowRequest(name: self.name, document: bundle.document))
                for issue in answer.issues { StandardStreams.report(issue.line) }
                let sentence = "\(answer.name) is \(answer.isNew ? "now" : "already") version \(answer.version)"
                try self.output.print(
                    Presentation(
                        single: answer, columns: Self.columns, name: answer.name,
                        json: try ValueEncoder.encode(answer), sheet: Sheet(sentence)))
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List workflows.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(WorkflowInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.workflows(limit: limit, cursor: cursor)
                return (page.workflows, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a version of a workflow.",
            discussion: "casarectl workflow get NAME --document > file.json gives the document back as it was pushed.")
        @Argument(help: "Name or ID.", transform: Text.notEmpty) var workflow: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Which version (default: the newest).", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var version: Int?
        @Flag(help: "Print the document itself and nothing else.") var document = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(WorkflowVersionInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let number =
                    if let version { version } else { try await client.workflow(self.workflow).latestVersion }
                let version = try await client.workflowVersion(number, of: self.workflow)
                if self.document {
                    let text = (version.document ?? .null).jsonText(.pretty(indent: 2))
                    return try StandardStreams.print(TerminalText.json(text) + "\n")
                }
                let assignment = try await Self.assignment(of: self.workflow, client)
                try self.output.print(try version.presentation(assignment))
            }
        }

        /// `nil` where no database is, and so nothing can be assigned, and where the server is older than that.
        private static func assignment(
            of workflow: String, _ client: CasareClient
        ) async throws(ClientError) -> WorkflowRobotsInfo? {
            do throws(ClientError) {
                return try await client.assignment(of: workflow)
            } catch {
                switch error {
                case .api(let problem) where problem.code == .needsDatabase: return nil
                case .versionSkew: return nil
                default: throw error
                }
            }
        }
    }

    struct Versions: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "versions", abstract: "List a workflow's versions, newest first.")
        @Argument(help: "Name or ID.", transform: Text.notEmpty) var workflow: String
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                WorkflowVersionInfo.columns, name: { "\($0.name)@\($0.version)" }, to: self.answer
            ) { client, limit, cursor in
                let page = try await client.workflowVersions(of: self.workflow, limit: limit, cursor: cursor)
                return (page.versions, page.nextCursor)
            }
        }
    }
}
