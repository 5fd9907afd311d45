import CasareDomain
import CasareEngine

/// The files that a zip node is to pack, and what each is called in the archive.
struct ArchiveMembers {
    /// Members of one archive at most, packed or unpacked.
    static let countMax = 100_000

    let policy: PathPolicy
    let allowsDangerousPaths: Bool
    /// What names are relative to; without it to the source's folder, and for listed files there is only the last part.
    let baseDirectory: String?
    /// The archive itself, which may lie in a folder that is packed.
    let archive: String

    private(set) var members: [(path: String, name: String)] = []
    /// As bytes, since names that Unicode calls equivalent are two.
    private var names: Set<[UInt8]> = []

    init(policy: PathPolicy, allowsDangerousPaths: Bool, baseDirectory: String?, archive: String) {
        self.policy = policy
        self.allowsDangerousPaths = allowsDangerousPaths
        self.baseDirectory = baseDirectory
        self.archive = archive
    }

    /// Adds a file, or all that a folder holds; what does not exist is passed over.
    mutating func add(listed text: String) throws(NodeFailure) {
        let path = try self.policy.resolve(text, dangerously: self.allowsDangerousPaths)
        guard let status = FileAccess.status(path) else { return }
        if status.isDirectory {
            try self.addContent(of: path, pattern: "*", isRecursive: true, base: FileAccess.parent(of: path))
        } else {
            try self.add(path, base: nil)
        }
    }

    /// Adds a file, all that a folder holds, or what a pattern finds.
    ///
    /// - Throws: `FileNotFoundError` for a path that leads nowhere and is no pattern.
    mutating func add(source text: String) throws(NodeFailure) {
        let path = try self.policy.resolve(text, dangerously: self.allowsDangerousPaths)
        if let status = FileAccess.status(path) {
            if status.isDirectory {
                try self.addContent(of: path, pattern: "*", isRecursive: true, base: path)
            } else {
                try self.add(path, base: nil)
            }
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard let first = parts.firstIndex(where: { $0.utf8.contains { "*?[".utf8.contains($0) } }) else {
            throw NodeFailure("FileNotFoundError", "File not found: \(path)")
        }
        let folder = parts[..<first].joined(separator: "/")
        let base = try self.policy.resolve(
            first == 0 ? "." : folder.isEmpty ? "/" : folder, dangerously: self.allowsDangerousPaths)
        try self.addContent(
            of: base, pattern: parts[first...].joined(separator: "/"), isRecursive: false, base: base)
    }

    private mutating func addContent(
        of directory: String, pattern: String, isRecursive: Bool, base: String
    ) throws(NodeFailure) {
        var listing = try DirectoryListing(
            policy: self.policy, allowsDangerousPaths: self.allowsDangerousPaths, kind: .files, pattern: pattern,
            isRecursive: isRecursive)
        for path in try listing.paths(in: directory) { try self.add(path, base: base) }
    }

    private mutating func add(_ path: String, base: String?) throws(NodeFailure) {
        if PathText.isSame(path, self.archive) { return }
        let name = Self.name(of: path, base: self.baseDirectory ?? base)
        guard self.names.insert(Array(name.utf8)).inserted else {
            throw .value("Two files would be called \(name) in the archive: give a base_dir that tells them apart")
        }
        self.members.append((path, name))
        guard self.members.count <= Self.countMax else {
            throw .value("An archive takes at most \(Self.countMax) files")
        }
    }

    /// The path below the base directory; the last part of one that lies elsewhere.
    private static func name(of path: String, base: String?) -> String {
        guard let base, !PathText.isSame(base, path), PathText.isPath(path, inside: base) else {
            return PathText.name(of: path)
        }
        return PathText.relative(path, to: base)
    }
}
