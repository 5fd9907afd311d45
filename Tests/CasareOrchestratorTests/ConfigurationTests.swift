@testable import CasareOrchestrator
import Logging
import Testing

struct ConfigurationTests {
    private static let url = ["DATABASE_URL": "postgres://u:secret@db/casare"]

    @Test func `only the database is required`() throws {
        let configuration = try OrchestratorConfiguration(environment: Self.url)
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8000)
        #expect(configuration.databaseConnectionsMax == 10 && configuration.logLevel == .info)
    }

    @Test func `a name of our own counts before the usual one`() throws {
        let configuration = try OrchestratorConfiguration(
            environment: Self.url.merging([
                "CASARE_PORT": "9000", "PORT": "1", "HOST": "0.0.0.0", "CASARE_HOST": "", "LOG_LEVEL": "DEBUG",
                "CASARE_DATABASE_CONNECTIONS": "4",
            ]) { $1 })
        #expect(configuration.port == 9000 && configuration.host == "0.0.0.0")
        #expect(configuration.logLevel == .debug && configuration.databaseConnectionsMax == 4)
    }

    @Test(arguments: [
        ("CASARE_PORT", "x"), ("PORT", "65536"), ("CASARE_PORT", "-1"), ("CASARE_DATABASE_CONNECTIONS", "1"),
        ("CASARE_LOG_LEVEL", "loud"), ("DATABASE_URL", ""), ("DATABASE_URL", "postgres://u:secret@[x"),
    ])
    func `a wrong value gives one line that names the variable`(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try OrchestratorConfiguration(environment: Self.url.merging([name: value]) { $1 })
        }
        #expect(error?.variable == name)
        let line = error?.description ?? ""
        #expect(line.hasPrefix(name) && !line.contains("\n") && !line.contains("secret"))
    }
}
