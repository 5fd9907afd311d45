import ArgumentParser
import CasareDomain
import CasareWire

/// The switches of a tenant's policy, as the command line writes them.
enum PolicySwitches {
    static let names = SafetyPolicy.Switch.allCases.map(\.rawValue)

    static let help = SafetyPolicy.Switch.allCases.map { name in
        "  \(name.rawValue)" + String(repeating: " ", count: 16 - name.rawValue.count) + Self.meaning(of: name)
    }.joined(separator: "\n")

    static func meaning(of name: SafetyPolicy.Switch) -> String {
        switch name {
        case .pathRules: "files are reached only where the path rules allow it"
        case .commandRules: "commands of the deny-list and shell syntax are refused"
        case .urlRules: "requests reach no address of the robot's machine and network"
        case .nodeOverrides: "what a node allows itself, as by allow_dangerous, counts"
        case .scripts: "nodes may run the code that a workflow carries"
        }
    }

    static func text(_ setting: Bool?) -> String {
        switch setting {
        case true?: "on"
        case false?: "off"
        case nil: "robot"
        }
    }

    @Sendable static func parse(_ text: String) throws -> SafetyPolicy.Switch {
        guard let name = SafetyPolicy.Switch(rawValue: text.lowercased().replacing("-", with: "_")) else {
            let advice = Spelling.nearest(to: text, among: self.names).map { "; did you mean \($0)?" } ?? ""
            throw UnexpectedText(expected: "one of \(self.names.joined(separator: ", "))\(advice)")
        }
        return name
    }

    /// Which of two would count?
    static func checkOnce(_ names: [SafetyPolicy.Switch]) throws {
        for name in SafetyPolicy.Switch.allCases where names.count(where: { $0 == name }) > 1 {
            throw ValidationError("\(name.rawValue) is there twice; give it once.")
        }
    }
}

/// `url_rules=off`.
struct PolicyAssignment: Hashable, Sendable {
    let name: SafetyPolicy.Switch
    let isOn: Bool

    @Sendable init(parsing argument: String) throws {
        let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else {
            throw UnexpectedText(expected: "a switch with on or off, such as url_rules=off")
        }
        self.name = try PolicySwitches.parse(String(halves[0]))
        switch halves[1].lowercased() {
        case "on", "true", "yes": self.isOn = true
        case "off", "false", "no": self.isOn = false
        default:
            throw UnexpectedText(
                expected: "\(self.name.rawValue)=on or \(self.name.rawValue)=off; "
                    + "casarectl tenant policy reset \(self.name.rawValue) leaves it to the robots")
        }
    }
}

extension PolicyInfo {
    static let columns: [Column<PolicyInfo>] =
        SafetyPolicy.Switch.allCases.map { name in
            Column(name.rawValue) { .text(PolicySwitches.text($0.policy[name])) }
        } + [
            Column("changed_at") { .time($0.changedAt) },
            Column("changed_by", wide: true) { .text($0.changedBy) },
        ]

    func presentation(saying sentence: String? = nil, _ changes: [String] = []) throws -> Presentation {
        var sheet = Sheet(sentence ?? "on, off, or as each robot is set")
        for name in SafetyPolicy.Switch.allCases {
            sheet.add(name.rawValue, .text(PolicySwitches.text(self.policy[name])))
        }
        sheet.add("changed", .time(self.changedAt))
        sheet.add("changed by", .text(self.changedBy))
        if !changes.isEmpty { sheet.sections.append(.lines(title: "Changes", changes)) }
        return Presentation(
            single: self, columns: Self.columns, name: "policy", json: try ValueEncoder.encode(self), sheet: sheet)
    }
}
