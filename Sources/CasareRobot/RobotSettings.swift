import CasareDomain
import CasareEngine
package import Configuration
import FoundationEssentials

/// What a robot process is told by its environment.
///
/// Keys, as environment variables:
/// - `DATABASE_URL` (secret): work over SQL on this database; or
/// - `CASARE_URL`, `CASARE_TOKEN` (secret) or `CASARE_TOKEN_FILE`: work over an orchestrator's API with a robot's token.
/// - `CASARE_ROBOT_ID` (default `robot-` and the host's name): who it is, the same after every restart.
/// - `CASARE_ROBOT_SLOTS` (int, default 4, range 1–1000): jobs at once. `CASARE_MAX_CONCURRENT_JOBS` is accepted too.
/// - `CASARE_ENVIRONMENT` (default `default`), `CASARE_ROBOT_TAGS`, `CASARE_ROBOT_CAPABILITIES` (comma lists).
/// - `CASARE_WORKING_DIRECTORY` (default `~/.local/state/casare/runs`): runs have their directories below it.
/// - `CASARE_LEASE_SECONDS` (int, default 30, range 3–3600): life of the session without a heartbeat, which comes three
///   times as often. Over an orchestrator, that one decides.
/// - `CASARE_SHUTDOWN_GRACE` (seconds, default 60, range 0–3600): how long a stop waits for steps under way.
/// - `CASARE_ALLOW_DANGEROUS` (bool, default false): whether nodes may override the path, command and URL rules.
/// - `CASARE_ALLOW_INTERNAL_URLS` (bool, default false): whether nodes may send requests to addresses of this machine
///   and its network.
package struct RobotSettings: Sendable {
    package enum Connection: Sendable {
        case database(url: String)
        case api(url: String, token: String)
    }

    package static let slotsRange = 1...1000
    package static let slotsDefault = 4
    package static let leaseSecondsRange = 3...3600
    package static let leaseSecondsDefault = 30
    package static let shutdownGraceRange = 0...3600
    package static let shutdownGraceDefault = 60

    package let connection: Connection
    package let robot: RobotConfiguration
    package let leaseDuration: Duration

    package init(config: ConfigReader) throws(RobotSettingsError) {
        self.connection = try Self.connection(config)
        let idText = config.string(forKey: "casare.robot.id") ?? "robot-\(ProcessInfo.processInfo.hostName.prefix(50))"
        guard let id = Robot.ID(rawValue: idText) else {
            throw RobotSettingsError(
                "CASARE_ROBOT_ID",
                "\"\(idText)\" is not 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first")
        }
        let slotsKey: ConfigKey =
            config.string(forKey: "casare.robot.slots") == nil ? "casare.max.concurrent.jobs" : "casare.robot.slots"
        let slots = try Self.int(config, slotsKey, default: Self.slotsDefault, in: Self.slotsRange)
        self.leaseDuration = .seconds(
            try Self.int(
                config, "casare.lease.seconds", default: Self.leaseSecondsDefault, in: Self.leaseSecondsRange))
        let grace = try Self.int(
            config, "casare.shutdown.grace", default: Self.shutdownGraceDefault, in: Self.shutdownGraceRange)
        self.robot = RobotConfiguration(
            description: RobotDescription(
                id: id, environment: config.string(forKey: "casare.environment") ?? "default",
                tags: Self.list(config, "casare.robot.tags"),
                capabilities: Self.list(config, "casare.robot.capabilities"), slots: slots),
            workingDirectory: config.string(forKey: "casare.working.directory") ?? Self.workingDirectoryDefault,
            policy: NodePolicy(
                allowsDangerousOverrides: try Self.flag(config, "casare.allow.dangerous"),
                allowsInternalURLs: try Self.flag(config, "casare.allow.internal.urls")),
            shutdownGrace: .seconds(grace))
    }

    private static var workingDirectoryDefault: String {
        let environment = ProcessInfo.processInfo.environment
        let state = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.local/state"
        return "\(state)/casare/runs"
    }

    private static func connection(_ config: ConfigReader) throws(RobotSettingsError) -> Connection {
        if let url = config.string(forKey: "database.url", isSecret: true), !url.isEmpty { return .database(url: url) }
        guard let url = config.string(forKey: "casare.url") ?? config.string(forKey: "casare.orchestrator.url") else {
            throw RobotSettingsError(
                "DATABASE_URL", "set it to work over SQL, or CASARE_URL and CASARE_TOKEN to work over an orchestrator")
        }
        if let token = config.string(forKey: "casare.token", isSecret: true), !token.isEmpty {
            return .api(url: url, token: token)
        }
        guard let path = config.string(forKey: "casare.token.file") else {
            throw RobotSettingsError("CASARE_TOKEN", "a robot's token is needed: casarectl token create --role robot")
        }
        do {
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            return .api(url: url, token: String(text.prefix { !$0.isWhitespace }))
        } catch {
            throw RobotSettingsError("CASARE_TOKEN_FILE", "cannot read \(path)")
        }
    }

    private static func int(
        _ config: ConfigReader, _ key: ConfigKey, default fallback: Int, in range: ClosedRange<Int>
    ) throws(RobotSettingsError) -> Int {
        guard let text = config.string(forKey: key) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw RobotSettingsError(
                Self.variable(key), "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func flag(_ config: ConfigReader, _ key: ConfigKey) throws(RobotSettingsError) -> Bool {
        switch config.string(forKey: key)?.lowercased() {
        case nil, "", "false", "0", "no", "off": return false
        case "true", "1", "yes", "on": return true
        case let text?: throw RobotSettingsError(Self.variable(key), "\"\(text)\" is neither true nor false")
        }
    }

    private static func list(_ config: ConfigReader, _ key: ConfigKey) -> [String] {
        (config.string(forKey: key) ?? "").split(separator: ",")
            .map { $0.drop(while: \.isWhitespace) }.map { String($0.prefix { !$0.isWhitespace }) }
            .filter { !$0.isEmpty }
    }

    private static func variable(_ key: ConfigKey) -> String {
        key.components.joined(separator: "_").uppercased()
    }
}

/// A setting that cannot be used: names its variable.
package struct RobotSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package let variable: String
    package let problem: String

    init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    package var description: String { "\(self.variable): \(self.problem)" }
}
