import CasareDomain
import CasareEngine
import Glibc

/// Looks at all files of a folder that a trigger waits for. Blocks.
struct FolderScan: Sendable {
    /// What is known of a file without reading it.
    struct File: Hashable, Sendable {
        var size: Int
        /// Nanoseconds since 1970.
        var modified: Int
    }

    /// Of folders and files together, whether they count or not.
    static let entriesMax = 100_000
    /// Folders below the folder; what is deeper is not looked at.
    static let depthMax = 32

    /// Canonical.
    let folder: String
    private let patterns: [Glob]
    private let ignore: [Glob]
    private let isRecursive: Bool
    private let policy: PathPolicy

    /// - Parameter source: its path is resolved anew with every scan, as links on the way may lead elsewhere by then.
    /// - Throws: for a path or pattern that the robot's rules forbid.
    init(_ source: FileSource, _ policy: PathPolicy) throws(NodeFailure) {
        self.folder = try policy.resolve(source.path)
        self.patterns = try source.patterns.map { pattern throws(NodeFailure) in try Glob(pattern) }
        self.ignore = try source.ignore.map { pattern throws(NodeFailure) in try Glob(pattern) }
        self.isRecursive = source.isRecursive
        self.policy = policy
    }

    /// The files by their paths below the folder. Links are no files, and are not followed.
    ///
    /// - Throws: when the folder, or one below it, cannot be read, or holds too much: half of the files would look as if
    ///   the other half had gone.
    func files(_ cancellation: BlockingWork.Cancellation) throws -> [ExactText: File] {
        var files: [ExactText: File] = [:]
        var open: [[String]] = [[]]
        var entriesLeft = Self.entriesMax
        while let place = open.popLast() {
            try cancellation.check()
            let folder = Self.path(of: place, in: self.folder)
            guard var entries = DirectoryEntries(folder) else {
                // It has gone since its name was read.
                if !place.isEmpty, errno == ENOENT || errno == ENOTDIR { continue }
                throw FileAccess.failure("watch", folder)
            }
            while let name = entries.next() {
                entriesLeft -= 1
                guard entriesLeft >= 0 else {
                    throw NodeFailure.value(
                        "\(self.folder) holds more than \(Self.entriesMax) files and folders; watch one below it")
                }
                let components = place + [name]
                guard !self.ignore.contains(where: { $0.matchesEnd(of: components) }),
                    let status = FileAccess.entryStatus(PathText.path(of: name, in: folder))
                else { continue }
                if status.isDirectory {
                    guard self.isRecursive, components.count <= Self.depthMax,
                        self.policy.allows(PathText.path(of: name, in: folder))
                    else { continue }
                    open.append(components)
                } else if status.isRegular, self.patterns.contains(where: { $0.matchesEnd(of: components) }) {
                    files[ExactText(components.joined(separator: "/"))] = File(
                        size: status.size, modified: Self.nanoseconds(status.modified))
                }
            }
        }
        return files
    }

    /// Whoever writes a file says when it was changed: a time that is too far off is the farthest.
    private static func nanoseconds(_ time: timespec) -> Int {
        let (whole, isTooFar) = time.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isJustTooFar) = whole.addingReportingOverflow(time.tv_nsec)
        guard isTooFar || isJustTooFar else { return sum }
        return time.tv_sec < 0 ? .min : .max
    }

    private static func path(of components: [String], in folder: String) -> String {
        components.reduce(folder) { PathText.path(of: $1, in: $0) }
    }
}
