package import CasareDomain
import FoundationEssentials

/// The real workflows in `Tests/Corpus`, with what each must do.
///
/// An expectation is what the original engine recorded, with its recorded repairs applied, overlaid by
/// `authority.json`: where the workflow format or the node catalogue say otherwise, the overlay gives the fields that
/// change and the reason.
package struct Corpus: Sendable {
    package struct Entry: Sendable, CustomStringConvertible {
        /// The file's path, and its folder: relative names in it are meant from there.
        package let path: String
        package let directory: String
        package let name: String
        package let options: Job.Options
        /// Fields by the names of the result object, and `refused`: codes that validation must report.
        package let expected: Object

        package var description: String { self.name }
    }

    package let entries: [Entry]

    /// Both folders, in file order.
    package static let all: [Entry] = ["original", "probes"].flatMap { Self.folder($0) }

    private static func folder(_ folder: String) -> [Entry] {
        let root = String(
            #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/"))
        let directory = "\(root)/Tests/Corpus/\(folder)"
        let recorded = Self.json("\(directory)/expected.json")["results"]?.list ?? []
        let authority = Self.json("\(directory)/authority.json").object ?? [:]
        return recorded.compactMap { result in
            guard var expected = result.object, let name = expected["file"]?.string else { return nil }
            for (key, value) in expected["repaired"]?.object ?? [:] where key != "repairs" {
                if key == "node_outputs", let base = expected[key]?.object, let changed = value.object {
                    expected[key] = .object(base.merging(changed))
                } else {
                    expected[key] = value
                }
            }
            // A field that a repair made null is empty.
            for (key, value) in expected where value.isNull && key != "error" { expected[key] = nil }
            for (key, value) in authority[name]?.object ?? [:] { expected[key] = value }
            let given = expected["run_options"] ?? [:]
            return Entry(
                path: "\(directory)/\(name)", directory: directory, name: name,
                options: Job.Options(
                    continueOnError: given["continue_on_error"]?.bool ?? false,
                    nodeTimeoutSeconds: given["node_timeout"]?.double, trace: true),
                expected: expected)
        }
    }

    private static func json(_ path: String) -> Value {
        // Every folder has both files; a test that finds none of its workflows fails by their absence.
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? Value(parsingJSON: Array(data))
        else { return .null }
        return value
    }
}

extension Corpus.Entry {
    /// In what a result object differs from the expectation; empty when it is as it should be.
    package func differences(from result: Value) -> [String] {
        var differences: [String] = []
        func compare(_ name: String, _ expected: Value, _ actual: Value) {
            if !Self.matches(expected, actual) {
                differences.append("\(name): expected \(expected.jsonText(.compact)), got \(actual.jsonText(.compact))")
            }
        }
        compare("success", self.expected["success"] ?? true, result["success"] ?? .null)
        let error = self.expected["error"] ?? .null
        compare("error", error, result["error"] ?? .null)
        compare("variables", self.expected["variables"] ?? [:], result["variables"] ?? [:])
        compare("logs", self.expected["logs"] ?? [], result["logs"] ?? [])
        let trace = (self.expected["trace"]?.list ?? []).filter { $0 != "__auto_start__" }
        compare("trace", .list(trace), result["trace"] ?? [])
        let errors = (result["node_errors"]?.list ?? []).map { entry -> Value in
            ["node": entry["node"] ?? .null, "error": entry["error"] ?? .null]
        }
        compare("node_errors", self.expected["node_errors"] ?? [], .list(errors))
        for (node, outputs) in self.expected["node_outputs"]?.object ?? [:] {
            for (port, value) in outputs.object ?? [:] {
                compare("node_outputs.\(node).\(port)", value, result["node_outputs"]?[node]?[port] ?? .null)
            }
        }
        return differences
    }

    /// Equality, but for recorded values that vary: `<VARIES>`, `<TIME>` and their like stand for any text.
    private static func matches(_ expected: Value, _ actual: Value) -> Bool {
        switch (expected, actual) {
        case (.string(let pattern), _) where pattern.contains("<") && pattern.contains(">"):
            let pieces = Self.piecesAroundMasks(pattern)
            if pieces.count == 1 { return expected == actual }
            if pieces == ["", ""] { return true }
            guard let text = actual.string, text.hasPrefix(pieces[0]), text.hasSuffix(pieces[pieces.count - 1]) else {
                return false
            }
            return true
        case (.list(let left), .list(let right)):
            return left.count == right.count && zip(left, right).allSatisfy(Self.matches)
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { entry in right[entry.key].map { Self.matches(entry.value, $0) } ?? false }
        default:
            return expected == actual
        }
    }

    private static let masks = ["<VARIES>", "<TIME>", "<RANDOM>", "<MACHINE>", "<CWD>"]

    private static func piecesAroundMasks(_ text: String) -> [String] {
        var pieces = [""]
        var rest = text[...]
        while let character = rest.first {
            if let mask = Self.masks.first(where: { rest.hasPrefix($0) }) {
                pieces.append("")
                rest = rest.dropFirst(mask.count)
            } else {
                pieces[pieces.count - 1].append(character)
                rest = rest.dropFirst()
            }
        }
        return pieces
    }
}
