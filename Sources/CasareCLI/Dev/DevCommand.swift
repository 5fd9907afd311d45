import ArgumentParser
import CasareDomain
import CasareOTLP
import CasareOrchestrator
import CasareRobot
import CasareSettings
import CasareTelemetry
import Configuration
import FoundationEssentials
import Glibc
import Logging

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Start everything on this machine: database, orchestrator and robot.",
        discussion: """
            Starts a PostgreSQL of its own, which must be installed, keeps its data in a folder of yours, creates a \
            token and the context 'dev', and stops it all on ^C. It can be reached from this machine only.

            --memory needs no PostgreSQL: workflows and jobs are kept in memory, and all of them are lost when it ends. \
            What needs a database is refused, and says so: what a submit asks of the queue beside a place, rules of queues, \
            explain, doctor, other robots, tokens.

            With a database the settings of casare-orchestrator count that stand in the environment, such as \
            CASARE_SECRET_PROVIDERS, CASARE_LOCKOUT_FAILURES or CASARE_OIDC_ISSUER: docs/configuration.md has all. Not \
            read are those of its database, of where it listens, of the log, of TLS (CASARE_TLS_…) and of the vault's key \
            (CASARE_SEALING_…), which it makes up and keeps beside its data.
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Port of the server; 0 takes any free one.", valueName: "n"),
        transform: Text.number(in: 0...65_535))
    var port = DevSettings.portDefault
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Jobs that the robot runs at once, 1 to 1000.", valueName: "n"),
        transform: Text.number(in: RobotSettings.slotsRange))
    var slots = DevSettings.slotsDefault
    @Option(
        help: ArgumentHelp("Where the data is (default: ~/.local/share/casare/dev).", valueName: "folder"),
        completion: .directory, transform: Text.notEmpty)
    var dataDir: String?
    @Flag(help: "Delete the data of earlier runs first.") var reset = false
    @Flag(help: "Use no database: every workflow and job is lost when it ends.") var memory = false
    @Flag(help: "Start no robot: jobs wait.") var noRobot = false
    @Option(
        help: ArgumentHelp(
            "Write url, token and database_url to this file, as JSON, once everything is up.", valueName: "file"),
        completion: .file(), transform: Text.notEmpty)
    var details: String?
    @Option(
        help: ArgumentHelp(
            "Send traces, metrics and the log to this collector, by OTLP over gRPC: http://localhost:4317.",
            valueName: "url"), transform: Text.notEmpty)
    var otlp: String?
    @Option(help: "What to log on stderr: trace, debug, info, notice, warning or error.")
    var logLevel = LogLevel.warning
    @Flag(name: .shortAndLong, help: "Answer yes to the question that --reset asks.") var yes = false

    enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
        case trace, debug, info, notice, warning, error

        var level: Logger.Level {
            switch self {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        }
    }

    func validate() throws {
        if self.memory && self.reset {
            throw ValidationError("--memory keeps nothing that --reset could delete; give one of them.")
        }
    }

    func run() async throws {
        let settings = try self.settings(.process, isRoot: geteuid() == 0)
        let lock = try FolderLock(settings.dataFolder)
        if self.reset { try self.deleteData(settings) }
        StandardStreams.report("starting…")
        let config = self.config
        let unread = OrchestratorConfiguration.Settings.unread(in: config, isInMemory: self.memory)
        if let line = DevMessages.unread(unread, isInMemory: self.memory) { StandardStreams.report(line) }
        let telemetry = try self.telemetry(config)
        RegistryMetricsFactory.bootstrap(telemetry.sender.registry)
        let file = try ContextFile(in: .process)
        let knownToken = try file.load()[DevSettings.contextName]?.token
        let (details, keepsAll) = (self.details, !self.memory)
        let ready: DevStack.Ready = { url, token, databaseURL in
            var contexts = try file.load()
            contexts.store(ServerContext(name: DevSettings.contextName, url: url, token: token, isProduction: false))
            // A context of another server stays in use: commands meant for it must not silently come here.
            if contexts.current == nil { contexts.current = DevSettings.contextName }
            try file.save(contexts)
            if let details { try DevDetails(url: url, token: token, databaseURL: databaseURL).write(to: details) }
            let isCurrent = contexts.current == DevSettings.contextName
            try StandardStreams.print(
                DevMessages.ready(settings, url: url, isCurrentContext: isCurrent, keepsAll: keepsAll))
        }
        try await TraceRoots.$current.withValue(telemetry.sender.roots) {
            if self.memory {
                try await MemoryStack(settings: settings, telemetry: telemetry).run(
                    knownToken: knownToken, ready: ready)
            } else {
                try await DevStack(settings: settings, config: config, telemetry: telemetry)
                    .run(knownToken: knownToken, ready: ready)
            }
        }
        StandardStreams.report("stopped")
        _ = consume lock
    }

    /// The environment, with what an option says in place of it.
    private var config: ConfigReader {
        let environment = EnvironmentVariablesProvider()
        guard let otlp else { return ConfigReader(provider: environment) }
        let given = InMemoryProvider(values: [
            "otel.exporter.otlp.endpoint": .init(.string(otlp), isSecret: false),
            "otel.exporter.otlp.protocol": "grpc",
        ])
        return ConfigReader(providers: [given, environment])
    }

    private func telemetry(_ config: ConfigReader) throws(CommandFailure) -> ServiceTelemetry {
        do throws(SettingError) {
            return try ServiceTelemetry(
                config: config, program: .casarectl, label: "casarectl", level: self.logLevel.level)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    func settings(_ environment: Environment, isRoot: Bool) throws(CommandFailure) -> DevSettings {
        // Written out, because `??` would widen the type of what is thrown.
        var folder = if let dataDir { dataDir } else { try DevSettings.dataFolderDefault(environment, isRoot: isRoot) }
        if !folder.hasPrefix("/") { folder = FileManager.default.currentDirectoryPath + "/" + folder }
        return DevSettings(dataFolder: folder, port: self.port, slots: self.slots, runsRobot: !self.noRobot)
    }

    /// Deletes what `dev` itself made and nothing else, whatever folder was named.
    private func deleteData(_ settings: DevSettings) throws(CommandFailure) {
        let made = [settings.clusterFolder, settings.runsFolder].filter { FileManager.default.fileExists(atPath: $0) }
        guard !made.isEmpty else { return }
        let confirmation: Consent = self.yes ? .goAhead : Terminal.standard.canAsk ? .ask : .refuse
        try confirmation.obtain(for: DevMessages.reset(settings))
        for folder in made {
            do {
                try FileManager.default.removeItem(atPath: folder)
            } catch {
                throw CommandFailure(.failure, "cannot delete \(folder): \(error)")
            }
        }
    }
}
