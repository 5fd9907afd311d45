import CasareOrchestrator
import CasareProviders
import CasareSettings
import CasareStore
import Configuration
import FoundationEssentials
import Glibc

/// What `casarectl dev` starts, and where its data is.
struct DevSettings: Hashable, Sendable {
    static let contextName = "dev"
    static let robotName = "dev"
    static let portDefault = OrchestratorConfiguration.portDefault
    static let slotsDefault = 4

    /// Loopback only: `dev` has no TLS, and its token is that of an administrator.
    static let host = "127.0.0.1"

    /// Everything of this server is below it.
    let dataFolder: String
    /// 0: any free one.
    let port: Int
    /// Jobs the robot runs at once.
    let slots: Int
    let runsRobot: Bool

    /// Postgres's data directory.
    var clusterFolder: String { self.dataFolder + "/postgres" }
    /// The key that secrets are sealed with stands beside the cluster.
    private var sealingKeyFile: String { self.dataFolder + "/sealing-key" }
    /// Each run has its working directory below it.
    var runsFolder: String { self.dataFolder + "/runs" }

    /// The key of this server, made up on its first run. A copy of the cluster alone has no secrets.
    ///
    /// - Throws: `.failure` when its file cannot be read or written.
    func sealingKey() throws(CommandFailure) -> SealingKey {
        let path = self.sealingKeyFile
        if let data = FileManager.default.contents(atPath: path) {
            let text = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
            guard let key = SealingKey(text: text) else {
                throw CommandFailure(.failure, "\(path) holds no key: 32 bytes in base64; put it back, or remove it")
            }
            return key
        }
        let text = SealingKey.randomText()
        guard let key = SealingKey(text: text),
            FileManager.default.createFile(
                atPath: path, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.failure, "cannot write \(path): \(String(cString: strerror(errno)))") }
        return key
    }

    /// How the orchestrator is set up; its database is put in once it is there.
    ///
    /// - Throws: `.usage` for a setting that is wrong; `.failure` as `sealingKey`.
    func orchestrator(_ config: ConfigReader) throws(CommandFailure) -> OrchestratorConfiguration {
        let key = try self.sealingKey()
        do throws(SettingError) {
            return try OrchestratorConfiguration(
                ofDevelopment: config, host: Self.host, port: self.port, sealingKey: key)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// What keeps secrets elsewhere, for the robot, which closes it.
    ///
    /// - Throws: as `orchestrator`.
    func providers(_ config: ConfigReader) throws(CommandFailure) -> SecretProviders {
        do throws(SettingError) {
            return try SecretProviders(config: config)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// Where the data is when nobody says. Root's home is closed to the user that Postgres runs as for root.
    static func dataFolderDefault(_ environment: Environment, isRoot: Bool) throws(CommandFailure) -> String {
        if isRoot && environment.nonEmpty("XDG_DATA_HOME") == nil { return "/var/lib/casare/dev" }
        return try UserFolders.data(environment) + "/dev"
    }
}

/// Holds a data folder for one process: two servers on one cluster would destroy it.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Creates the folder when it is missing.
    ///
    /// - Throws: `.conflict` when another process holds it.
    init(_ folder: String) throws(CommandFailure) {
        // As root, Postgres's user must get through to the cluster, which is closed itself.
        try UserFolders.create(folder, mode: geteuid() == 0 ? 0o711 : 0o700)
        let path = folder + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failure, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                .conflict, "casarectl dev is running already with \(folder); use that one, or name another --data-dir")
        }
        self.descriptor = descriptor
    }

    deinit { close(self.descriptor) }
}
