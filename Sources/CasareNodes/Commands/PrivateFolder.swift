import CasareEngine
import Glibc

/// A temporary folder that only this account can read.
enum PrivateFolder {
    /// Makes a folder with files in it, and removes it when the body is done, whatever it left there.
    static func with<R: Sendable>(
        _ files: [String: String], _ body: (String) async throws -> R
    ) async throws -> R {
        let folder = try await BlockingWork.run {
            let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            let folder = "\(base)/casare-\(String(UInt64.random(in: .min ... .max), radix: 36))"
            guard mkdir(folder, 0o700) == 0 else { throw FileAccess.failure("create", folder) }
            for (name, content) in files {
                try FileAccess.write(Array(content.utf8), to: "\(folder)/\(name)")
            }
            return folder
        }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(folder))
        } catch {
            result = .failure(error)
        }
        // Not `BlockingWork.run`, which would refuse a task that is cancelled; a few files are removed quickly.
        Self.remove(folder)
        return try result.get()
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
