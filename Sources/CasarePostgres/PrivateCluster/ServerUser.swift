import Glibc

/// The user that the server runs as. PostgreSQL refuses root.
struct ServerUser: Hashable, Sendable {
    let name: String
    let userID: uid_t
    let groupID: gid_t

    /// Who a server must run as when this process is root: the owner of a data folder that exists, else `postgres`,
    /// else `nobody`. Nil when it runs as the user of this process.
    static func whenRoot(dataFolder: String) throws(PrivateClusterError) -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        var information = stat()
        if stat(dataFolder, &information) == 0, information.st_uid != 0 {
            let name = getpwuid(information.st_uid).map { String(cString: $0.pointee.pw_name) }
            return ServerUser(
                name: name ?? "\(information.st_uid)", userID: information.st_uid, groupID: information.st_gid)
        }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerUser(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
            }
        }
        throw .cannotDropPrivileges(reason: "there is neither a user postgres nor a user nobody")
    }

    /// Whether the user may go through a folder.
    func canEnter(_ folder: String) -> Bool {
        var information = stat()
        guard stat(folder, &information) == 0 else { return false }
        if information.st_uid == self.userID { return information.st_mode & S_IXUSR != 0 }
        if information.st_gid == self.groupID { return information.st_mode & S_IXGRP != 0 }
        return information.st_mode & S_IXOTH != 0
    }
}

/// Runs a server's program as the right user, and so that it ends with this process.
///
/// `setpriv` (util-linux) does both after the fork. swift-subprocess 1.0.2 can hang when it is asked for another user.
struct Launcher: Sendable {
    private let setpriv: String?
    let user: ServerUser?

    init(user: ServerUser?) throws(PrivateClusterError) {
        self.user = user
        self.setpriv = ["/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv", "/usr/local/bin/setpriv"]
            .first { access($0, X_OK) == 0 }
        if user != nil, self.setpriv == nil {
            throw .cannotDropPrivileges(reason: "setpriv was not found; install util-linux")
        }
    }

    func command(_ program: String, _ arguments: [String], in folder: String, logFile: String) -> ChildProcess.Command {
        guard let setpriv = self.setpriv else {
            return ChildProcess.Command(program: program, arguments: arguments, folder: folder, logFile: logFile)
        }
        // SIGINT is the server's fast shutdown, and ends initdb.
        var options = ["--pdeathsig=INT"]
        if let user = self.user {
            options += ["--reuid=\(user.userID)", "--regid=\(user.groupID)", "--clear-groups"]
        }
        return ChildProcess.Command(
            program: setpriv, arguments: options + [program] + arguments, folder: folder, logFile: logFile)
    }
}
