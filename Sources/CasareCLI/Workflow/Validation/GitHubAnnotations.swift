import CasareWire

/// Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change
/// (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
enum GitHubAnnotations {
    static func render(_ findings: [Finding]) -> String {
        findings.map { finding in
            var properties: [(String, String)] = []
            if finding.file != TextInput.standardInput.name { properties.append(("file", finding.file)) }
            if let place = finding.place {
                properties += [("line", String(place.line)), ("col", String(place.column))]
            }
            properties.append(("title", finding.issue.code))
            let list = properties.map { "\($0)=\(Self.escaped($1, isProperty: true))" }.joined(separator: ",")
            let text = [finding.issue.message, finding.issue.suggestion].compactMap(\.self).joined(separator: "\n")
            return "::\(finding.issue.severity.rawValue) \(list)::\(Self.escaped(text, isProperty: false))\n"
        }.joined()
    }

    /// What would end a command or one of its properties is written as the runner's own escapes.
    private static func escaped(_ text: String, isProperty: Bool) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            case ":" where isProperty: "%3A"
            case "," where isProperty: "%2C"
            default: TerminalText.line(String(Character(scalar)))
            }
        }.joined()
    }
}
