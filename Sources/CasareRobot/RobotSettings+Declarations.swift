import CasareClient
package import CasareDomain
package import CasareEngine
import CasareProviders
package import CasareSettings
import CasareTelemetry

extension RobotSettings {
    package enum Settings {
        package static let database = Setting.optionalText(
            "DATABASE_URL", form: "postgres://user:password@host/database", isSecret: true,
            "The database, to work over SQL; with a user that casarectl db grant --robot was said of.")
        package static let url = Setting.optionalText(
            "CASARE_URL", form: "http://host:port or https://host", "The orchestrator to work over.")
        package static let token = Setting.optionalText(
            "CASARE_TOKEN", form: "crpa_…", isSecret: true,
            "The robot's token for the orchestrator. It needs none where it shows a certificate.")
        package static let tokenFile = Setting.optionalText(
            "CASARE_TOKEN_FILE", form: "the path of a file",
            "A file that begins with the token, instead of CASARE_TOKEN.")
        package static let authority = Setting.optionalText(
            TLSSettings.Variable.authority.rawValue, form: "a path",
            standardText: "the authorities that the system trusts",
            "A PEM file of the certificate authorities that the orchestrator's certificate must be from.")
        package static let certificate = Setting.optionalText(
            TLSSettings.Variable.certificate.rawValue, form: "a path", standardText: "none",
            "A PEM file with the robot's certificate for the orchestrator. It is read again when it changes.")
        package static let key = Setting.optionalText(
            TLSSettings.Variable.key.rawValue, form: "a path", standardText: "none",
            "A PEM file with the key of that certificate, which nobody else may read (mode 0600).")
        package static let serverName = Setting.optionalText(
            TLSSettings.Variable.serverName.rawValue, form: "a name", standardText: "the host of CASARE_URL",
            "Whom the orchestrator's certificate must name.")
        package static let verificationOff = Setting.flag(
            TLSSettings.Variable.verificationOff.rawValue,
            "Whether whoever answers is taken for the orchestrator: others may then read and change everything.")
        package static let id = Setting.optionalText(
            "CASARE_ROBOT_ID", form: "1 to 64 letters, digits, '.', '_' and '-', a letter or digit first",
            standardText: "robot- and the host's name", "Who it is, the same after every restart.")
        package static let slots = Setting.number(
            "CASARE_ROBOT_SLOTS", or: ["CASARE_MAX_CONCURRENT_JOBS"], in: RobotSettings.slotsRange, standard: 4,
            "Jobs that it runs at once.")
        package static let environment = Setting.text(
            "CASARE_ENVIRONMENT", form: "a name", standard: "default", "It runs jobs of this environment.")
        package static let tags = Setting.list("CASARE_ROBOT_TAGS", "Its tags.")
        package static let capabilities = Setting.list("CASARE_ROBOT_CAPABILITIES", "What it can do.")
        package static let workingDirectory = Setting.optionalText(
            "CASARE_WORKING_DIRECTORY", form: "the path of a folder", standardText: "~/.local/state/casare/runs",
            "Runs have their directories below it.")
        package static let lease = Setting.seconds(
            "CASARE_LEASE_SECONDS", in: 3...3600, standard: 30,
            "Life of its session without a heartbeat; an orchestrator's own counts for more.")
        package static let shutdownGrace = Setting.seconds(
            "CASARE_SHUTDOWN_GRACE", in: 0...3600, standard: 60,
            "How long a graceful stop waits for steps that are under way.")
        package static let allowDangerous = Setting.flag(
            "CASARE_ALLOW_DANGEROUS", "Whether nodes may override the path, command and URL rules.")
        package static let allowInternalURLs = Setting.flag(
            "CASARE_ALLOW_INTERNAL_URLS",
            "Whether nodes may send requests to addresses of this machine and its network.")
        package static let traceHosts = Setting<HostPatterns>(
            "CASARE_TRACE_HOSTS", form: "names such as api.example.com and *.example.com, separated by commas, or *",
            standard: .none, standardText: "none",
            "Servers that HTTP nodes tell which trace a request belongs to, and its baggage.",
            parse: { HostPatterns($0) })
        package static let metricsPort = Setting.optionalNumber(
            "CASARE_METRICS_PORT", in: 0...65_535,
            "Serve metrics for Prometheus on this port, at /metrics and without a token; 0 takes any free one.")
        package static let metricsHost = Setting.text(
            "CASARE_METRICS_HOST", form: "an address of this machine", standard: "127.0.0.1",
            "Where to serve them: whoever can reach it can read them.")
        package static let keptLogLevel = Setting<Robot.LogLine.Level?>(
            "CASARE_ROBOT_LOG_LEVEL",
            form: "one of " + Robot.LogLine.Level.allCases.map(\.rawValue).joined(separator: ", ") + ", or none",
            standard: .info, standardText: Robot.LogLine.Level.info.rawValue,
            "Which lines of its log casarectl robot logs shows, of those that are logged: these, and what is more urgent.",
            parse: { text in
                if text.lowercased() == "none" { return .some(.none) }
                // Text that is no level is none of the setting's values, and not the one that says that there is none.
                return Robot.LogLine.Level(rawValue: text.lowercased()).map { .some($0) }
            })
        package static let refuseLoosening = Setting.flag(
            "CASARE_REFUSE_LOOSENING",
            "Whether tenants' policies may tighten its safety rules only, and loosen none.")

        package static let all =
            [
                Self.database.declaration, Self.url.declaration, Self.token.declaration, Self.tokenFile.declaration,
                Self.authority.declaration, Self.certificate.declaration, Self.key.declaration,
                Self.serverName.declaration, Self.verificationOff.declaration,
                Self.id.declaration, Self.slots.declaration, Self.environment.declaration, Self.tags.declaration,
                Self.capabilities.declaration, Self.workingDirectory.declaration, Self.lease.declaration,
                Self.shutdownGrace.declaration, Self.allowDangerous.declaration, Self.allowInternalURLs.declaration,
                Self.refuseLoosening.declaration, Self.traceHosts.declaration, Self.metricsPort.declaration,
                Self.metricsHost.declaration, Self.keptLogLevel.declaration, Setting.logLevel.declaration,
                Setting.logFormat.declaration,
            ] + KeySettings.all + SecretProviders.Settings.all
    }
}
