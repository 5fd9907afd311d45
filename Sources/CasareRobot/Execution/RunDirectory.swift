import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization

/// The directory that a job's relative paths are resolved against. Another attempt on the same machine finds it again.
///
/// It is created when the run first performs a node: for a job that only computes, a directory made and removed costs
/// more than everything else that the robot does for it.
final class RunDirectory: Sendable {
    let path: String
    private let isOpen = Mutex(false)

    init(of job: Job.ID, below root: String) {
        self.path = "\(root)/\(job)"
    }

    /// Creates it, the first time.
    func open() throws(NodeFailure) {
        let failure = self.isOpen.withLock { isOpen -> NodeFailure? in
            guard !isOpen else { return nil }
            do {
                try FileManager.default.createDirectory(
                    atPath: self.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                isOpen = true
                return nil
            } catch {
                return NodeFailure("PermissionError", "the run's directory cannot be created: \(error)")
            }
        }
        if let failure { throw failure }
    }

    /// Most runs write no file: their directory need not stay. What a run wrote is kept.
    func removeIfEmpty() {
        guard self.isOpen.withLock({ $0 }) else { return }
        // Removing is best effort: the directory may hold files, or have gone with a later attempt elsewhere.
        guard let left = try? FileManager.default.contentsOfDirectory(atPath: self.path), left.isEmpty else { return }
        try? FileManager.default.removeItem(atPath: self.path)
    }
}
