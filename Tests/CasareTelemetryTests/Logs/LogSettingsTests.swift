import CasareSettings
@testable import CasareTelemetry
import Configuration
import Logging
import Testing

struct LogSettingsTests {
    private static func settings(_ variables: [String: String]) throws(SettingError) -> LogSettings {
        try LogSettings(config: Self.config(variables), program: .robot)
    }

    private static func config(_ variables: [String: String]) -> ConfigReader {
        ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    }

    @Test func `without variables lines are for people, from info on`() throws {
        let settings = try Self.settings([:])
        #expect(settings.format == .pretty && settings.level == .info && settings.service == "casare-robot")
    }

    @Test(arguments: [("json", .json), ("JSON", .json), ("pretty", .pretty), ("", .pretty)] as [(String, LogFormat)])
    func `the format is said by a variable`(text: String, format: LogFormat) throws {
        #expect(try Self.settings(["CASARE_LOG_FORMAT": text]).format == format)
    }

    @Test func `a format that is none ends the start`() {
        let error = #expect(throws: SettingError.self) { try Self.settings(["CASARE_LOG_FORMAT": "xml"]) }
        #expect(error?.description == "CASARE_LOG_FORMAT is \"xml\"; expected one of pretty, json")
    }

    @Test func `a level that is none ends the start, unless the level is said otherwise`() throws {
        let variables = ["CASARE_LOG_LEVEL": "loud"]
        #expect(throws: SettingError.self) { try Self.settings(variables) }
        let settings = try LogSettings(config: Self.config(variables), program: .casarectl, level: .error)
        #expect(settings.level == .error)
    }

    @Test(
        arguments: [
            (["OTEL_SERVICE_NAME": "mine"], "mine"), (["OTEL_RESOURCE_ATTRIBUTES": "service.name=listed"], "listed"),
            (["OTEL_SERVICE_NAME": "mine", "OTEL_RESOURCE_ATTRIBUTES": "service.name=listed"], "mine"),
            (["OTEL_RESOURCE_ATTRIBUTES": "service.name"], "casare-robot"),
        ] as [([String: String], String)])
    func `lines and what is sent name the same service`(variables: [String: String], service: String) throws {
        #expect(try Self.settings(variables).service == service)
        let resource = Resource.detected(
            service: .robot, version: "1", settings: try TelemetrySettings.read(variables))
        #expect(resource.serviceName == service)
    }

    @Test func `loggers have the level of the settings, or another one`() throws {
        let settings = try Self.settings(["LOG_LEVEL": "error"])
        #expect(settings.makeLogger(label: "a").logLevel == .error)
        #expect(settings.makeLogger(label: "a", level: .debug).logLevel == .debug)
        #expect(settings.makeLogger(label: "a").label == "a")
    }
}
