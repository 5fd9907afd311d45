import CasareTelemetry
import FoundationEssentials
import Testing

/// The rules that names of metrics follow, and the page that tells of them.
struct CatalogueTests {
    @Test func `every name is there once, in both forms`() {
        let all = InstrumentCatalogue.all
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(Set(all.map(PrometheusName.family)).count == all.count)
    }

    @Test(arguments: InstrumentCatalogue.all)
    func `names keep to the rules`(instrument: Instrument) {
        let allowed = instrument.name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "_")
        }
        #expect(allowed)
        // A unit in the name would stand there twice, or not, by who translates it. What conventions have called so is
        // called so.
        if instrument.name.hasPrefix("casare.") {
            let words = instrument.name.split { $0 == "." || $0 == "_" }
            for word in ["seconds", "bytes", "ratio", "total", "count"] { #expect(!words.contains(Substring(word))) }
        }
        #expect(!instrument.summary.isEmpty && !instrument.summary.hasSuffix("."))
        #expect(Set(instrument.attributes).count == instrument.attributes.count)
        #expect(instrument.isObserved || instrument.reporter != .database)
    }

    @Test func `what every process counts is no robot's, and robots count no orchestrator's work`() {
        #expect(InstrumentCatalogue.robot.allSatisfy { $0.reporter == .robot })
        #expect((InstrumentCatalogue.process + InstrumentCatalogue.telemetry).allSatisfy { $0.reporter == .every })
        #expect(InstrumentCatalogue.shared.allSatisfy { $0.reporter == .database })
        // Each way to count has its mark on the page.
        for reporter in Instrument.Reporter.allCases {
            #expect(Self.page.contains("\n`\(reporter.rawValue)`: "), "\(reporter)")
        }
    }

    // MARK: - The page

    private static let page: String = {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        return (try? String(contentsOf: URL(filePath: "/\(root)/docs/metrics.md"), encoding: .utf8)) ?? ""
    }()

    /// As the page has it.
    private static func row(_ instrument: Instrument) -> String {
        let attributes = instrument.attributes.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(instrument.name)` | `\(PrometheusName.series(of: instrument))` | \(instrument.kind) | "
            + "`\(instrument.unit)` | \(attributes.isEmpty ? "–" : attributes) | \(instrument.reporter.rawValue) | "
            + "\(instrument.summary) |"
    }

    @Test func `the page has a row for each instrument, and for nothing else`() {
        let rows = Self.page.split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `") && $0.split(separator: "|").count == 7 }
        #expect(rows.sorted() == InstrumentCatalogue.all.map(Self.row).sorted())
    }

    @Test func `the page explains each attribute, and no others`() {
        let explained = Self.page.split(separator: "\n").filter { line in
            line.hasPrefix("| `") && line.split(separator: "|").count == 2
        }.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(explained.sorted() == Set(InstrumentCatalogue.all.flatMap(\.attributes)).map(\.rawValue).sorted())
    }
}
