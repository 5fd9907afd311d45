/// Why a private cluster could not be started. Every text says what to do about it.
package enum PrivateClusterError: Error, Hashable, Sendable {
    /// No folder with both `postgres` and `initdb` was found.
    case programsNotFound(searched: [String])
    /// As root the server needs another user, and `setpriv` to become it.
    case cannotDropPrivileges(reason: String)
    /// The user of this process is only a number; PostgreSQL asks for the name.
    case userWithoutName(userID: UInt32)
    /// The user that the server runs as cannot go through this folder.
    case folderNotReachable(folder: String, user: String)
    case folderNotUsable(folder: String, reason: String)
    /// Another server is running on the data folder.
    case inUse(folder: String, processID: Int32)
    /// A program ended with an error; `output` is the last of what it printed.
    case programFailed(program: String, status: String, output: String)
    case startTimedOut(after: Duration, output: String)
    case cancelled
}

extension PrivateClusterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .programsNotFound(let searched):
            "PostgreSQL's programs postgres and initdb were not found; install the server "
                + "(Debian: apt install postgresql) or set PG_BIN to their folder. Searched: \(searched.joined(separator: ", "))"
        case .cannotDropPrivileges(let reason):
            "PostgreSQL does not run as root, and changing to another user is not possible: \(reason)"
        case .userWithoutName(let userID):
            "The user \(userID) has no name, which PostgreSQL asks for; add one to the system's list of users "
                + "(useradd --uid \(userID) NAME)"
        case .folderNotReachable(let folder, let user):
            "The user \(user), whom PostgreSQL runs as, cannot enter \(folder); "
                + "choose a folder that everybody may enter, such as /var/lib/casare"
        case .folderNotUsable(let folder, let reason):
            "The folder \(folder) cannot be used for a PostgreSQL cluster: \(reason)"
        case .inUse(let folder, let processID):
            "Another PostgreSQL server (process \(processID)) is running on \(folder); stop it first"
        case .programFailed(let program, let status, let output):
            "\(program) \(status)\(output.isEmpty ? "" : ": \(output)")"
        case .startTimedOut(let duration, let output):
            "PostgreSQL did not accept connections within \(duration)\(output.isEmpty ? "" : ": \(output)")"
        case .cancelled:
            "The start of PostgreSQL was cancelled"
        }
    }
}
