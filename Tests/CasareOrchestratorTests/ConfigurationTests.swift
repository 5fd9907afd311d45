@testable import CasareOrchestrator
import CasareSettings
import CasareStore
import Configuration
import Logging
import Testing

struct ConfigurationTests {
    private static let url = ["DATABASE_URL": "postgres://u:secret@db/casare"]

    private static func configuration(_ variables: [String: String]) throws -> OrchestratorConfiguration {
        let environment = Self.url.merging(variables) { $1 }
        return try OrchestratorConfiguration(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)))
    }

    @Test func `only the database is required`() throws {
        let configuration = try Self.configuration([:])
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8000)
        #expect(configuration.databaseConnectionsMax == 10 && configuration.logLevel == .info)
        #expect(configuration.retentionDays == nil && configuration.journalCompactHours == 24)
        #expect(configuration.leaseDuration == .seconds(30))
        #expect(configuration.deadLetters == DeadLetterStore.Keeping(days: 90, lettersMax: 2_000_000))
    }

    @Test func `a name of our own counts before the usual one`() throws {
        let configuration = try Self.configuration([
            "CASARE_PORT": "9000", "PORT": "1", "HOST": "0.0.0.0", "CASARE_HOST": "", "LOG_LEVEL": "DEBUG",
            "CASARE_DATABASE_CONNECTIONS": "4", "CASARE_RETENTION_DAYS": "30",
            "CASARE_JOURNAL_COMPACT_HOURS": "0", "CASARE_LEASE_SECONDS": "2", "CASARE_DEAD_LETTER_DAYS": "0",
            "CASARE_DEAD_LETTERS_MAX": "5000",
        ])
        #expect(configuration.port == 9000 && configuration.host == "0.0.0.0")
        #expect(configuration.logLevel == .debug && configuration.databaseConnectionsMax == 4)
        #expect(configuration.retentionDays == 30 && configuration.journalCompactHours == nil)
        #expect(configuration.leaseDuration == .seconds(2))
        #expect(configuration.deadLetters == DeadLetterStore.Keeping(days: nil, lettersMax: 5000))
    }

    @Test(arguments: [
        ("CASARE_PORT", "x", "from 0 to 65535"), ("PORT", "65536", "from 0 to 65535"),
        ("CASARE_PORT", "-1", "from 0 to 65535"), ("CASARE_DATABASE_CONNECTIONS", "1", "from 2 to 200"),
        ("CASARE_RETENTION_DAYS", "-1", "from 0 to 36500"),
        ("CASARE_JOURNAL_COMPACT_HOURS", "87601", "from 0 to 87600"),
        ("CASARE_DEAD_LETTER_DAYS", "-1", "from 0 to 36500"),
        ("CASARE_DEAD_LETTERS_MAX", "999", "from 1000 to 100000000"),
        ("CASARE_LEASE_SECONDS", "1", "whole seconds from 2 to 600"),
        ("CASARE_LEASE_SECONDS", "601", "whole seconds from 2 to 600"),
        ("CASARE_LEASE_SECONDS", "2.5", "whole seconds from 2 to 600"),
        ("CASARE_LOG_LEVEL", "loud", "warning"), ("LOG_LEVEL", "9", "warning"),
        ("DATABASE_URL", "", "postgres://user:password@host/database"),
        ("DATABASE_URL", "postgres://u:secret@[x", "postgres://"),
    ])
    func `a wrong value gives one line that names the variable and what it takes`(
        name: String, value: String, form: String
    ) {
        let error = #expect(throws: SettingError.self) { _ = try Self.configuration([name: value]) }
        #expect(error?.variable == name)
        let line = error?.description ?? ""
        #expect(line.hasPrefix(name) && line.contains(form) && !line.contains("\n") && !line.contains("secret"))
    }
}
