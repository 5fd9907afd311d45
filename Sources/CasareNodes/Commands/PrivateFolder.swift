import CasareEngine
import Glibc

/// A temporary folder that only this account can read.
///
/// Whoever uses one holds a lock on it (flock(2)), which goes with the process: what a killed one left behind, perhaps
/// with values of secrets in it, is known by that.
package enum PrivateFolder {
    private static let prefix = "casare-script-"

    private static var base: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    /// Makes a folder with files in it, and removes it when the body is done, whatever it left there.
    static func with<R: Sendable>(
        _ files: [String: String], _ body: (String) async throws -> R
    ) async throws -> R {
        let (folder, lock) = try await BlockingWork.run { try self.make(files) }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(folder))
        } catch {
            result = .failure(error)
        }
        // Not `BlockingWork.run`, which would refuse a task that is cancelled; a few files are removed quickly.
        Self.remove(folder)
        close(lock)
        return try result.get()
    }

    private static func make(_ files: [String: String]) throws -> (folder: String, lock: Int32) {
        let folder = "\(self.base)/\(self.prefix)\(String(UInt64.random(in: .min ... .max), radix: 36))"
        guard mkdir(folder, 0o700) == 0 else { throw FileAccess.failure("create", folder) }
        let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw FileAccess.failure("open", folder) }
        do {
            // Held by others for as long as they see that it is empty.
            guard flock(lock, LOCK_EX) == 0 else { throw FileAccess.failure("lock", folder) }
            for (name, content) in files {
                try FileAccess.write(Array(content.utf8), to: "\(folder)/\(name)")
            }
        } catch {
            self.remove(folder)
            close(lock)
            throw error
        }
        return (folder, lock)
    }

    /// Removes what processes of this account have left behind that were killed. Blocks.
    package static func removeAbandoned() {
        guard var entries = DirectoryEntries(self.base) else { return }
        while let name = entries.next() {
            guard name.hasPrefix(self.prefix) else { continue }
            let folder = "\(self.base)/\(name)"
            let lock = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard lock >= 0 else { continue }
            var status = stat()
            // An empty one may be about to be locked, and has nothing in it.
            if fstat(lock, &status) == 0, status.st_uid == geteuid(), flock(lock, LOCK_EX | LOCK_NB) == 0,
                !self.isEmpty(folder)
            {
                self.remove(folder)
            }
            close(lock)
        }
    }

    private static func isEmpty(_ folder: String) -> Bool {
        guard var entries = DirectoryEntries(folder) else { return true }
        return entries.next() == nil
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        if var entries = DirectoryEntries(path) {
            while let name = entries.next() { self.remove("\(path)/\(name)") }
        }
        rmdir(path)
    }
}
