import CLibpq
import Glibc

/// A PostgreSQL server of our own: a child of this process that listens on a unix socket only.
///
/// Its folder is closed to other users, which is why its sessions need no password. The first start makes the cluster;
/// later ones use it again, also after a crash. The server stops with this process, even when that is killed.
package final class PrivateCluster: Sendable {
    package enum Durability: Sendable {
        /// Survives a crash of the machine.
        case durable
        /// For tests: nothing is flushed to disk.
        case disposable
    }

    package struct Options: Sendable {
        /// Absolute. Holds the data, the log and mostly the socket.
        package var folder: String
        package var durability: Durability
        /// Part of the socket's name; without `listen_addresses` among the settings nothing listens on the network.
        package var port = 5432
        /// Name of the superuser that the first start creates.
        package var superuser = "casare"
        /// Server settings, such as `max_connections`.
        package var settings: [String: String] = [:]
        /// Nil looks for them.
        package var programs: PostgresPrograms?
        package var startTimeout: Duration = .seconds(60)

        package init(folder: String, durability: Durability = .durable, settings: [String: String] = [:]) {
            self.folder = folder
            self.durability = durability
            self.settings = settings
        }
    }

    /// How long each step of stopping may take before the next, harder one.
    private static let stopStepMax: Duration = .seconds(10)

    /// The folder with the socket, for `host=`.
    package var socketFolder: String { self.folder.socketFolder }
    package let superuser: String
    package let port: Int
    private let folder: ClusterFolder
    private let server: ChildProcess

    private init(_ folder: ClusterFolder, _ options: Options, server: ChildProcess) {
        self.folder = folder
        self.superuser = options.superuser
        self.port = options.port
        self.server = server
    }

    /// Makes the cluster if there is none, starts its server and waits until it takes connections.
    ///
    /// A cancelled task stops what was started and throws `cancelled`.
    package static func start(_ options: Options) async throws(PrivateClusterError) -> PrivateCluster {
        let isCancelled = Condition(false)
        let outcome: Result<PrivateCluster, PrivateClusterError> = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // Blocks on child processes, so it gets a thread.
                startThread(named: "pg-start") {
                    let outcome = Result { () throws(PrivateClusterError) in
                        try ClusterStart(options, isCancelled: isCancelled).run()
                    }
                    waiter.resume(
                        returning: outcome.map { start in
                            PrivateCluster(start.folder, options, server: start.server)
                        })
                }
            }
        } onCancel: {
            isCancelled.update { $0 = true }
        }
        return try outcome.get()
    }

    package func configuration(database: String = "postgres") -> PostgresConfiguration {
        PostgresConfiguration(
            socketFolder: self.socketFolder, port: self.port, user: self.superuser, database: database)
    }

    /// A connection string, for programs and people. It holds nothing secret.
    package func url(database: String = "postgres") -> String {
        // A folder stands in the query: in the authority its slashes would have to be encoded.
        "postgres:///\(Self.percentEncoded(database))?host=\(Self.percentEncoded(self.socketFolder))"
            + "&port=\(self.port)&user=\(Self.percentEncoded(self.superuser))"
    }

    package var processID: Int32? { self.server.processID }
    package var logFile: String { self.folder.log }

    /// Returns when the server has ended, by `stop` or by itself, with how it ended: "was killed by signal 9". `nil`
    /// when the task is cancelled before.
    package func waitUntilExit() async -> String? {
        await self.server.wait()?.description
    }

    /// Stops the server: sessions are ended and data is written (SIGINT); a server that does not obey is stopped at
    /// once (SIGQUIT, then SIGKILL) and recovers at its next start.
    package func stop() async {
        await withCheckedContinuation { waiter in
            startThread(named: "pg-stop") {
                self.stop(signals: [SIGINT, SIGQUIT, SIGKILL])
                waiter.resume()
            }
        }
    }

    /// Stops the server without writing anything and blocks until it is gone. For data that nobody needs any more.
    package func stopAtOnce() {
        self.stop(signals: [SIGQUIT, SIGKILL])
    }

    private func stop(signals: [Int32]) {
        for signal in signals {
            self.server.send(signal: signal)
            if self.server.wait(atMost: Self.stopStepMax) != nil { return }
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~/".contains(character) {
                encoded.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
