import CasareDomain
import CasareEngine
import Glibc

/// Deleting a folder. Blocks.
enum DirectoryRemoval {
    static func delete(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ cancellation: BlockingWork.Cancellation
    ) throws -> NodeResult {
        let policy = PathPolicy(environment)
        let dangerously = inputs.bool("allow_dangerous_paths")
        guard let text = inputs.firstText("directory_path", "dir_path", "path") else {
            throw NodeFailure.value("directory_path is required")
        }
        let path = try policy.resolve(text, dangerously: dangerously, finalLink: .itself)
        let result = NodeResult(["deleted_path": .string(path), "success": true])
        guard let status = FileAccess.entryStatus(path) else {
            if inputs.bool("ignore_missing") { return result }
            throw NodeFailure("FileNotFoundError", "Directory not found: \(path)")
        }
        // What the link leads to is not what was named, and stays.
        if status.isLink {
            throw NodeFailure.value("Not a directory but a link, which DeleteFileNode deletes: \(path)")
        }
        guard status.isDirectory else { throw NodeFailure.value("Not a directory: \(path)") }
        let kept = ([environment.workingDirectory] + AccountHome.directories).map(PathPolicy.canonical)
        guard !kept.contains(where: { PathText.isPath($0, inside: path) }) else {
            throw NodeFailure("PathSecurityError", "\(path) holds the run's or the account's own directory")
        }
        if inputs.bool("recursive") {
            var content: [(path: String, isDirectory: Bool)] = []
            try Self.collect(path, &content, policy, dangerously)
            // Looked at as a whole first: what is denied inside keeps all of it.
            for entry in content {
                try cancellation.check()
                guard (entry.isDirectory ? rmdir(entry.path) : unlink(entry.path)) == 0 || errno == ENOENT else {
                    throw FileAccess.failure("delete", entry.path)
                }
            }
        }
        guard rmdir(path) == 0 else {
            if errno == ENOTEMPTY || errno == EEXIST {
                throw NodeFailure("OSError", "Directory not empty: \(path); set recursive to delete what it holds")
            }
            throw FileAccess.failure("delete", path)
        }
        FileAccess.syncDirectory(FileAccess.parent(of: path))
        return result
    }

    /// What a folder holds, the deepest first. Links count as themselves.
    private static func collect(
        _ folder: String, _ content: inout [(path: String, isDirectory: Bool)], _ policy: PathPolicy,
        _ dangerously: Bool
    ) throws(NodeFailure) {
        guard var entries = DirectoryEntries(folder) else { throw FileAccess.failure("list", folder) }
        while let name = entries.next() {
            let path = "\(folder)/\(name)"
            guard policy.allows(path, dangerously: dangerously) else {
                throw NodeFailure("PathSecurityError", "Access to \(path) is denied, and so nothing was deleted")
            }
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            if isDirectory { try Self.collect(path, &content, policy, dangerously) }
            content.append((path, isDirectory))
            guard content.count <= DirectoryListing.entriesMax else {
                throw .value(
                    "\(folder) holds too much: at most \(DirectoryListing.entriesMax) entries are deleted at once")
            }
        }
    }
}
