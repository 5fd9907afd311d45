import ArgumentParser
import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire

extension WorkflowCommand {
    struct Validate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "validate", abstract: "Check workflow files here, without a server.",
            discussion: "Ends with 1 when there is an error; warnings do not count.")
        @Argument(
            help: "Workflow files, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
            transform: Text.notEmpty)
        var files: [String]
        @OptionGroup var output: OutputOptions

        /// Something about a file.
        struct Finding: Sendable {
            let file: String
            let issue: IssueInfo

            static let columns: [Column<Finding>] = [
                Column("file") { .text($0.file) },
                Column("severity") {
                    .state($0.issue.severity.rawValue, $0.issue.severity == .error ? .bad : .attention)
                },
                Column("code") { .text($0.issue.code) },
                Column("location") { .text($0.issue.location) },
                Column("message", shrinks: true) { .text($0.issue.message) },
                Column("suggestion", wide: true) { .text($0.issue.suggestion) },
            ]

            func json() throws -> Value {
                let issue = try ValueEncoder.encode(self.issue).object ?? [:]
                return .object(Object([("file", .string(self.file))]).merging(issue))
            }
        }

        func run() throws {
            try self.output.check(Finding.columns.map(\.heading))
            var findings: [Finding] = []
            for file in self.files {
                findings += try Self.issues(of: TextInput(file)).map { Finding(file: file, issue: $0) }
            }
            try Self.show(findings, self.output)
        }

        /// Prints what was found, and fails when an error is among it.
        static func show(_ findings: [Finding], _ output: OutputOptions) throws {
            if findings.isEmpty, output.format == .table {
                return StandardStreams.report("no errors, no warnings")
            }
            try output.print(
                try Presentation(
                    list: findings, columns: Finding.columns, name: \.issue.code, json: { try $0.json() }))
            if findings.contains(where: { $0.issue.severity == .error }) { throw QuietExit(.failure) }
        }

        static func show(_ issues: [IssueInfo], of file: String, _ output: OutputOptions) throws {
            try Self.show(issues.map { Finding(file: file, issue: $0) }, output)
        }

        private static func issues(of input: TextInput) throws -> [IssueInfo] {
            let text = try input.readWorkflow()
            let (json, textIssues) = WorkflowDocument.read(text: text)
            // What is wrong with the text itself, as issues like any other.
            guard json != nil, !textIssues.contains(where: \.isError) else { return textIssues.map(IssueInfo.init) }
            let bundle = try WorkflowBundle.load(text: text, from: input)
            let (document, issues) = WorkflowDocument.parse(bundle.document)
            let found = issues + (document?.validate(against: StandardNodes.catalogue) ?? []) + bundle.issues
            return found.map(IssueInfo.init)
        }
    }
}

extension IssueInfo {
    init(_ issue: ValidationIssue) {
        let severity: Severity =
            switch issue.severity {
            case .error: .error
            case .warning: .warning
            }
        self.init(
            severity: severity, code: issue.code, message: issue.message, location: issue.location,
            suggestion: issue.suggestion)
    }
}
