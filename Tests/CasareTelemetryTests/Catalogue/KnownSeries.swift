import CasareTelemetry
import FoundationEssentials

/// A series that queries may ask for.
struct KnownSeries {
    var labels: Set<String>
    /// Every orchestrator reports the same number.
    var isShared = false
    /// It only grows: what is looked at is its rate.
    var onlyGrows = false

    static let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")

    /// What Casare's programs emit, what its rules record, and what collectors and Prometheus add. By name.
    static let all: [String: KnownSeries] = {
        var all = Self.recorded
        for instrument in InstrumentCatalogue.all { all.merge(Self.series(of: instrument)) { $1 } }
        all["target_info"] = KnownSeries(labels: Self.target.union(["service_name", "service_version"]))
        let attributes = Set(InstrumentCatalogue.all.flatMap(\.attributes).map(PrometheusName.label))
        all["ALERTS"] = KnownSeries(
            labels: attributes.union(Self.target).union(["alertname", "alertstate", "severity", "slo"]))
        return all
    }()

    private static let target: Set<String> = ["job", "instance"]

    private static func series(of instrument: Instrument) -> [String: KnownSeries] {
        let name = PrometheusName.series(of: instrument)
        let labels = Self.target.union(instrument.attributes.map(PrometheusName.label))
        let series = KnownSeries(labels: labels, isShared: instrument.reporter == .database)
        var growing = series
        growing.onlyGrows = true
        switch instrument.kind {
        case .counter: return [name: growing]
        case .upDownCounter, .gauge: return [name: series]
        case .histogram:
            var bucket = growing
            bucket.labels.insert("le")
            return [name + "_bucket": bucket, name + "_sum": growing, name + "_count": growing]
        }
    }

    // MARK: - Rules

    /// The text of the files in `alerts` with rules.
    static func rules() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/alerts").sorted()
            .filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") }
            .map { try String(contentsOfFile: "\(Self.root)/alerts/\($0)", encoding: .utf8) }
    }

    /// The lines of each rule that begins with `word`, which is `- alert:` or `- record:`, by what stands behind it.
    static func rules(_ word: String) throws -> [(name: String, lines: [Substring])] {
        var rules: [(name: String, lines: [Substring])] = []
        for text in try Self.rules() {
            var isInside = false
            for line in text.split(separator: "\n") {
                let line = line.drop { $0 == " " }
                // In an expression a line may begin with a minus.
                if ["- alert:", "- record:", "- name:"].contains(where: line.hasPrefix) {
                    isInside = line.hasPrefix(word)
                    if isInside { rules.append((String(line.dropFirst(word.count).drop { $0 == " " }), [])) }
                } else if isInside, !line.hasPrefix("#") {
                    rules[rules.count - 1].lines.append(line)
                }
            }
        }
        return rules
    }

    /// What rules record. Its labels are those that the rule groups by, those that it adds, and those of other records
    /// that it is made of.
    private static var recorded: [String: KnownSeries] {
        // Where the files cannot be read every query on records is found to be wrong.
        guard let records = try? Self.rules("- record:") else { return [:] }
        var recorded: [String: KnownSeries] = [:]
        for (name, lines) in records {
            let added = lines.drop { $0 != "labels:" }.dropFirst().prefix { $0 != "annotations:" }
            let labels = added.compactMap { $0.split(separator: ":").first.map(String.init) }
            let groupings = (try? PromQL(Self.expression(lines)))?.selectors.flatMap(\.calls).flatMap(\.grouping) ?? []
            recorded[name, default: KnownSeries(labels: [])].labels.formUnion(labels + groupings)
        }
        for (name, lines) in records {
            for case .word(let word) in PromQL.Token.all(in: Self.expression(lines)) {
                guard let labels = recorded[word]?.labels else { continue }
                recorded[name]?.labels.formUnion(labels)
            }
        }
        return recorded
    }

    /// What stands behind `expr:`, in this line or in those that follow.
    static func expression(_ lines: [Substring]) -> String {
        guard let start = lines.firstIndex(where: { $0.hasPrefix("expr:") }) else { return "" }
        let first = lines[start].dropFirst("expr:".count).drop { $0 == " " }
        let keys = ["for:", "labels:", "annotations:"]
        let others = lines[(start + 1)...].prefix { line in !keys.contains { line.hasPrefix($0) } }
        return ([first == "|" ? "" : first] + others).joined(separator: "\n")
    }
}
