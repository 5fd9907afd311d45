import CasareDomain

/// Evaluates rules in a Prometheus. What it does not record is put in the place of its name.
struct PrometheusAlerts {
    let rules: RuleSet
    /// What an expression comes to: the member `data` of Prometheus's answer.
    let ask: (String) async throws -> Value

    /// - Returns: every alert: a finding for each series that fires, or one that says why there is none.
    /// - Throws: What `ask` throws, and `.unavailable` for an answer that is not one of Prometheus.
    func findings() async throws -> [AlertFinding] {
        let absent = try await self.absent()
        var findings: [AlertFinding] = []
        for rule in self.rules.alerts {
            var missing: Set<String> = []
            let text = Self.inlined(rule.text, rule.expression, absent, &missing)
            var elements = try Self.elements(try await self.ask(text))
            // That nothing is recorded there is no reason to fire: it is put in here.
            let lacking = elements.isEmpty ? [] : Self.lacking(rule.expression, absent)
            if !lacking.isEmpty {
                elements = []
                missing.formUnion(lacking)
            }
            let partial =
                missing.isEmpty
                ? nil : "Prometheus does not record \(missing.sorted().joined(separator: ", "))"
            findings +=
                elements.isEmpty
                ? [AlertFinding(quiet: rule, partial: partial)]
                : elements.map { AlertFinding(rule, $0, partial: partial) }
        }
        return findings
    }

    // MARK: Recorded series

    /// The recording rules that have no series, by their names.
    private func absent() async throws -> [String: [RecordingRule]] {
        var absent = Dictionary(grouping: self.rules.recordings, by: \.name)
        guard !absent.isEmpty else { return [:] }
        let names = absent.keys.sorted().joined(separator: "|")
        for element in try Self.elements(try await self.ask("group by (__name__) ({__name__=~\"\(names)\"})")) {
            absent[element.labels[PromQLLabels.name] ?? ""] = nil
        }
        return absent
    }

    /// The patterns by which an expression asks for recorded series that are not there.
    private static func lacking(_ expression: PromQLExpression, _ absent: [String: [RecordingRule]]) -> Set<String> {
        var patterns: Set<String> = []
        for (selector, _) in expression.selectors where selector.name == nil {
            let matchers = selector.matchers.filter { $0.label == PromQLLabels.name }
            let onName = PromQLSelector(matchers: matchers, place: selector.place)
            // A pattern that cannot be read here is not put in here.
            guard !matchers.isEmpty, let filter = try? SelectorFilter(onName),
                absent.keys.contains(where: { filter.matches([PromQLLabels.name: $0]) })
            else { continue }
            patterns.formUnion(matchers.map(\.value))
        }
        return patterns
    }

    /// An expression with those of recording rules in the place of their names.
    ///
    /// - Parameters:
    ///   - absent: by name, the rules to put in.
    ///   - missing: the names that must stay, because more is asked of them than what they are now.
    static func inlined(
        _ text: String, _ expression: PromQLExpression, _ absent: [String: [RecordingRule]],
        _ missing: inout Set<String>
    ) -> String {
        var bytes = Array(text.utf8)
        let selectors = expression.selectors.sorted { $0.selector.place.lowerBound > $1.selector.place.lowerBound }
        for (selector, reach) in selectors {
            guard let name = selector.name, let rules = absent[name] else { continue }
            guard selector.matchers.count == 1, reach == 0 else {
                missing.insert(name)
                continue
            }
            var parts: [String] = []
            for rule in rules {
                // A comment may stand at its end.
                var part = "(" + Self.inlined(rule.text, rule.expression, absent, &missing) + "\n)"
                for (label, value) in rule.labels.sorted(by: { $0.key < $1.key }) {
                    let text = Value.string(value.replacing("$", with: "$$")).jsonText(.compact)
                    part = "label_replace(\(part), \"\(label)\", \(text), \"\", \"\")"
                }
                parts.append(part)
            }
            bytes.replaceSubrange(selector.place, with: Array("(\(parts.joined(separator: " or ")))".utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Answers

    private static func elements(_ data: Value) throws(CommandFailure) -> [PromQLValue.Element] {
        let strange = CommandFailure(.unavailable, "what answers is not a Prometheus: its result has another shape")
        guard let result = data["result"], let type = data["resultType"]?.string else { throw strange }
        switch type {
        case "vector":
            var elements: [PromQLValue.Element] = []
            for item in result.list ?? [] {
                guard let metric = item["metric"]?.object, let value = Self.number(item["value"]) else { throw strange }
                var labels: PromQLLabels = [:]
                for (label, text) in metric { labels[label] = text.string }
                elements.append(PromQLValue.Element(labels: labels, value: value))
            }
            return elements
        case "scalar":
            guard let value = Self.number(result) else { throw strange }
            return [PromQLValue.Element(labels: [:], value: value)]
        default:
            throw strange
        }
    }

    /// Of a time and a value, the value.
    private static func number(_ pair: Value?) -> Double? {
        guard let pair = pair?.list, pair.count == 2 else { return nil }
        return pair[1].string.flatMap(Double.init)
    }
}
