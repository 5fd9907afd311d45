import ArgumentParser
import CasareEngine
import CasareWire

extension WorkflowCommand {
    struct Validate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "validate", abstract: "Check workflow files here, without a server.",
            discussion: """
                Each finding says where it is, what is wrong and what to do about it. Ends with 1 when there is an \
                error, with --strict also when there is a warning; with 4 when the file does not exist, and with 7 \
                when one of several files cannot be read. -o github prints annotations that GitHub shows beside the \
                lines.
                """)

        enum Format: String, OwnFormat { case github }

        @Argument(
            help: "Workflow files, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
            transform: Text.notEmpty)
        var files: [String]

        @Flag(help: "End with 1 for warnings too.") var strict = false

        @OptionGroup var output: OutputChoice<Format>

        func validate() throws {
            if self.files.count(where: { $0 == "-" }) > 1 { throw ValidationError("stdin can be read once only.") }
        }

        func run() throws {
            try self.output.usual.check(Finding.columns.map(\.heading))
            var findings: [Finding] = []
            var checked = 0
            for file in self.files {
                do {
                    findings += try WorkflowCheck.findings(in: TextInput(file))
                    checked += 1
                } catch {
                    if self.files.count == 1 { throw error }
                    StandardStreams.report(ErrorReport.line(error))
                }
            }
            switch self.output.format {
            case .own(.github): try StandardStreams.print(GitHubAnnotations.render(findings))
            case .usual: try Self.print(findings, self.output.usual)
            }
            StandardStreams.report(Self.summary(findings, files: checked))
            if checked < self.files.count { throw QuietExit(.partOfBulkFailed) }
            if findings.contains(where: { $0.isError || self.strict }) { throw QuietExit(.failure) }
        }

        /// Prints what a server found in a file, and fails when an error is among it.
        static func show(_ issues: [IssueInfo], of file: String, _ output: OutputOptions) throws {
            let findings = issues.map { Finding(file: file, place: nil, issue: $0) }
            try Self.print(findings, output)
            StandardStreams.report(Self.summary(findings, files: 1))
            if findings.contains(where: \.isError) { throw QuietExit(.failure) }
        }

        private static func print(_ findings: [Finding], _ output: OutputOptions) throws {
            if output.format == .table, output.layout.columns == nil {
                // People read whole sentences: a table would have to cut them.
                let context = Terminal.standard.renderContext(output)
                return try StandardStreams.print(findings.map { $0.text(usingColour: context.usesColour) }.joined())
            }
            try output.print(
                try Presentation(list: findings, columns: Finding.columns, name: \.issue.code, json: { try $0.json() }))
        }

        private static func summary(_ findings: [Finding], files: Int) -> String {
            let errors = findings.count(where: \.isError)
            let counts = [(errors, "error"), (findings.count - errors, "warning")].map { number, noun in
                number == 0 ? "no \(noun)s" : Count.text(number, noun)
            }
            return "\(Count.text(files, "file")) checked: \(counts.joined(separator: ", "))"
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
