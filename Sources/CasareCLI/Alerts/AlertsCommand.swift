import ArgumentParser

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Alerts: which fire now, and which there are.",
        discussion:
            "The rules are those of the repository's alerts/, which Prometheus reads too; they are in this program.",
        subcommands: [Check.self, List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the alerts, with the page that says what to do about each.",
            aliases: ["ls"])
        @OptionGroup var rules: RuleOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() async throws {
            try self.output.check(AlertInfo.columns.map(\.heading))
            let alerts = try self.rules.ruleSet().alerts.map(AlertInfo.init)
            try self.output.print(try Presentation(list: alerts, columns: AlertInfo.columns, name: \.alert))
        }
    }
}

/// Which rules.
struct RuleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the rules of this file, not those of this program; may be repeated.",
            valueName: "file"), transform: Text.notEmpty)
    var rules: [String] = []

    func ruleSet() throws(CommandFailure) -> RuleSet {
        guard !self.rules.isEmpty else { return try .shipped() }
        var files: [RuleText] = []
        for file in self.rules { files.append(RuleText(name: file, text: try TextInput(file).read())) }
        let rules = try RuleSet(files)
        // Nothing would ever fire.
        guard !rules.alerts.isEmpty else {
            throw CommandFailure(.usage, "there is no alert in \(self.rules.joined(separator: ", "))")
        }
        return rules
    }
}

/// An alert as a rule says it.
struct AlertInfo: Hashable, Sendable, Encodable {
    let alert: String
    let severity: String?
    let forSeconds: Double
    let summary: String?
    let runbook: String?
    let file: String
    let expression: String

    init(_ rule: AlertRule) {
        self.alert = rule.name
        self.severity = rule.severity
        self.forSeconds = rule.holdsForSeconds
        self.summary = rule.summary
        self.runbook = rule.runbook
        self.file = rule.file
        self.expression = rule.text.split { $0 == " " || $0.isNewline }.joined(separator: " ")
    }

    static let columns: [Column<AlertInfo>] = [
        Column("alert") { .text($0.alert) },
        Column("severity") { .severity($0.severity) },
        Column("for") { $0.forSeconds > 0 ? .duration(seconds: $0.forSeconds) : .empty },
        Column("summary", shrinks: true) { .text($0.summary) },
        Column("runbook", wide: true) { .text($0.runbook) },
        Column("file", wide: true) { .text($0.file) },
        Column("expression", wide: true) { .text($0.expression) },
    ]
}
