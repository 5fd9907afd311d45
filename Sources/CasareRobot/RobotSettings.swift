package import CasareClient
import CasareDomain
import CasareEngine
package import CasarePostgres
package import CasareProviders
package import CasareSettings
package import CasareStore
package import Configuration
import FoundationEssentials
package import Logging

/// What a robot process is told by its environment.
package struct RobotSettings: Sendable {
    package enum Connection: Sendable {
        case database(PostgresConfiguration)
        case api(url: String, token: String?, tls: TLSSettings)
    }

    package static let slotsRange = 1...1000

    package let connection: Connection
    package let robot: RobotConfiguration
    package let leaseDuration: Duration
    /// Over SQL: open secrets, and the passwords of feeds.
    package let keys: KeyRing?
    /// Over SQL: asked for secrets that are not in the vault.
    package let providers: SecretProviders
    package let logLevel: Logger.Level
    /// Where it serves its metrics; `nil`: nowhere.
    package let metrics: (host: String, port: Int)?
    #if DEBUG || CASARE_FAULTS
        /// What is to go wrong in this process (`CASARE_FAULTS`). Programs that are built for use do not know of it.
        package let faults: Faults
    #endif

    package init(config: ConfigReader) throws(SettingError) {
        #if DEBUG || CASARE_FAULTS
            // Before anything else: whoever asks whether a program knows of faults need not tell it the rest.
            self.faults = try Faults(config.string(forKey: "casare.faults") ?? "")
        #endif
        self.connection = try Self.connection(config)
        self.leaseDuration = try Settings.lease.value(in: config)
        self.keys = try KeySettings.ring(in: config)
        self.providers = try SecretProviders(config: config)
        self.logLevel = try Setting.logLevel.value(in: config)
        let metricsHost = try Settings.metricsHost.value(in: config)
        self.metrics = try Settings.metricsPort.value(in: config).map { (metricsHost, $0) }
        self.robot = RobotConfiguration(
            description: RobotDescription(
                id: try Self.id(config), environment: try Settings.environment.value(in: config),
                tags: try Settings.tags.value(in: config), capabilities: try Settings.capabilities.value(in: config),
                slots: try Settings.slots.value(in: config)),
            workingDirectory: try Settings.workingDirectory.value(in: config) ?? Self.workingDirectory(config),
            policy: NodePolicy(
                allowsDangerousOverrides: try Settings.allowDangerous.value(in: config),
                allowsInternalURLs: try Settings.allowInternalURLs.value(in: config),
                traceHosts: try Settings.traceHosts.value(in: config)),
            refusesLoosening: try Settings.refuseLoosening.value(in: config),
            shutdownGrace: try Settings.shutdownGrace.value(in: config),
            keptLog: try Settings.keptLogLevel.value(in: config).map { KeptLog(level: $0) })
    }

    private static func id(_ config: ConfigReader) throws(SettingError) -> Robot.ID {
        let text = try Settings.id.value(in: config) ?? "robot-\(ProcessInfo.processInfo.hostName.prefix(50))"
        guard let id = Robot.ID(rawValue: text) else {
            throw SettingError(
                Settings.id.declaration.variable, "is \"\(text)\"; expected \(Settings.id.declaration.form)")
        }
        return id
    }

    /// A folder of this user, by the XDG Base Directory Specification.
    private static func workingDirectory(_ config: ConfigReader) -> String {
        let state = config.string(forKey: "xdg.state.home").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (state ?? "\(config.string(forKey: "home") ?? "/tmp")/.local/state") + "/casare/runs"
    }

    private static func connection(_ config: ConfigReader) throws(SettingError) -> Connection {
        let database = try Settings.database.value(in: config)
        let url = try Settings.url.value(in: config)
        switch (database, url) {
        case (nil, nil):
            throw SettingError(
                Settings.database.declaration.variable,
                "is not set, and neither is CASARE_URL; set one of them, to work over SQL or over an orchestrator")
        case (.some, .some):
            throw SettingError(
                Settings.database.declaration.variable, "is set, and so is CASARE_URL; set the one to work over")
        case (let database?, nil):
            do throws(PostgresError) {
                return .database(try PostgresConfiguration(url: database))
            } catch {
                // The URL holds a password: the error's text never repeats it.
                throw SettingError(Settings.database.declaration.variable, "cannot be used: \(error)")
            }
        case (nil, let url?):
            let tls = try Self.tls(config, url: url)
            return .api(url: url, token: try Self.token(config, tls), tls: tls)
        }
    }

    private static func tls(_ config: ConfigReader, url: String) throws(SettingError) -> TLSSettings {
        let tls = TLSSettings(
            authorityFile: try Settings.authority.value(in: config),
            certificateFile: try Settings.certificate.value(in: config), keyFile: try Settings.key.value(in: config),
            serverName: try Settings.serverName.value(in: config),
            isVerificationOff: try Settings.verificationOff.value(in: config))
        let (certificate, key) = (Settings.certificate.declaration.variable, Settings.key.declaration.variable)
        switch (tls.certificateFile, tls.keyFile) {
        case (.some, nil):
            throw SettingError(certificate, "is set, and \(key) is not; a certificate needs its key")
        case (nil, .some):
            throw SettingError(key, "is set, and \(certificate) is not; a key needs its certificate")
        case (.some, .some):
            guard url.hasPrefix("https://") else {
                throw SettingError(certificate, "is set, and CASARE_URL is no https:// URL: nobody would see it")
            }
        case (nil, nil):
            break
        }
        return tls
    }

    /// - Returns: `nil` for a robot that shows a certificate instead.
    private static func token(_ config: ConfigReader, _ tls: TLSSettings) throws(SettingError) -> String? {
        if let token = try Settings.token.value(in: config) { return token }
        let variable = Settings.token.declaration.variable
        guard let path = try Settings.tokenFile.value(in: config) else {
            if tls.certificateFile != nil { return nil }
            throw SettingError(
                variable,
                "is not set, and neither is \(Settings.certificate.declaration.variable); get a certificate with "
                    + "casarectl robot enroll, or an administrator makes a robot's token with casarectl robot token ID")
        }
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else {
            throw SettingError(Settings.tokenFile.declaration.variable, "is \"\(path)\", which cannot be read")
        }
        let token = String(text.prefix { !$0.isWhitespace })
        guard !token.isEmpty else {
            throw SettingError(
                Settings.tokenFile.declaration.variable, "is \"\(path)\", which does not begin with a token")
        }
        return token
    }
}
