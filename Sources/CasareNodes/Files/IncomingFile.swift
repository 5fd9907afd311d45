import CasareEngine
import Glibc

/// A file while it arrives: under a temporary name until it is whole. All calls block.
final class IncomingFile: Sendable {
    private let path: String
    private let temporary: String
    private let descriptor: Int32

    /// - Parameter path: Where it will be; canonical.
    init(for path: String) throws(NodeFailure) {
        let existing = FileAccess.status(path)
        if let existing, !existing.isRegular { throw .value("Not a file: \(path)") }
        self.path = path
        self.temporary = FileAccess.temporaryName(beside: path)
        self.descriptor = open(self.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard self.descriptor >= 0 else { throw FileAccess.failure("write", path) }
        if let existing, fchmod(self.descriptor, existing.permissions) != 0 {
            let failure = FileAccess.failure("write", path)
            self.discard()
            throw failure
        }
    }

    deinit { close(self.descriptor) }

    func append(_ bytes: [UInt8]) throws(NodeFailure) {
        try FileAccess.writeAll(bytes, to: self.descriptor, self.path)
    }

    /// Gives the file its name. It is on disk when this returns, so that a step journaled as done stays done.
    func finish(overwrite: Bool) throws(NodeFailure) {
        guard fsync(self.descriptor) == 0 else { throw FileAccess.failure("write", self.path) }
        try FileAccess.place(self.temporary, at: self.path, overwrite: overwrite)
    }

    func discard() { unlink(self.temporary) }
}
