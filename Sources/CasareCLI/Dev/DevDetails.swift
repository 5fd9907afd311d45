import CasareDomain
import FoundationEssentials
import Glibc

/// How to reach a running `casarectl dev`, for scripts: written to a file that only its owner reads.
struct DevDetails: Sendable {
    let url: ServerURL
    let token: String
    /// Of the private database: robots of other processes may work over SQL on it. `nil`: there is none.
    let databaseURL: String?

    var json: Value {
        [
            "url": .string("\(self.url)"), "token": .string(self.token),
            "database_url": self.databaseURL.map(Value.string) ?? .null,
        ]
    }

    /// Appears whole or not at all.
    ///
    /// - Throws: `.failure` when the file cannot be written.
    func write(to path: String) throws(CommandFailure) {
        let part = path + ".part"
        let text = self.json.jsonText(.pretty(indent: 2)) + "\n"
        guard
            FileManager.default.createFile(
                atPath: part, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(part, path) == 0
        else { throw CommandFailure(.failure, "cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}
