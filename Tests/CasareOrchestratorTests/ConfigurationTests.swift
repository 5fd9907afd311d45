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
        #expect(configuration.robotLogDays == 7)
        #expect(configuration.leaseDuration == .seconds(30))
        #expect(configuration.deadLetters == DeadLetterStore.Keeping(days: 90, lettersMax: 2_000_000))
    }

    // MARK: - casarectl dev

    private static let key = SealingKey(text: String(repeating: "5a", count: SealingKey.bytesCount))!  // Hex of 32.

    private static func development(
        _ variables: [String: String]
    ) throws(SettingError) -> (configuration: OrchestratorConfiguration, unread: [String], unreadInMemory: [String]) {
        let config = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        return (
            try OrchestratorConfiguration(ofDevelopment: config, host: "127.0.0.1", port: 0, sealingKey: Self.key),
            OrchestratorConfiguration.Settings.unread(in: config, isInMemory: false),
            OrchestratorConfiguration.Settings.unread(in: config, isInMemory: true)
        )
    }

    @Test func `casarectl dev is told what services are told`() throws {
        let found = try Self.development([
            "CASARE_RETENTION_DAYS": "5", "CASARE_JOURNAL_COMPACT_HOURS": "0", "CASARE_DEAD_LETTER_DAYS": "3",
            "CASARE_LEASE_SECONDS": "9", "CASARE_AUDIT_DAYS": "7", "CASARE_LOCKOUT_FAILURES": "4",
            "CASARE_RATE_LIMIT": "50", "CASARE_ROBOT_CERTIFICATE_LIFE": "90000", "CASARE_LOG_FORMAT": "json",
        ])
        let configuration = found.configuration
        #expect(configuration.retentionDays == 5 && configuration.journalCompactHours == nil)
        #expect(configuration.deadLetters.days == 3 && configuration.leaseDuration == .seconds(9))
        #expect(configuration.audit.days == 7 && configuration.authentication.lockout?.failuresMax == 4)
        #expect(configuration.authentication.rate != nil && configuration.certificateLife == .seconds(90_000))
        #expect(found.unread.isEmpty && found.unreadInMemory.count == 8)
        let nothing = try Self.development([:])
        #expect(nothing.configuration.authentication.lockout != nil && nothing.unreadInMemory.isEmpty)
    }

    @Test func `casarectl dev does not read what is its own, wrong or not, and names it`() throws {
        let found = try Self.development([
            "DATABASE_URL": "postgres://u:secret@db/casare", "HOST": "0.0.0.0", "CASARE_HOST": "0.0.0.0",
            "CASARE_PORT": "x", "CASARE_DATABASE_CONNECTIONS": "1", "CASARE_LOG_LEVEL": "loud",
            "CASARE_SEALING_KEY": "no key", "CASARE_TLS_KEY": "/nowhere",
        ])
        #expect(found.configuration.host == "127.0.0.1" && found.configuration.port == 0)
        #expect(found.configuration.keys?.current.id == Self.key.id && found.configuration.tls == nil)
        #expect(
            found.unread == [
                "CASARE_HOST", "CASARE_PORT", "CASARE_DATABASE_CONNECTIONS", "CASARE_LOG_LEVEL", "CASARE_SEALING_KEY",
                "CASARE_TLS_KEY",
            ])
    }

    @Test func `what casarectl dev does not read, services do`() {
        let services = Set(OrchestratorConfiguration.Settings.all.map(\.variable))
        let own = OrchestratorConfiguration.Settings.ofServicesAlone.map(\.variable)
        #expect(Set(own).isSubset(of: services) && Set(own).count == own.count)
    }

    @Test func `a setting that is wrong is an error of casarectl dev, too`() {
        let error = #expect(throws: SettingError.self) { try Self.development(["CASARE_RATE_LIMIT": "x"]) }
        #expect(error?.variable == "CASARE_RATE_LIMIT")
    }

    // MARK: - The service

    @Test func `a name of our own counts before the usual one`() throws {
        let configuration = try Self.configuration([
            "CASARE_PORT": "9000", "PORT": "1", "HOST": "0.0.0.0", "CASARE_HOST": "", "LOG_LEVEL": "DEBUG",
            "CASARE_DATABASE_CONNECTIONS": "4", "CASARE_RETENTION_DAYS": "30",
            "CASARE_JOURNAL_COMPACT_HOURS": "0", "CASARE_LEASE_SECONDS": "2", "CASARE_DEAD_LETTER_DAYS": "0",
            "CASARE_DEAD_LETTERS_MAX": "5000", "CASARE_ROBOT_LOG_DAYS": "30",
        ])
        #expect(configuration.port == 9000 && configuration.host == "0.0.0.0")
        #expect(configuration.logLevel == .debug && configuration.databaseConnectionsMax == 4)
        #expect(configuration.retentionDays == 30 && configuration.journalCompactHours == nil)
        #expect(configuration.robotLogDays == 30)
        #expect(configuration.leaseDuration == .seconds(2))
        #expect(configuration.deadLetters == DeadLetterStore.Keeping(days: nil, lettersMax: 5000))
    }

    @Test(arguments: [
        ("CASARE_PORT", "x", "from 0 to 65535"), ("PORT", "65536", "from 0 to 65535"),
        ("CASARE_PORT", "-1", "from 0 to 65535"), ("CASARE_DATABASE_CONNECTIONS", "1", "from 2 to 200"),
        ("CASARE_RETENTION_DAYS", "-1", "from 0 to 36500"),
        ("CASARE_ROBOT_LOG_DAYS", "0", "from 1 to 366"), ("CASARE_ROBOT_LOG_DAYS", "367", "from 1 to 366"),
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
