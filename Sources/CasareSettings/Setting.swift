package import Configuration

/// One thing that a service is told by its environment: declared in one place, read from there, listed by `--help` and
/// in `docs/configuration.md`.
package struct Setting<Value: Sendable>: Sendable {
    package let declaration: SettingDeclaration
    /// What holds when no variable is set.
    package let standard: Value
    private let parse: @Sendable (String) -> Value?

    /// - Parameters:
    ///   - variable: The environment variable, such as `CASARE_PORT`.
    ///   - others: Variables that count when that one is not set, in this order.
    ///   - form: What its value looks like, unit and range included: "a whole number from 0 to 65535".
    ///   - standardText: The standard as a person would write it; `nil` when there is none.
    ///   - documentation: What it does, in a sentence.
    ///   - parse: `nil` for text that is not of the form.
    package init(
        _ variable: String, or others: [String] = [], form: String, standard: Value, standardText: String?,
        isSecret: Bool = false, _ documentation: String, parse: @escaping @Sendable (String) -> Value?
    ) {
        self.declaration = SettingDeclaration(
            variable: variable, otherVariables: others, form: form, standard: standardText, isSecret: isSecret,
            documentation: documentation)
        self.standard = standard
        self.parse = parse
    }

    /// - Throws: When a variable is set to something that is not of the form.
    package func value(in config: ConfigReader) throws(SettingError) -> Value {
        guard let (variable, text) = self.declaration.text(in: config) else { return self.standard }
        guard let value = self.parse(text) else {
            let given = self.declaration.isSecret ? "something else" : "\"\(text)\""
            throw SettingError(variable, "is \(given); expected \(self.declaration.form)")
        }
        return value
    }
}

/// What is known of a setting without its type.
package struct SettingDeclaration: Hashable, Sendable {
    package let variable: String
    package let otherVariables: [String]
    package let form: String
    package let standard: String?
    package let isSecret: Bool
    package let documentation: String

    /// That of its variables that is set and counts; `nil`: none is.
    package func givenVariable(in config: ConfigReader) -> String? { self.text(in: config)?.variable }

    /// The first variable that is set, and its text. Set to nothing counts as not set: that is how Compose and systemd
    /// files leave a variable out.
    package func text(in config: ConfigReader) -> (variable: String, text: String)? { self.texts(in: config).first }

    /// All variables that are set, and their texts: for whoever goes on to the next where one is not understood.
    package func texts(in config: ConfigReader) -> [(variable: String, text: String)] {
        ([self.variable] + self.otherVariables).compactMap { variable in
            let key = ConfigKey(variable.lowercased().split(separator: "_").map(String.init))
            // As text, whatever it is to become: the reader takes a number that is none for one that is not set.
            guard let text = config.string(forKey: key, isSecret: self.isSecret), !text.isEmpty else { return nil }
            return (variable, text)
        }
    }
}

/// A setting that cannot be used, in one line that names its variable. It never repeats a secret.
package struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let variable: String
    package let problem: String

    package init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    package var description: String { "\(self.variable) \(self.problem)" }
}
