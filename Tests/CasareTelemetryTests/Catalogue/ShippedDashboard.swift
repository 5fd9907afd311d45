import CasareDomain
import FoundationEssentials

/// A dashboard as `dashboards/` has it for Grafana.
struct ShippedDashboard: CustomStringConvertible {
    let file: String
    let json: Value

    /// - Throws: where a file cannot be read, or is no JSON.
    static func all() throws -> [ShippedDashboard] {
        let folder = "\(KnownSeries.root)/dashboards"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { $0.hasSuffix(".json") }
            .map { file in
                let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                return try ShippedDashboard(file: file, json: Value(parsingJSON: text))
            }
    }

    var description: String { self.file }
    var uid: String? { self.json["uid"]?.string }
    /// Rows too.
    var places: [Value] { self.json["panels"]?.list ?? [] }
    var panels: [Panel] { self.places.filter { $0["type"] != "row" }.map { Panel(dashboard: self.file, json: $0) } }
    var variables: [Value] { self.json["templating"]?["list"]?.list ?? [] }
    var annotations: [Value] { self.json["annotations"]?["list"]?.list ?? [] }

    struct Panel: CustomStringConvertible {
        let dashboard: String
        let json: Value

        var title: String { self.json["title"]?.string ?? "" }
        var description: String { "\(self.dashboard) / \(self.title)" }
        var defaults: Value? { self.json["fieldConfig"]?["defaults"] }
        var targets: [Value] { self.json["targets"]?.list ?? [] }
        var queries: [String] { self.targets.compactMap { $0["expr"]?.string } }
        /// The pages on alerts that it links to.
        var alerts: [String] {
            (self.json["links"]?.list ?? []).compactMap { $0["url"]?.string }
                .filter { $0.contains("/docs/runbooks/") }
                .compactMap { $0.split(separator: "/").last.map { String($0.dropLast(".md".count)) } }
        }
    }

    /// All texts in a value.
    static func texts(in value: Value) -> [String] {
        switch value {
        case .null, .bool, .int, .double: []
        case .string(let text): [text]
        case .list(let values): values.flatMap(Self.texts)
        case .object(let object): object.values.flatMap(Self.texts)
        }
    }

    /// The words that stand behind `start` and before one of `ends`, in any text.
    static func words(behind start: String, before ends: Set<Character>, in value: Value) -> [String] {
        Self.texts(in: value).flatMap { text in
            text.split(separator: start, omittingEmptySubsequences: false).dropFirst()
                .map { part in String(part.prefix { !ends.contains($0) }) }
        }
    }
}
