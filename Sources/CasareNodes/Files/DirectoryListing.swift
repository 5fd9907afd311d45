import CasareEngine
import Glibc

/// What a directory holds. Everything here blocks: call it through `BlockingWork`.
struct DirectoryListing {
    /// Bounds on one listing, so that a run in the wrong place ends with an error and not in the robot's memory.
    static let entriesMax = 100_000
    static let depthMax = 64

    enum Kind { case any, files, directories }

    let policy: PathPolicy
    let allowsDangerousPaths: Bool
    let kind: Kind
    let glob: Glob
    let isRecursive: Bool

    private var found: [String] = []
    private var visited = 0

    init(
        policy: PathPolicy, allowsDangerousPaths: Bool, kind: Kind, pattern: String, isRecursive: Bool
    )
        throws(NodeFailure)
    {
        self.policy = policy
        self.allowsDangerousPaths = allowsDangerousPaths
        self.kind = kind
        self.glob = try Glob(pattern.isEmpty ? "*" : pattern)
        self.isRecursive = isRecursive
    }

    /// Absolute paths, sorted. Links are listed as what they point to but not descended into; what the path policy
    /// denies is left out.
    mutating func paths(in directory: String) throws(NodeFailure) -> [String] {
        guard let status = FileAccess.status(directory) else {
            throw NodeFailure("FileNotFoundError", "Directory not found: \(directory)")
        }
        guard status.isDirectory else { throw .value("Not a directory: \(directory)") }
        try self.visit(directory, [], isStart: true)
        return self.found.sorted()
    }

    private mutating func visit(_ directory: String, _ components: [String], isStart: Bool) throws(NodeFailure) {
        guard var entries = DirectoryEntries(directory) else {
            // Below the start a directory may vanish meanwhile or be closed to us.
            if isStart { throw FileAccess.failure("list", directory) }
            return
        }
        while let name = entries.next() {
            self.visited += 1
            guard self.visited <= Self.entriesMax else {
                throw .value("\(directory) holds too much: a listing reads at most \(Self.entriesMax) entries")
            }
            try self.consider(directory == "/" ? "/\(name)" : "\(directory)/\(name)", components + [name])
        }
    }

    private mutating func consider(_ path: String, _ components: [String]) throws(NodeFailure) {
        var link = stat()
        guard lstat(path, &link) == 0 else { return }
        let isLink = link.st_mode & S_IFMT == S_IFLNK
        guard self.policy.allows(isLink ? PathPolicy.canonical(path) : path, dangerously: self.allowsDangerousPaths)
        else { return }
        let status = FileAccess.status(path)
        let isWanted =
            switch self.kind {
            case .any: true
            case .files: status?.isRegular == true
            case .directories: status?.isDirectory == true
            }
        if isWanted, self.isRecursive ? self.glob.matchesEnd(of: components) : self.glob.matches(components) {
            self.found.append(path)
        }
        let depthMax = self.isRecursive ? Self.depthMax : self.glob.depthMax ?? Self.depthMax
        if !isLink, status?.isDirectory == true, components.count <= min(depthMax, Self.depthMax) {
            try self.visit(path, components, isStart: false)
        }
    }
}
