import CLibpq
import Glibc

/// The files of a private cluster: `data/`, `run/` with the socket (unless the path is too long), `postgres.log`.
struct ClusterFolder: Sendable {
    /// `sun_path` of a unix socket's address holds 108 bytes with the terminating zero.
    private static let socketPathBytesMax = 107
    private static let logBytesMax = 10 << 20
    private static let logTailBytesMax = 2000

    let path: String
    let socketFolder: String

    var data: String { self.path + "/data" }
    /// Where initdb works. The name changes when it has finished, so half a cluster is never taken for one.
    var unfinishedData: String { self.path + "/data.unfinished" }
    var log: String { self.path + "/postgres.log" }
    private var lockFile: String { self.data + "/postmaster.pid" }

    init(_ path: String, port: Int) {
        self.path = path
        let own = path + "/run"
        // The server writes a lock file beside the socket, but only the socket's path is limited.
        if own.utf8.count + "/.s.PGSQL.\(port)".utf8.count <= Self.socketPathBytesMax {
            self.socketFolder = own
        } else {
            let parent = environmentVariable("XDG_RUNTIME_DIR").flatMap { $0.utf8.count <= 60 ? $0 : nil } ?? "/tmp"
            self.socketFolder = "\(parent)/casare-\(Self.hash(path))"
        }
    }

    /// Makes the folders that are missing, all closed to others, and checks that the server's user can get there.
    func prepare(for user: ServerUser?) throws(PrivateClusterError) {
        try self.makeParents()
        for folder in [self.path, self.socketFolder] {
            try self.makePrivate(folder, for: user)
        }
        if let user {
            var ancestor = self.path
            while let slash = ancestor.lastIndex(of: "/"), slash > ancestor.startIndex {
                ancestor = String(ancestor[..<slash])
                guard user.canEnter(ancestor) else { throw .folderNotReachable(folder: ancestor, user: user.name) }
            }
        }
        var information = stat()
        if stat(self.log, &information) == 0, information.st_size > Self.logBytesMax {
            truncate(self.log, 0)
        }
    }

    var isInitialised: Bool { access(self.data + "/PG_VERSION", F_OK) == 0 }

    /// Returns when everything written so far is on disk.
    func flush() throws(PrivateClusterError) {
        let descriptor = open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.failure(self.path) }
        defer { close(descriptor) }
        // Since Linux 5.8 it reports what could not be written, as fsync does: syncfs(2).
        guard syncfs(descriptor) == 0 else { throw self.failure(self.path) }
    }

    /// Moves the finished cluster into place, for good: the folder's entry is on disk afterwards.
    func finishInitialising() throws(PrivateClusterError) {
        guard rename(self.unfinishedData, self.data) == 0 else { throw self.failure(self.data) }
        let descriptor = open(self.path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw self.failure(self.path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw self.failure(self.path) }
    }

    /// Looks for another server on the same data. A lock file that a crash left behind does not count.
    ///
    /// The server itself takes any live process of its user with that number for a server. After a restart of the
    /// machine or container the number may be anybody's, so the lock file is removed when it is not a server's.
    func checkUnused() throws(PrivateClusterError) {
        guard let first = readText(self.lockFile)?.split(separator: "\n").first, let processID = Int32(first) else {
            return
        }
        guard kill(processID, 0) == 0 || errno == EPERM else { return }
        let name = readText("/proc/\(processID)/comm")?.split(separator: "\n").first
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = target.withUnsafeMutableBytes { target in
            target.withMemoryRebound(to: CChar.self) { target in
                // The buffer is not empty, so it has an address.
                readlink("/proc/\(processID)/cwd", target.baseAddress!, target.count)
            }
        }
        // A server's working directory is its data folder.
        let isElsewhere = length > 0 && !isSameFile(String(decoding: target.prefix(length), as: UTF8.self), self.data)
        if name == "postgres" || name == "postmaster", !isElsewhere {
            throw .inUse(folder: self.path, processID: processID)
        }
        unlink(self.lockFile)
    }

    var logBytes: Int {
        var information = stat()
        return stat(self.log, &information) == 0 ? Int(information.st_size) : 0
    }

    /// The end of what was logged from a position on.
    func logTail(since position: Int) -> String {
        guard let text = readText(self.log), text.utf8.count > position else { return "" }
        let bytes = Array(text.utf8.dropFirst(position).suffix(Self.logTailBytesMax))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(5).joined(separator: "; ")
    }

    private func makeParents() throws(PrivateClusterError) {
        var made = ""
        for part in self.path.split(separator: "/").dropLast() {
            made += "/" + part
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else { throw self.failure(made) }
        }
    }

    private func makePrivate(_ folder: String, for user: ServerUser?) throws(PrivateClusterError) {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw self.failure(folder) }
        var information = stat()
        // lstat: in /tmp somebody else could have put a link there.
        guard lstat(folder, &information) == 0 else { throw self.failure(folder) }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            throw .folderNotUsable(folder: folder, reason: "it is not a folder")
        }
        let owners = [geteuid(), user?.userID ?? geteuid()]
        guard owners.contains(information.st_uid) else {
            throw .folderNotUsable(folder: folder, reason: "it belongs to user \(information.st_uid)")
        }
        if let user, information.st_uid != user.userID {
            guard chown(folder, user.userID, user.groupID) == 0 else { throw self.failure(folder) }
        }
        guard chmod(folder, 0o700) == 0 else { throw self.failure(folder) }
    }

    private func failure(_ folder: String) -> PrivateClusterError {
        .folderNotUsable(folder: folder, reason: String(cString: strerror(errno)))
    }

    /// FNV-1a: the same folder always gets the same name.
    private static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return String(hash, radix: 36)
    }
}

private func isSameFile(_ one: String, _ other: String) -> Bool {
    var first = stat()
    var second = stat()
    guard stat(one, &first) == 0, stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// A small file's text; nil when it cannot be read.
private func readText(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count <= 0 { break }
        bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
