import CasareEngine
import Glibc

/// Reading and writing of whole files by canonical path. Everything here blocks: call it through `BlockingWork`.
enum FileAccess {
    /// Files are held in memory as a whole, in a process that many runs share.
    static let fileBytesMax = 256 << 20
    static let chunkBytes = 64 << 10

    struct Status: Sendable {
        var isDirectory: Bool
        var isRegular: Bool
        /// Only where links are not followed.
        var isLink: Bool
        var size: Int
        var permissions: mode_t
        var accessed: timespec
        var modified: timespec
        var changed: timespec
        var device: UInt64
        var inode: UInt64
    }

    static func status(_ path: String) -> Status? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Status(status)
    }

    /// The status of what has this name, which may be a link.
    static func entryStatus(_ path: String) -> Status? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Status(status)
    }

    /// The status of a file, or of a link whatever it leads to.
    static func fileOrLinkStatus(_ path: String) throws(NodeFailure) -> Status {
        guard let status = self.entryStatus(path) else { throw self.failure("read", path) }
        guard status.isRegular || status.isLink else { throw .value("Not a file: \(path)") }
        return status
    }

    /// The status of a file; directories, devices, sockets and pipes are no files.
    static func fileStatus(_ path: String) throws(NodeFailure) -> Status {
        var status = stat()
        guard stat(path, &status) == 0 else { throw self.failure("read", path) }
        guard Status(status).isRegular else { throw .value("Not a file: \(path)") }
        return Status(status)
    }

    static func read(_ path: String, bytesMax: Int = 0) throws(NodeFailure) -> [UInt8] {
        // Without O_NONBLOCK opening a named pipe waits for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { throw self.failure("read", path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw self.failure("read", path) }
        guard Status(status).isRegular else { throw .value("Not a file: \(path)") }
        let limit = bytesMax > 0 ? min(bytesMax, self.fileBytesMax) : self.fileBytesMax
        var content: [UInt8] = []
        content.reserveCapacity(min(Int(status.st_size), limit))
        while true {
            let chunk = try self.readChunk(from: file, path)
            if chunk.isEmpty { return content }
            content += chunk
            guard content.count <= limit else {
                throw .value("File too large: \(path) has more than \(limit) bytes")
            }
        }
    }

    /// Replaces a file's content as a whole, or not at all; the permissions of a file that exists stay.
    ///
    /// The content is on disk when this returns, so that a step journaled as done stays done.
    static func write(_ content: [UInt8], to path: String) throws(NodeFailure) {
        let directory = self.parent(of: path)
        let existing = self.status(path)
        if let existing, !existing.isRegular { throw .value("Not a file: \(path)") }
        let temporary = self.temporaryName(beside: path)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw self.failure("write", path) }
        do throws(NodeFailure) {
            defer { close(file) }
            if let existing, fchmod(file, existing.permissions) != 0 { throw self.failure("write", path) }
            try self.writeAll(content, to: file, path)
            guard fsync(file) == 0 else { throw self.failure("write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let failure = self.failure("write", path)
            unlink(temporary)
            throw failure
        }
        self.syncDirectory(directory)
    }

    static func append(_ content: [UInt8], to path: String, createIfMissing: Bool) throws(NodeFailure) {
        let create = createIfMissing ? O_CREAT : 0
        let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | create, 0o666)
        guard file >= 0 else { throw self.failure("append to", path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, Status(status).isRegular else { throw .value("Not a file: \(path)") }
        try self.writeAll(content, to: file, path)
        guard fsync(file) == 0 else { throw self.failure("append to", path) }
    }

    static func remove(_ path: String) throws(NodeFailure) {
        guard unlink(path) == 0 else { throw self.failure("delete", path) }
        self.syncDirectory(self.parent(of: path))
    }

    /// Makes a directory and, if wanted, the missing ones above it.
    static func makeDirectory(_ path: String, parents: Bool) throws(NodeFailure) {
        if mkdir(path, 0o777) == 0 || (errno == EEXIST && self.status(path)?.isDirectory == true) { return }
        guard errno == ENOENT, parents, path != "/" else { throw self.failure("create", path) }
        try self.makeDirectory(self.parent(of: path), parents: true)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw self.failure("create", path) }
    }

    static func parent(of path: String) -> String { PathText.parent(of: path) }

    static func name(of path: String) -> String { PathText.name(of: path) }

    static func writeAll(_ content: [UInt8], to file: Int32, _ path: String) throws(NodeFailure) {
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { bytes in
                self.retrying { Glibc.write(file, bytes.baseAddress! + written, bytes.count - written) }
            }
            guard count > 0 else { throw self.failure("write", path) }
            written += count
        }
    }

    /// What `errno` says about a file, as a failure that names the file.
    static func failure(_ verb: String, _ path: String) -> NodeFailure {
        let code = errno
        switch code {
        case ENOENT: return NodeFailure("FileNotFoundError", "File not found: \(path)")
        case EACCES, EPERM, EROFS: return NodeFailure("PermissionError", "Not permitted to \(verb) \(path)")
        case EISDIR: return .value("Not a file but a directory: \(path)")
        default: return NodeFailure("OSError", "Cannot \(verb) \(path): \(String(cString: strerror(code)))")
        }
    }

    private static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    static func readChunk(from file: Int32, _ path: String) throws(NodeFailure) -> [UInt8] {
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: self.chunkBytes) { buffer, initialized in
            count = self.retrying { Glibc.read(file, buffer.baseAddress, buffer.count) }
            initialized = max(count, 0)
        }
        guard count >= 0 else { throw self.failure("read", path) }
        return chunk
    }

    /// In the same directory, so that it can be renamed to the path in one step.
    static func temporaryName(beside path: String) -> String {
        "\(self.parent(of: path))/.casare-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    static func syncDirectory(_ path: String) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        // Some file systems cannot flush a directory; the file itself has been flushed.
        fsync(directory)
        close(directory)
    }
}

extension FileAccess.Status {
    init(_ status: stat) {
        self.isDirectory = status.st_mode & S_IFMT == S_IFDIR
        self.isRegular = status.st_mode & S_IFMT == S_IFREG
        self.isLink = status.st_mode & S_IFMT == S_IFLNK
        self.size = Int(status.st_size)
        self.permissions = status.st_mode & 0o7777
        self.accessed = status.st_atim
        self.modified = status.st_mtim
        self.changed = status.st_ctim
        self.device = UInt64(status.st_dev)
        self.inode = UInt64(status.st_ino)
    }
}
