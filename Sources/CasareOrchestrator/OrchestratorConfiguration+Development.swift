import CasarePostgres
import CasareProviders
package import CasareSettings
package import CasareStore
import CasareTelemetry
package import Configuration
import Logging

extension OrchestratorConfiguration.Settings {
    /// What `casarectl dev` does not read: where it listens and what it logs are for its options to say, its database and
    /// the key of its vault are its own, and it speaks plain HTTP to its own machine.
    package static let ofServicesAlone =
        [
            Self.database.declaration, Self.host.declaration, Self.port.declaration,
            Self.databaseConnections.declaration, Setting.logLevel.declaration,
        ] + KeySettings.all + ServerTLS.Settings.all

    /// The variables that are set, and that `casarectl dev` does not read; not those that other programs read as well,
    /// such as `DATABASE_URL`.
    ///
    /// - Parameter isInMemory: it reads none at all but what its log looks like.
    package static func unread(in config: ConfigReader, isInMemory: Bool) -> [String] {
        let declarations =
            isInMemory ? Self.all.filter { $0 != Setting.logFormat.declaration } : Self.ofServicesAlone
        return declarations.compactMap { $0.givenVariable(in: config) }.filter { $0.hasPrefix("CASARE_") }
    }
}

extension OrchestratorConfiguration {
    /// That of `casarectl dev`, which is told by its environment what services are told, but for
    /// `Settings.ofServicesAlone`. Its database is put in once it is there.
    ///
    /// - Throws: as `init(config:)`.
    package init(
        ofDevelopment config: ConfigReader, host: String, port: Int, sealingKey: SealingKey
    ) throws(SettingError) {
        self.init(database: PostgresConfiguration(keywords: [:]), host: host, port: port, sealingKey: sealingKey)
        try self.readRules(config)
    }
}
