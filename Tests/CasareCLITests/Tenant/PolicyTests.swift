import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct PolicyTests {
    @Test(arguments: SafetyPolicy.Switch.allCases)
    func `a switch is turned by its name`(name: SafetyPolicy.Switch) throws {
        for (text, isOn) in [("on", true), ("ON", true), ("true", true), ("yes", true), ("off", false), ("No", false)] {
            let assignment = try PolicyAssignment(parsing: "\(name.rawValue)=\(text)")
            #expect(assignment.name == name && assignment.isOn == isOn)
        }
        #expect(PolicySwitches.help.contains("  \(name.rawValue)  "))
    }

    @Test(arguments: [
        ("url_rule=off", "did you mean url_rules?"), ("url_rules", "such as url_rules=off"),
        ("scripts=maybe", "scripts=on or scripts=off"), ("scripts=", "tenant policy reset scripts"),
    ])
    func `what is no switch or no position says what is expected`(text: String, advice: String) {
        let error = #expect(throws: UnexpectedText.self) { try PolicyAssignment(parsing: text) }
        #expect(error?.description.contains(advice) == true, "\(error?.description ?? "")")
    }

    @Test func `a policy is shown in words, and as JSON with every switch`() throws {
        let policy = PolicyInfo(
            policy: SafetyPolicy([.urlRules: false, .scripts: true]), changedAt: Date(timeIntervalSince1970: 0),
            changedBy: "ann")
        let presentation = try policy.presentation()
        #expect(
            presentation.rows[0].cells.map(\.plain) == [
                "robot", "robot", "off", "robot", "on", "1970-01-01T00:00:00.000Z", "ann",
            ])
        #expect(presentation.rows[0].json["url_rules"] == false)
        #expect(presentation.rows[0].json["path_rules"] == Value.null)
    }
}
