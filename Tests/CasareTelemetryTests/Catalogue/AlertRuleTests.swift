import CasareTelemetry
import FoundationEssentials
import Testing

/// Alerts speak of what is emitted, and each has tests and a page that says what to do.
struct AlertRuleTests {
    private static let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")

    private static func text(of path: String) throws -> String {
        try String(contentsOfFile: "\(self.root)/\(path)", encoding: .utf8)
    }

    /// Names of the files in `alerts` that Prometheus reads.
    private static func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(self.root)/alerts")
            .filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") && $0 != "alertmanager.yml" }
    }

    /// Those with alerts: the others are the numbers that alerts compare with.
    private static func filesOfAlerts() throws -> [String] { try self.files().filter { $0 != "thresholds.yml" } }

    /// The names of alerts in a text, after a word of YAML.
    private static func names(in text: String, after word: String) -> Set<String> {
        Set(
            text.split(separator: "\n").compactMap { line in
                let line = line.drop { $0 == " " }
                return line.hasPrefix(word) ? String(line.dropFirst(word.count).drop { $0 == " " }) : nil
            })
    }

    /// All words of a text that begin so. What is recorded has colons in its name.
    private static func words(in text: String, beginning prefixes: [String]) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        return Set(words.lazy.map(String.init).filter { word in prefixes.contains { word.hasPrefix($0) } })
    }

    private static let known: Set<String> = {
        let series = InstrumentCatalogue.all.flatMap { instrument in
            ["", "_bucket", "_sum", "_count"].map { PrometheusName.series(of: instrument) + $0 }
        }
        return Set(series + InstrumentCatalogue.all.flatMap(\.attributes).map(PrometheusName.label))
    }()

    @Test func `rules name metrics and attributes that there are`() throws {
        var all: Set<String> = []
        for file in try Self.files() {
            let words = try Self.words(
                in: Self.text(of: "alerts/\(file)"), beginning: ["casare_", "db_", "http_", "messaging_", "otel_"])
            #expect(words.isSubset(of: Self.known), "\(file): \(words.subtracting(Self.known))")
            all.formUnion(words)
        }
        #expect(all.count > 50)
    }

    @Test func `every alert is tested, and has a page that its address leads to`() throws {
        let list = try Self.text(of: "docs/alerts.md")
        for file in try Self.filesOfAlerts() {
            let rules = try Self.text(of: "alerts/\(file)")
            let alerts = Self.names(in: rules, after: "- alert:")
            #expect(!alerts.isEmpty)
            let tests = try Self.text(of: "alerts/\(file.dropLast(4))_test.yml")
            #expect(Self.names(in: tests, after: "alertname:") == alerts)
            for alert in alerts {
                #expect(rules.contains("/docs/runbooks/\(alert).md\n"), "\(alert)")
                #expect(list.contains("(runbooks/\(alert).md)"), "docs/alerts.md: \(alert)")
                let page = try Self.text(of: "docs/runbooks/\(alert).md")
                #expect(page.hasPrefix("# \(alert)\n"))
                #expect(page.contains("`alerts/\(file)`"), "\(alert): where the rule is")
                for part in ["Impact", "Diagnosis", "Mitigation"] {
                    #expect(page.contains("\n## \(part)\n"), "\(alert): \(part)")
                }
                #expect(page.contains("casarectl "), "\(alert)")
            }
        }
    }

    @Test func `every alert has a severity that somebody is told by`() throws {
        for file in try Self.filesOfAlerts() {
            let rules = try Self.text(of: "alerts/\(file)").split(separator: "\n")
            let alerts = rules.filter { $0.contains("- alert: ") }
            let severities = rules.filter { $0.contains(" severity: ") }.map { $0.split(separator: " ").last }
            #expect(alerts.count == severities.count, "\(file)")
            #expect(severities.allSatisfy { ["critical", "warning", "info"].contains($0) }, "\(file)")
        }
    }

    @Test func `numbers stand in one file, all of them there are used, and no others`() throws {
        let defined = Self.names(in: try Self.text(of: "alerts/thresholds.yml"), after: "- record: casare:threshold:")
        var used: Set<String> = []
        for file in try Self.filesOfAlerts() {
            let words = try Self.words(in: Self.text(of: "alerts/\(file)"), beginning: ["casare:threshold:"])
            used.formUnion(words.map { String($0.dropFirst("casare:threshold:".count)) })
        }
        used.remove("")  // All of them, as the alert asks for that says that there are none.
        #expect(defined == used)
    }

    /// A loop that has its rounds rarely must not be taken for one that stands still, and nobody is woken for one that
    /// cleans up.
    @Test func `loops that pause for a minute and more are the slow ones, wherever they are told apart`() throws {
        let rules = try Self.text(of: "alerts/service.yml")
        let start = try #require(rules.firstRange(of: "casare_loop_name=~\"")?.upperBound)
        let slow = rules[start...].prefix { $0 != "\"" }.split(separator: "|")
        #expect(slow.contains(".+_keeping") && slow.contains("partitions"))
        let names = slow.joined(separator: "|")
        #expect(rules.contains("casare_loop_name!~\"\(names)\""))
        let dashboards = try Self.text(of: "dashboards/dashboards.toml")
        #expect(dashboards.contains("casare_loop_name=~\"\(names)\"}"))
        #expect(dashboards.contains("casare_loop_name!~\"\(names)\"}"))
        #expect(try Self.text(of: "alerts/drilling/faults_loops.py").contains("SLOW_LOOPS = \"\(names)\"\n"))
        let page = try Self.text(of: "docs/runbooks/CasareSlowLoopStalled.md")
        var count = 0
        let folder = "Sources/CasareOrchestrator/Loops"
        for file in try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/\(folder)") {
            for part in try Self.text(of: "\(folder)/\(file)").split(separator: "name: \"").dropFirst() {
                let name = part.prefix { $0 != "\"" }
                let rest = part.dropFirst(name.count)
                let interval = "\", interval: .seconds("
                guard rest.hasPrefix(interval) else { continue }
                let seconds = try #require(Int(rest.dropFirst(interval.count).prefix { $0.isNumber }))
                count += 1
                let isSlow = slow.contains(name) || name.hasSuffix("_keeping")
                #expect(isSlow == (seconds >= 60), "\(name): every \(seconds) s")
                #expect(name.hasSuffix("_keeping") || isSlow == page.contains("`\(name)`"), "\(name)")
            }
        }
        #expect(count > 20)
    }

    @Test func `what is not done while a loop stands still is told by the page of its alert`() throws {
        let pages = try ["", "Slow", "Secret"].map { try Self.text(of: "docs/runbooks/Casare\($0)LoopStalled.md") }
        let folder = "Sources/CasareOrchestrator/Loops"
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/\(folder)") {
            for part in try Self.text(of: "\(folder)/\(file)").split(separator: "name: \"").dropFirst() {
                let name = part.prefix { $0 != "\"" }
                guard part.dropFirst(name.count).hasPrefix("\", interval: ") else { continue }
                count += 1
                #expect(name.hasSuffix("_keeping") || pages.contains { $0.contains("`\(name)`") }, "\(name)")
            }
        }
        #expect(count > 30)
    }

    @Test func `the configuration in deploy has Prometheus read every file`() throws {
        let text = try Self.text(of: "deploy/observability/prometheus.yml")
        #expect(Self.names(in: text, after: "- alerts/") == Set(try Self.files()))
    }

    @Test func `what deploy starts has versions`() throws {
        let text = try Self.text(of: "deploy/observability/compose.yaml")
        let images = Self.names(in: text, after: "image:")
        #expect(images.count == 6)
        for image in images {
            let version = try #require(image.split(separator: ":").last)
            #expect(version.filter { $0 == "." }.count == 2 && version.contains { $0.isNumber }, "\(image)")
        }
    }
}
