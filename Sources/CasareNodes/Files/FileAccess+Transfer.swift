import CasareEngine
import Glibc

extension FileAccess {
    /// Makes a file from what `body` writes to the descriptor; it appears whole or not at all.
    ///
    /// - Throws: `FileExistsError` when it exists and may not be overwritten, and what `body` throws.
    static func make(_ path: String, overwrite: Bool, _ body: (Int32) throws -> Void) throws {
        if let existing = self.status(path) {
            guard existing.isRegular else { throw NodeFailure.value("Not a file: \(path)") }
            if !overwrite { throw NodeFailure("FileExistsError", "File already exists: \(path)") }
        }
        let temporary = self.temporaryName(beside: path)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw self.failure("write", path) }
        defer { close(file) }
        do {
            try body(file)
            guard fsync(file) == 0 else { throw self.failure("write", path) }
            try self.place(temporary, at: path, overwrite: overwrite)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Copies a file with its permissions and modification time; the copy appears whole or not at all.
    ///
    /// - Returns: How many bytes were copied.
    static func copy(_ source: String, to destination: String, overwrite: Bool) throws(NodeFailure) -> Int {
        let status = try self.fileStatus(source)
        try self.checkDestination(destination, of: status, overwrite: overwrite)
        let input = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard input >= 0 else { throw self.failure("read", source) }
        defer { close(input) }
        let temporary = self.temporaryName(beside: destination)
        let output = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw self.failure("write", destination) }
        defer { close(output) }
        do throws(NodeFailure) {
            var copied = 0
            while true {
                let chunk = try self.readChunk(from: input, source)
                if chunk.isEmpty { break }
                try self.writeAll(chunk, to: output, destination)
                copied += chunk.count
            }
            var times = (status.accessed, status.modified)
            let hasTimes = withUnsafeBytes(of: &times) {
                futimens(output, $0.baseAddress?.assumingMemoryBound(to: timespec.self)) == 0
            }
            guard hasTimes, fchmod(output, status.permissions) == 0, fsync(output) == 0 else {
                throw self.failure("write", destination)
            }
            try self.place(temporary, at: destination, overwrite: overwrite)
            return copied
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Moves a file, or a link itself: by renaming, or across file systems by copying and deleting.
    static func move(_ source: String, to destination: String, overwrite: Bool) throws(NodeFailure) {
        let status = try self.fileOrLinkStatus(source)
        // The link would take the place of what it leads to.
        if status.isLink, PathText.isSame(PathPolicy.canonical(source), destination) {
            throw .value("Source and destination are the same file: \(destination)")
        }
        try self.checkDestination(destination, of: status, overwrite: overwrite)
        if overwrite {
            if rename(source, destination) == 0 {
                self.syncDirectory(self.parent(of: destination))
                self.syncDirectory(self.parent(of: source))
                return
            }
        } else if link(source, destination) == 0 {
            return try self.remove(source)
        }
        // Not on one file system, or on one without hard links.
        guard errno == EXDEV || errno == EPERM || errno == ENOTSUP || errno == EMLINK else {
            throw self.placementFailure(destination)
        }
        if status.isLink {
            try self.copyLink(source, to: destination, overwrite: overwrite)
        } else {
            _ = try self.copy(source, to: destination, overwrite: overwrite)
        }
        try self.remove(source)
    }

    private static func copyLink(_ source: String, to destination: String, overwrite: Bool) throws(NodeFailure) {
        let temporary = self.temporaryName(beside: destination)
        // What a link holds are bytes, and need not be text.
        let isMade = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            buffer.initialize(repeating: 0)
            let start = buffer.baseAddress!  // Not empty, so it has an address.
            return readlink(source, start, Int(PATH_MAX)) > 0 && symlink(start, temporary) == 0
        }
        guard isMade else { throw self.failure("write", destination) }
        do throws(NodeFailure) {
            try self.place(temporary, at: destination, overwrite: overwrite)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func checkDestination(
        _ destination: String, of source: Status, overwrite: Bool
    ) throws(NodeFailure) {
        guard let existing = self.status(destination) else { return }
        if existing.device == source.device, existing.inode == source.inode {
            throw .value("Source and destination are the same file: \(destination)")
        }
        guard existing.isRegular else { throw .value("Not a file: \(destination)") }
        if !overwrite { throw NodeFailure("FileExistsError", "Destination already exists: \(destination)") }
    }

    /// Gives a finished temporary file its name. Without `overwrite` a file that came in between stays.
    static func place(_ temporary: String, at path: String, overwrite: Bool) throws(NodeFailure) {
        if overwrite {
            guard rename(temporary, path) == 0 else { throw self.failure("write", path) }
        } else {
            if link(temporary, path) == 0 {
                unlink(temporary)
            } else {
                guard errno == EPERM || errno == ENOTSUP else { throw self.placementFailure(path) }
                guard rename(temporary, path) == 0 else { throw self.failure("write", path) }
            }
        }
        self.syncDirectory(self.parent(of: path))
    }

    private static func placementFailure(_ path: String) -> NodeFailure {
        errno == EEXIST
            ? NodeFailure("FileExistsError", "Destination already exists: \(path)") : self.failure("write", path)
    }
}
