import CasareSettings
import Configuration

/// Reads variables by OpenTelemetry's rules: set to nothing counts as not set, and so does what is not understood, which
/// a warning tells.
struct VariableReader {
    /// Beyond that numbers of items and characters are taken for mistakes.
    static let countMax = 1_000_000
    /// A day.
    static let millisecondsMax = 86_400_000

    static let flagForm = "true or false"
    static let timeLimitForm = "milliseconds up to \(millisecondsMax); 0: no limit"
    static let pauseForm = "milliseconds from 1 to \(millisecondsMax)"
    static let countForm = "a whole number from 0 to \(countMax)"

    /// A warning repeats no more than that of what it is about.
    private static let quotedMax = 100

    let config: ConfigReader
    /// Each once, in the order in which they came up.
    private(set) var warnings: [String] = []

    init(_ config: ConfigReader) { self.config = config }

    static func choiceForm<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> String {
        "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }

    mutating func warn(_ warning: String) {
        if !self.warnings.contains(warning) { self.warnings.append(warning) }
    }

    static func quoted(_ text: some StringProtocol) -> String { "\"\(text.prefix(Self.quotedMax))\"" }

    // MARK: - Kinds

    /// Only `true` is true, in whatever case.
    mutating func flag(_ declaration: SettingDeclaration) -> Bool {
        self.value(declaration) { (text) -> Bool? in
            switch text.lowercased() {
            case "true": true
            case "false": false
            default: nil
            }
        } ?? false
    }

    mutating func number(_ declaration: SettingDeclaration, in range: ClosedRange<Int>) -> Int? {
        self.value(declaration) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    mutating func count(_ declaration: SettingDeclaration, from least: Int = 0) -> Int? {
        self.number(declaration, in: least...Self.countMax)
    }

    /// From 0 to 1.
    mutating func ratio(_ declaration: SettingDeclaration) -> Double? {
        self.value(declaration) { text in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }
    }

    mutating func pause(_ declaration: SettingDeclaration) -> Duration? {
        self.number(declaration, in: 1...Self.millisecondsMax).map { .milliseconds($0) }
    }

    /// - Returns: `nil` for no limit.
    mutating func timeLimit(_ declaration: SettingDeclaration, standard: Duration?) -> Duration? {
        guard let milliseconds = self.number(declaration, in: 0...Self.millisecondsMax) else { return standard }
        guard milliseconds > 0 else { return nil }
        return .milliseconds(milliseconds)
    }

    mutating func choice<Choice: RawRepresentable<String>>(
        _ declaration: SettingDeclaration, _: Choice.Type = Choice.self
    ) -> Choice? {
        self.value(declaration) { Choice(rawValue: $0.lowercased()) }
    }

    /// Words with commas between, each once. Those that are none of `allowed` are left out, and told.
    ///
    /// - Returns: `nil` when it is not set.
    mutating func choices<Choice: RawRepresentable<String> & Equatable>(
        _ declaration: SettingDeclaration, among allowed: [Choice]
    ) -> [Choice]? {
        guard let (variable, text) = declaration.text(in: self.config) else { return nil }
        var choices: [Choice] = []
        for part in text.split(separator: ",") {
            let word = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard let choice = Choice(rawValue: word.lowercased()), allowed.contains(choice) else {
                if !word.isEmpty {
                    self.warn("\(variable) names \(Self.quoted(word)), which is left out; expected \(declaration.form)")
                }
                continue
            }
            if !choices.contains(choice) { choices.append(choice) }
        }
        return choices
    }

    private mutating func value<Value>(
        _ declaration: SettingDeclaration, _ parse: (String) -> Value?
    ) -> Value? {
        for (variable, text) in declaration.texts(in: self.config) {
            if let value = parse(text) { return value }
            let given = declaration.isSecret ? "something else" : Self.quoted(text)
            self.warn("\(variable) is \(given), which counts as not set; expected \(declaration.form)")
        }
        return nil
    }
}
