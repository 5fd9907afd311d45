package import CasarePostgres
package import CasareProviders
package import CasareSettings
package import CasareStore
import CasareTelemetry
package import Configuration
package import Logging

/// How an orchestrator is set up.
package struct OrchestratorConfiguration: Sendable {
    package var database: PostgresConfiguration
    package var host: String
    package var port: Int
    package var databaseConnectionsMax: Int
    /// For how many days jobs are kept after the end of their week; `nil`: for ever.
    package var retentionDays: Int?
    /// For how many days what robots log is kept.
    package var robotLogDays: Int
    /// How many hours after a job's end its journal is packed; `nil`: never.
    package var journalCompactHours: Int?
    package var deadLetters: DeadLetterStore.Keeping
    /// How long a session over the API is trusted without a renewal.
    package var leaseDuration: Duration
    /// What secrets are encrypted under; `nil`: none can be kept.
    package var keys: KeyRing?
    /// What keeps secrets elsewhere. Whoever made them closes them, once the orchestrator has stopped.
    package var providers: SecretProviders
    package var audit: AuditKeeping
    /// How callers are known and counted.
    package var authentication: AuthenticationSettings
    /// `nil`: plain HTTP.
    package var tls: ServerTLS?
    /// Of certificates that are signed for robots.
    package var certificateLife: Duration
    package var logLevel: Logger.Level

    package static var portDefault: Int { Settings.port.standard }

    package init(
        database: PostgresConfiguration, host: String = Settings.host.standard, port: Int = Settings.port.standard,
        databaseConnectionsMax: Int = Settings.databaseConnections.standard, retentionDays: Int? = nil,
        robotLogDays: Int = Settings.robotLogDays.standard,
        journalCompactHours: Int? = Settings.journalCompactHours.standard,
        deadLetters: DeadLetterStore.Keeping = DeadLetterStore.Keeping(),
        leaseDuration: Duration = Settings.lease.standard, sealingKey: SealingKey? = nil, keys: KeyRing? = nil,
        providers: SecretProviders = .none, audit: AuditKeeping = AuditKeeping(),
        authentication: AuthenticationSettings = AuthenticationSettings(), tls: ServerTLS? = nil,
        certificateLife: Duration = Settings.certificateLife.standard,
        logLevel: Logger.Level = Setting.logLevel.standard
    ) {
        self.database = database
        self.host = host
        self.port = port
        self.databaseConnectionsMax = databaseConnectionsMax
        self.retentionDays = retentionDays
        self.robotLogDays = robotLogDays
        self.journalCompactHours = journalCompactHours
        self.deadLetters = deadLetters
        self.leaseDuration = leaseDuration
        self.keys = keys ?? sealingKey.map { KeyRing(current: $0) }
        self.providers = providers
        self.audit = audit
        self.authentication = authentication
        self.tls = tls
        self.certificateLife = certificateLife
        self.logLevel = logLevel
    }
}

extension OrchestratorConfiguration {
    /// What an orchestrator is told by its environment.
    package enum Settings {
        package static let database = Setting.optionalText(
            "DATABASE_URL", form: "postgres://user:password@host/database", standardText: "none; it must be set",
            isSecret: true, "The database, migrated by casarectl db migrate.")
        package static let host = Setting.text(
            "CASARE_HOST", or: ["HOST"], form: "an address or a name", standard: "127.0.0.1",
            "The address to listen on.")
        package static let port = Setting.number(
            "CASARE_PORT", or: ["PORT"], in: 0...65_535, standard: 8000,
            "The port to listen on; 0 takes any free one.")
        package static let databaseConnections = Setting.number(
            "CASARE_DATABASE_CONNECTIONS", in: 2...200, standard: 10,
            "Connections to the database that requests share; the loops have up to seven of their own.")
        package static let retentionDays = Setting.number(
            "CASARE_RETENTION_DAYS", in: 0...36_500, standard: 0,
            "For how many days jobs are kept after the end of their week; 0 keeps them for ever. Dead letters stay for "
                + "longer.")
        package static let robotLogDays = Setting.number(
            "CASARE_ROBOT_LOG_DAYS", in: 1...366, standard: RobotLogStore.daysDefault,
            "For how many days the lines are kept that robots log, for casarectl robot logs.")
        package static let journalCompactHours = Setting.number(
            "CASARE_JOURNAL_COMPACT_HOURS", in: 0...87_600, standard: 24,
            "How many hours after a job's end its journal is packed into one row, which is read as before; 0 never packs."
        )
        package static let deadLetterDays = Setting.number(
            "CASARE_DEAD_LETTER_DAYS", in: 0...36_500, standard: DeadLetterStore.Keeping.daysDefault,
            "For how many days a dead letter is kept once it was dealt with; 0 keeps it for ever. Open and acknowledged "
                + "ones stay.")
        package static let deadLettersMax = Setting.number(
            "CASARE_DEAD_LETTERS_MAX", in: 1000...100_000_000, standard: DeadLetterStore.Keeping.lettersMaxDefault,
            "How many dead letters are kept of each tenant; beyond that the oldest go, those first that were dealt with."
        )
        package static let lease = Setting.seconds(
            "CASARE_LEASE_SECONDS", in: 2...600, standard: 30,
            "Life of a session over the API without a heartbeat; robots send one every third of it.")

        package static let certificateLife = Setting.seconds(
            "CASARE_ROBOT_CERTIFICATE_LIFE", in: 86_400...7_776_000, standard: 2_592_000,
            "How long the certificates count that robots are given; robots renew theirs after two thirds of it.")

        package static let all =
            [
                Self.database.declaration, Self.host.declaration, Self.port.declaration,
                Self.databaseConnections.declaration, Self.retentionDays.declaration,
                Self.robotLogDays.declaration, Self.journalCompactHours.declaration, Self.deadLetterDays.declaration,
                Self.deadLettersMax.declaration,
                Self.lease.declaration, Self.certificateLife.declaration, Setting.logLevel.declaration,
                Setting.logFormat.declaration,
            ] + KeySettings.all + SecretProviders.Settings.all + AuditKeeping.Settings.all
            + AuthenticationSettings.Settings.all + ServerTLS.Settings.all
    }

    package init(config: ConfigReader) throws(SettingError) {
        guard let url = try Settings.database.value(in: config) else {
            throw SettingError(
                Settings.database.declaration.variable, "is not set; set it to \(Settings.database.declaration.form)")
        }
        let database: PostgresConfiguration
        do throws(PostgresError) {
            database = try PostgresConfiguration(url: url)
        } catch {
            // The URL holds a password: the error's text never repeats it.
            throw SettingError(Settings.database.declaration.variable, "cannot be used: \(error)")
        }
        self.init(
            database: database, host: try Settings.host.value(in: config), port: try Settings.port.value(in: config),
            databaseConnectionsMax: try Settings.databaseConnections.value(in: config),
            keys: try KeySettings.ring(in: config), tls: try ServerTLS.read(config),
            logLevel: try Setting.logLevel.value(in: config))
        try self.readRules(config)
    }

    /// What holds wherever the orchestrator runs, and whoever runs it.
    mutating func readRules(_ config: ConfigReader) throws(SettingError) {
        let days = try Settings.retentionDays.value(in: config)
        self.retentionDays = days > 0 ? days : nil
        self.robotLogDays = try Settings.robotLogDays.value(in: config)
        let hours = try Settings.journalCompactHours.value(in: config)
        self.journalCompactHours = hours > 0 ? hours : nil
        let letterDays = try Settings.deadLetterDays.value(in: config)
        self.deadLetters = DeadLetterStore.Keeping(
            days: letterDays > 0 ? letterDays : nil, lettersMax: try Settings.deadLettersMax.value(in: config))
        self.leaseDuration = try Settings.lease.value(in: config)
        self.providers = try SecretProviders(config: config)
        self.audit = try AuditKeeping(config: config)
        self.authentication = try AuthenticationSettings(config: config)
        self.certificateLife = try Settings.certificateLife.value(in: config)
    }
}
