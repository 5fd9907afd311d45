import CasareDomain

/// A file of rules.
struct RuleText: Hashable, Sendable {
    let name: String
    let text: String
}

/// An expression that fires an alert for each series that it has.
struct AlertRule: Hashable, Sendable {
    let name: String
    let file: String
    let text: String
    let expression: PromQLExpression
    /// How long Prometheus has it last before it fires.
    let holdsForSeconds: Double
    let labels: PromQLLabels
    let summary: String?
    let runbook: String?

    var severity: String? { self.labels["severity"] }
}

/// An expression whose result gets a name.
struct RecordingRule: Hashable, Sendable {
    let name: String
    let file: String
    let text: String
    let expression: PromQLExpression
    let labels: PromQLLabels
}

/// Rules as Prometheus reads them.
struct RuleSet: Hashable, Sendable {
    private(set) var alerts: [AlertRule] = []
    /// Those come first whose results others ask for, else as they stand in the files.
    private(set) var recordings: [RecordingRule] = []

    /// Those that are in this program.
    static func shipped() throws(CommandFailure) -> RuleSet { try RuleSet(ShippedRules.files) }

    /// - Throws: `.usage` for what is no file of rules, and for expressions that are not understood; it names the rule.
    init(_ files: [RuleText]) throws(CommandFailure) {
        for file in files { try self.add(file) }
        self.recordings = try Self.inOrder(self.recordings)
    }

    private mutating func add(_ file: RuleText) throws(CommandFailure) {
        for document in try VariableFile.yamlDocuments(file.text, file.name) {
            guard let groups = document["groups"]?.list else {
                throw CommandFailure(.usage, "\(file.name) is no file of rules: it has no list of groups")
            }
            for group in groups {
                guard let rules = group["rules"], rules != .null else { continue }
                guard let list = rules.list else {
                    throw CommandFailure(.usage, "\(file.name) has a group whose rules are no list")
                }
                for rule in list { try self.add(rule, file) }
            }
        }
    }

    private mutating func add(_ rule: Value, _ file: RuleText) throws(CommandFailure) {
        guard let name = rule["alert"]?.string ?? rule["record"]?.string, let text = rule["expr"]?.displayText else {
            throw CommandFailure(.usage, "\(file.name) has a rule without a name, or without an expression")
        }
        let expression: PromQLExpression
        let holdsFor: Double
        do throws(PromQLError) {
            expression = try PromQLParser.parse(text)
            holdsFor = try Self.seconds(rule["for"]?.displayText)
        } catch {
            throw CommandFailure(.usage, "the rule \(name) of \(file.name) is not understood: \(error)")
        }
        var labels: PromQLLabels = [:]
        for (label, value) in rule["labels"]?.object ?? [:] { labels[label] = value.displayText }
        guard rule["alert"] != nil else {
            self.recordings.append(
                RecordingRule(name: name, file: file.name, text: text, expression: expression, labels: labels))
            return
        }
        self.alerts.append(
            AlertRule(
                name: name, file: file.name, text: text, expression: expression, holdsForSeconds: holdsFor,
                labels: labels, summary: rule["annotations"]?["summary"]?.string,
                runbook: rule["annotations"]?["runbook_url"]?.string))
    }

    private static func seconds(_ text: String?) throws(PromQLError) -> Double {
        guard let text, text != "0" else { return 0 }
        guard case .span(let seconds) = try PromQLLexer.words(of: text)[0].token else {
            throw PromQLError("'for: \(text)' is no time such as 5m")
        }
        return seconds
    }

    /// - Throws: `.usage` for rules that ask for each other.
    private static func inOrder(_ rules: [RecordingRule]) throws(CommandFailure) -> [RecordingRule] {
        var left = rules
        var ordered: [RecordingRule] = []
        while !left.isEmpty {
            let waiting = Set(left.map(\.name))
            let ready = left.filter { rule in
                !rule.expression.selectors.contains { waiting.contains($0.selector.name ?? "") }
            }
            guard !ready.isEmpty else {
                throw CommandFailure(
                    .usage, "the recording rules \(waiting.sorted().joined(separator: ", ")) ask for each other")
            }
            ordered += ready
            let done = Set(ready)
            left.removeAll { done.contains($0) }
        }
        return ordered
    }

    /// Prometheus's patterns are RE2's, and not all of them are read here.
    ///
    /// - Throws: `.usage` for a pattern that is not; it names the rule.
    func checkPatterns() throws(CommandFailure) {
        let rules = self.recordings.map { ($0.name, $0.expression) } + self.alerts.map { ($0.name, $0.expression) }
        for (name, expression) in rules {
            do throws(PromQLError) {
                for (selector, _) in expression.selectors { _ = try SelectorFilter(selector) }
            } catch {
                throw CommandFailure(
                    .usage, "the rule \(name) cannot be evaluated here: \(error); ask a Prometheus, with --prometheus")
            }
        }
    }

    /// Every selector of every rule.
    var selectors: [PromQLSelector] {
        (self.recordings.map(\.expression) + self.alerts.map(\.expression)).flatMap { $0.selectors.map(\.selector) }
    }
}
