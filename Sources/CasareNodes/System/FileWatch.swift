import CasareEngine
import Glibc

/// Waits for something to happen to a file, or to what a folder holds (inotify(7)).
struct FileWatch: Sendable {
    /// Folders watched at once; each takes kernel memory.
    static let foldersMax = 4096
    /// Between two looks at what the kernel has to tell. No thread waits meanwhile: there may be many watches.
    private static let tick = Duration.milliseconds(50)

    enum Kind: String, Sendable, CaseIterable {
        case created, modified, deleted

        /// What the kernel reports; a file moved in or out counts as made or gone.
        fileprivate var mask: UInt32 {
            switch self {
            case .created: UInt32(IN_CREATE | IN_MOVED_TO)
            case .modified: UInt32(IN_MODIFY)
            case .deleted: UInt32(IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF)
            }
        }
    }

    struct Event: Hashable, Sendable {
        var kind: Kind
        var path: String
    }

    /// What the kernel reports, as it does.
    private struct Report {
        var watch: Int32
        var mask: UInt32
        /// Empty for what happened to the folder itself.
        var name: String
    }

    private let descriptor: Int32
    private let policy: PathPolicy
    private let isRecursive: Bool
    /// The name of the one file that is meant. It is watched through its folder, so that a file that is replaced as a
    /// whole is seen as well.
    private let fileName: String?
    private var folders: [Int32: String] = [:]

    /// The first event of some kinds; `nil` when the time is up.
    ///
    /// - Throws: A `NodeFailure` for what cannot be watched, and `CancellationError`.
    static func first(
        _ kinds: Set<Kind>, at path: String, isRecursive: Bool, policy: PathPolicy, timeout: Duration
    ) async throws -> Event? {
        let deadline = ContinuousClock.now + timeout
        var watch = try await BlockingWork.run {
            try FileWatch(path, isRecursive: isRecursive, policy: policy)
        }
        defer { close(watch.descriptor) }
        while true {
            for report in watch.reports() {
                if let folder = watch.newFolder(report) {
                    watch = try await BlockingWork.run { [watch] in try watch.watching(folder) }
                }
                if let event = watch.event(report, kinds) { return event }
            }
            let rest = deadline - ContinuousClock.now
            if rest <= .zero { return nil }
            try await Task.sleep(for: min(rest, Self.tick))
        }
    }

    /// Blocks.
    private init(_ path: String, isRecursive: Bool, policy: PathPolicy) throws(NodeFailure) {
        guard let status = FileAccess.status(path) else {
            throw NodeFailure("FileNotFoundError", "File not found: \(path)")
        }
        self.descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard self.descriptor >= 0 else { throw FileAccess.failure("watch", path) }
        self.policy = policy
        self.isRecursive = isRecursive && status.isDirectory
        self.fileName = status.isDirectory ? nil : FileAccess.name(of: path)
        do throws(NodeFailure) {
            try self.add(status.isDirectory ? path : FileAccess.parent(of: path))
        } catch {
            close(self.descriptor)
            throw error
        }
    }

    /// The same watch, which also watches a folder. Blocks.
    private func watching(_ folder: String) throws(NodeFailure) -> FileWatch {
        var watch = self
        try watch.add(folder)
        return watch
    }

    /// Watches a folder and, if wanted, those below, but for links and what the path policy denies.
    private mutating func add(_ folder: String) throws(NodeFailure) {
        guard self.folders.count < Self.foldersMax else {
            throw .value("\(folder) cannot be watched: at most \(Self.foldersMax) folders can be at once")
        }
        let masks = Kind.allCases.reduce(UInt32(IN_ONLYDIR)) { $0 | $1.mask }
        let number = inotify_add_watch(self.descriptor, folder, masks)
        guard number >= 0 else {
            // One that was made and is gone again.
            if !self.folders.isEmpty, errno == ENOENT || errno == ENOTDIR { return }
            throw FileAccess.failure("watch", folder)
        }
        self.folders[number] = folder
        guard self.isRecursive, var entries = DirectoryEntries(folder) else { return }
        while let name = entries.next() {
            let path = Self.path(of: name, in: folder)
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, self.policy.allows(path) else {
                continue
            }
            try self.add(path)
        }
    }

    private func newFolder(_ report: Report) -> String? {
        guard self.isRecursive, report.mask & UInt32(IN_ISDIR) != 0, report.mask & Kind.created.mask != 0,
            let folder = self.folders[report.watch]
        else { return nil }
        let path = Self.path(of: report.name, in: folder)
        return self.policy.allows(path) ? path : nil
    }

    private func event(_ report: Report, _ kinds: Set<Kind>) -> Event? {
        guard let folder = self.folders[report.watch],
            self.fileName.map({ PathText.isSame($0, report.name) }) ?? true,
            let kind = kinds.first(where: { $0.mask & report.mask != 0 })
        else { return nil }
        return Event(kind: kind, path: report.name.isEmpty ? folder : Self.path(of: report.name, in: folder))
    }

    private static func path(of name: String, in folder: String) -> String { "\(folder == "/" ? "" : folder)/\(name)" }

    /// What has happened since the last look. Does not block.
    private func reports() -> [Report] {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = Glibc.read(self.descriptor, &buffer, buffer.count)
        var reports: [Report] = []
        buffer.withUnsafeBytes { bytes in
            var position = 0
            // A report is four numbers of four bytes, the last the length of the name behind them, filled up with
            // zeros.
            while position + 16 <= count {
                let watch = bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)
                let mask = bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)
                let length = Int(bytes.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self))
                let name = bytes[(position + 16)..<min(position + 16 + length, count)].prefix { $0 != 0 }
                reports.append(Report(watch: watch, mask: mask, name: String(decoding: name, as: UTF8.self)))
                position += 16 + length
            }
        }
        return reports
    }
}
