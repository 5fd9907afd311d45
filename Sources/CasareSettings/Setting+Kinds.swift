package import Logging

extension Setting where Value == String {
    package static func text(
        _ variable: String, or others: [String] = [], form: String, standard: String, _ documentation: String
    ) -> Setting {
        Setting(variable, or: others, form: form, standard: standard, standardText: standard, documentation) { $0 }
    }
}

extension Setting where Value == String? {
    /// - Parameter standardText: What the service does without it, for people.
    package static func optionalText(
        _ variable: String, or others: [String] = [], form: String, standardText: String? = nil,
        isSecret: Bool = false, _ documentation: String
    ) -> Setting {
        Setting(
            variable, or: others, form: form, standard: nil, standardText: standardText, isSecret: isSecret,
            documentation
        ) { .some($0) }
    }
}

extension Setting where Value == [String] {
    package static func list(_ variable: String, or others: [String] = [], _ documentation: String) -> Setting {
        Setting(
            variable, or: others, form: "words separated by commas", standard: [], standardText: nil, documentation
        ) { text in
            text.split(separator: ",").map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
                .filter { !$0.isEmpty }
        }
    }
}

extension Setting where Value == Int {
    package static func number(
        _ variable: String, or others: [String] = [], in range: ClosedRange<Int>, standard: Int,
        _ documentation: String
    ) -> Setting {
        .number(
            variable, or: others, form: "a whole number from \(range.lowerBound) to \(range.upperBound)", in: range,
            standard: standard, standardText: String(standard), documentation
        ) { $0 }
    }
}

extension Setting where Value == Int? {
    package static func optionalNumber(
        _ variable: String, in range: ClosedRange<Int>, _ documentation: String
    ) -> Setting {
        Setting(
            variable, form: "a whole number from \(range.lowerBound) to \(range.upperBound)", standard: nil,
            standardText: nil, documentation
        ) { text in Int(text).flatMap { range.contains($0) ? .some(.some($0)) : nil } }
    }
}

extension Setting where Value == Duration {
    package static func seconds(
        _ variable: String, or others: [String] = [], in range: ClosedRange<Int>, standard: Int,
        _ documentation: String
    ) -> Setting {
        .number(
            variable, or: others, form: "whole seconds from \(range.lowerBound) to \(range.upperBound)", in: range,
            standard: standard, standardText: "\(standard) seconds", documentation
        ) { .seconds($0) }
    }
}

extension Setting {
    /// A whole number that stands for a value.
    private static func number(
        _ variable: String, or others: [String], form: String, in range: ClosedRange<Int>, standard: Int,
        standardText: String, _ documentation: String, _ value: @escaping @Sendable (Int) -> Value
    ) -> Setting {
        Setting(
            variable, or: others, form: form, standard: value(standard), standardText: standardText, documentation
        ) { text in Int(text).flatMap { range.contains($0) ? value($0) : nil } }
    }
}

extension Setting where Value == Bool {
    package static func flag(_ variable: String, or others: [String] = [], _ documentation: String) -> Setting {
        Setting(variable, or: others, form: "true or false", standard: false, standardText: "false", documentation) {
            switch $0.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        }
    }
}

extension Setting where Value == Logger.Level {
    /// The same for every service.
    package static var logLevel: Setting<Logger.Level> {
        Setting(
            "CASARE_LOG_LEVEL", or: ["LOG_LEVEL"],
            form: "one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", "), standard: .info,
            standardText: "info", "What is logged to stderr: this, and what is more urgent."
        ) { Logger.Level(rawValue: $0.lowercased()) }
    }
}
