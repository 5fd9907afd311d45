import CasareTelemetry
import FoundationEssentials
import Testing

/// Alerts speak of what is emitted, and each has tests and a page that says what to do.
struct AlertRuleTests {
    private static let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")

    private static func text(of path: String) throws -> String {
        try String(contentsOfFile: "\(self.root)/\(path)", encoding: .utf8)
    }

    /// Names of the files in `alerts` with rules.
    private static func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(self.root)/alerts")
            .filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") }
    }

    /// The names of alerts in a text, after a word of YAML.
    private static func names(in text: String, after word: String) -> Set<String> {
        Set(
            text.split(separator: "\n").compactMap { line in
                let line = line.drop { $0 == " " }
                return line.hasPrefix(word) ? String(line.dropFirst(word.count).drop { $0 == " " }) : nil
            })
    }

    /// All words that begin as Casare's metrics and attributes do.
    private static func words(in text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        return Set(words.lazy.filter { $0.hasPrefix("casare_") }.map(String.init))
    }

    private static let known: Set<String> = {
        let series = InstrumentCatalogue.all.flatMap { instrument in
            ["", "_bucket", "_sum", "_count"].map { PrometheusName.series(of: instrument) + $0 }
        }
        return Set(series + InstrumentCatalogue.all.flatMap(\.attributes).map(PrometheusName.label))
    }()

    @Test func `rules name metrics and attributes that there are`() throws {
        let files = try Self.files()
        #expect(!files.isEmpty)
        for file in files {
            let words = try Self.words(in: Self.text(of: "alerts/\(file)"))
            #expect(!words.isEmpty && words.isSubset(of: Self.known), "\(file): \(words.subtracting(Self.known))")
        }
    }

    @Test func `every alert is tested, and has a page that its address leads to`() throws {
        for file in try Self.files() {
            let rules = try Self.text(of: "alerts/\(file)")
            let alerts = Self.names(in: rules, after: "- alert:")
            #expect(!alerts.isEmpty)
            let tests = try Self.text(of: "alerts/\(file.dropLast(4))_test.yml")
            #expect(Self.names(in: tests, after: "alertname:") == alerts)
            for alert in alerts {
                #expect(rules.contains("/docs/runbooks/\(alert).md\n"), "\(alert)")
                let page = try Self.text(of: "docs/runbooks/\(alert).md")
                #expect(page.hasPrefix("# \(alert)\n"))
                for part in ["Impact", "Diagnosis", "Mitigation"] {
                    #expect(page.contains("\n## \(part)\n"), "\(alert): \(part)")
                }
                #expect(page.contains("casarectl "), "\(alert)")
            }
        }
    }
}
