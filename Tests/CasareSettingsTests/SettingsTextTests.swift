import CasareOrchestrator
import CasareRobot
import CasareSettings
import CasareTelemetry
import FoundationEssentials
import Testing

struct SettingsTextTests {
    private static let services = [
        ("casare-orchestrator", OrchestratorConfiguration.Settings.all), ("casare-robot", RobotSettings.Settings.all),
        ("Telemetry", TelemetryVariables.all),
    ]

    @Test func `the documentation lists what the services read`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        for (service, settings) in Self.services {
            let table = SettingsText.table(settings)
            #expect(page.contains("## \(service)\n"))
            #expect(page.contains("\n\n" + table), "docs/configuration.md must hold this table:\n\(table)")
        }
    }

    @Test func `every setting says what it does and takes`() {
        for (_, settings) in Self.services {
            #expect(Set(settings.map(\.variable)).count == settings.count)
            for setting in settings {
                #expect(setting.documentation.hasSuffix(".") && !setting.form.isEmpty, "\(setting.variable)")
                #expect(SettingsText.help(settings).contains("  \(setting.variable)"))
            }
        }
    }

    @Test func `help names the variables, the form and the default, in lines that fit`() {
        let setting = Setting.seconds(
            "CASARE_X", or: ["X"], in: 1...9, standard: 5, "How long it takes, from the first moment on.")
        #expect(
            SettingsText.help([setting.declaration])
                == """
                  CASARE_X, or X
                      How long it takes, from the first moment on. Whole seconds from 1 to 9
                      (default: 5 seconds).

                """)
    }

    @Test func `a sample stays as it is written`() {
        let setting = Setting.optionalText("CASARE_X", form: "https://host", "The server.")
        #expect(SettingsText.help([setting.declaration]).contains("The server. https://host."))
    }
}
