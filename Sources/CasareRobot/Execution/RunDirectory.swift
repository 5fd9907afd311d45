import CasareDomain
import FoundationEssentials

/// The directory that a job's relative paths are resolved against. Another attempt on the same machine finds it again.
struct RunDirectory {
    let path: String

    /// - Throws: When it cannot be created.
    init(of job: Job.ID, below root: String) throws {
        self.path = "\(root)/\(job)"
        try FileManager.default.createDirectory(
            atPath: self.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Most runs write no file: their directory need not stay. What a run wrote is kept.
    func removeIfEmpty() {
        // Removing is best effort: the directory may hold files, or have gone with a later attempt elsewhere.
        guard let left = try? FileManager.default.contentsOfDirectory(atPath: self.path), left.isEmpty else { return }
        try? FileManager.default.removeItem(atPath: self.path)
    }
}
