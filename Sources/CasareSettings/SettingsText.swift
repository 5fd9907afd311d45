/// The settings of a service as text for people.
package enum SettingsText {
    /// A parser that breaks longer lines does not indent what it breaks off.
    private static let columnsMax = 79

    /// For `--help`: each variable, and below it what it does and takes.
    package static func help(_ declarations: [SettingDeclaration]) -> String {
        declarations.map { declaration in
            // A word, and not a sample such as https://host, which is as it is.
            let isProse = declaration.form.prefix { $0 != " " }.allSatisfy(\.isLetter)
            let form =
                isProse ? declaration.form.prefix(1).uppercased() + declaration.form.dropFirst() : declaration.form
            let standard = declaration.standard.map { " (default: \($0))" } ?? ""
            return "  " + Self.variables(declaration).joined(separator: ", or ") + "\n"
                + Self.wrapped("\(declaration.documentation) \(form)\(standard).", indent: "      ")
        }.joined()
    }

    /// For `--help`: what is said of many variables at once.
    package static func paragraph(_ text: String) -> String { Self.wrapped(text, indent: "  ") }

    /// For `docs/configuration.md`.
    package static func table(_ declarations: [SettingDeclaration]) -> String {
        "| variable | what it does | takes | default |\n|---|---|---|---|\n"
            + declarations.map { declaration in
                let variables = Self.variables(declaration).map { "`\($0)`" }.joined(separator: ", or ")
                let form = declaration.form + (declaration.isSecret ? " (secret)" : "")
                return "| \(variables) | \(declaration.documentation) | \(form) | \(declaration.standard ?? "") |\n"
            }.joined()
    }

    private static func variables(_ declaration: SettingDeclaration) -> [String] {
        [declaration.variable] + declaration.otherVariables
    }

    private static func wrapped(_ text: String, indent: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + 1 + word.count > Self.columnsMax {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
        }
        lines.append(line)
        return lines.map { "\(indent)\($0)\n" }.joined()
    }
}
