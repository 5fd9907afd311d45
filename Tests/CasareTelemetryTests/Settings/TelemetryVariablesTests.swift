import CasareSettings
@testable import CasareTelemetry
import Testing

/// What people are told of the variables.
struct TelemetryVariablesTests {
    @Test func `help names every variable, in lines that fit`() {
        for declaration in TelemetryVariables.all {
            #expect(TelemetryVariables.help.contains("\(declaration.variable)"), "\(declaration.variable)")
        }
        for line in TelemetryVariables.help.split(separator: "\n") {
            #expect(line.hasPrefix("  ") && line.count <= 79, "\(line)")
        }
    }

    @Test func `what goes along with requests is secret, and nothing else is`() {
        let secrets = TelemetryVariables.all.filter(\.isSecret).map(\.variable)
        #expect(secrets == ["OTEL_EXPORTER_OTLP_HEADERS"])
        for signal in Signal.allCases { #expect(OTLPVariable.headers.declaration(of: signal).isSecret) }
    }

    @Test func `what is said of all signals names that of each`() {
        #expect(
            OTLPVariable.clientKey.general.documentation.contains("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY")
                && OTLPVariable.clientKey.general.variable == "OTEL_EXPORTER_OTLP_CLIENT_KEY")
        let own = OTLPVariable.clientKey.declaration(of: .logs)
        #expect(own.variable == "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY")
        #expect(own.otherVariables == ["OTEL_EXPORTER_OTLP_CLIENT_KEY"])
    }
}
