import CasareDomain
import CasareEngine

/// What is known of a folder's files, and what a look at them means.
///
/// A file counts once it has been the same for a while: somebody who writes it slowly makes one event of it. What is
/// known is what was reported; what is still changing is not, and is found anew by whoever takes over.
struct FolderState: Sendable {
    typealias Files = [ExactText: FolderScan.File]

    struct Change: Hashable, Sendable {
        let event: FileSource.Event
        /// Below the folder.
        let path: String
        /// Of one that has gone, what it was.
        let file: FolderScan.File
        let key: String
    }

    struct Changes: Sendable {
        var events: [Change] = []
        /// What is known is not what it was before.
        var hasNews = false
        var isPartial = false
    }

    /// Of files that count: all of them are written down with every change.
    static let filesMax = 10_000
    /// Of their paths.
    static let pathBytesMax = 4 << 20
    /// Of one look.
    static let changesMax = WatchReport.findingsMax

    private struct Pending {
        /// `nil`: it has gone.
        let file: FolderScan.File?
        let since: ContinuousClock.Instant
    }

    private let events: Set<FileSource.Event>
    private let takesExisting: Bool
    private let quiet: Duration
    private let debounce: Duration
    /// `nil`: nobody has looked yet.
    private var known: Files?
    private var pending: [ExactText: Pending] = [:]
    private var numbers: FindingNumbers

    /// - Parameter stored: `value` of earlier on; `nil`: of a watch that begins.
    init(_ source: FileSource, stored: Value?) {
        self.events = Set(source.events)
        self.takesExisting = source.takesExisting
        self.debounce = .seconds(source.debounceSeconds)
        self.quiet = .seconds(max(source.debounceSeconds, source.settledSeconds))
        self.numbers = FindingNumbers(stored?["numbers"])
        guard let files = stored?["files"]?.object else { return }
        var known: Files = [:]
        for (path, value) in files {
            guard let pair = value.list, pair.count == 2, let size = pair[0].int, let modified = pair[1].int else {
                continue
            }
            known[ExactText(path)] = FolderScan.File(size: size, modified: modified)
        }
        self.known = known
    }

    var value: Value {
        let files = (self.known ?? [:]).map { path, file in
            (path.text, Value.list([.int(file.size), .int(file.modified)]))
        }
        return ["files": .object(Object(files)), "numbers": self.numbers.value]
    }

    /// - Throws: for more files than can be remembered; what is known stays as it was.
    mutating func looked(at files: Files, _ now: ContinuousClock.Instant) throws(NodeFailure) -> Changes {
        guard files.count <= Self.filesMax else {
            throw .value(
                "\(files.count) files count, and \(Self.filesMax) are the most that can be watched; narrow the patterns, "
                    + "or move files away that are done with")
        }
        guard files.keys.reduce(0, { $0 + $1.text.utf8.count }) <= Self.pathBytesMax else {
            throw .value(
                "the paths of the files that count are longer than \(Self.pathBytesMax) bytes together; narrow the "
                    + "patterns")
        }
        guard let known = self.known else {
            self.known = self.takesExisting ? [:] : files
            var changes = try self.looked(at: files, now)
            changes.hasNews = true
            return changes
        }
        var due = self.settled(files, known, now)
        self.forgetPending(besides: files, known)
        var changes = Changes()
        if due.count > Self.changesMax {
            due.removeLast(due.count - Self.changesMax)
            changes.isPartial = true
        }
        for (path, file) in due {
            self.pending[path] = nil
            self.known?[path] = file
            changes.hasNews = true
            let before = known[path]
            let event: FileSource.Event = file == nil ? .deleted : before == nil ? .created : .modified
            guard self.events.contains(event), let shown = file ?? before else { continue }
            changes.events.append(
                Change(event: event, path: path.text, file: shown, key: self.key(event, path.text)))
        }
        return changes
    }

    /// Files that are not as they are known, and have been what they are for long enough; those that changed first come
    /// first.
    private mutating func settled(
        _ files: Files, _ known: Files, _ now: ContinuousClock.Instant
    ) -> [(path: ExactText, file: FolderScan.File?)] {
        var due: [(path: ExactText, file: FolderScan.File?)] = []
        for (path, file) in files where known[path] != file {
            if self.hasSettled(path, file, for: self.quiet, now) { due.append((path, file)) }
        }
        for path in known.keys where files[path] == nil {
            if self.hasSettled(path, nil, for: self.debounce, now) { due.append((path, nil)) }
        }
        return due.sorted { first, second in
            let times = (first.file?.modified ?? 0, second.file?.modified ?? 0)
            return times.0 == times.1 ? first.path.text < second.path.text : times.0 < times.1
        }
    }

    private mutating func hasSettled(
        _ path: ExactText, _ file: FolderScan.File?, for quiet: Duration, _ now: ContinuousClock.Instant
    ) -> Bool {
        guard let pending = self.pending[path], pending.file == file else {
            self.pending[path] = Pending(file: file, since: now)
            return quiet == .zero
        }
        return now - pending.since >= quiet
    }

    /// What came and went again, and what is again as it was.
    private mutating func forgetPending(besides files: Files, _ known: Files) {
        for path in self.pending.keys where files[path] == known[path] { self.pending[path] = nil }
    }

    private mutating func key(_ event: FileSource.Event, _ path: String) -> String {
        let number = self.numbers.next()
        let isShort = path.unicodeScalars.count + 100 <= WatchFinding.keyCharactersMax
        return "\(event.rawValue) \(isShort ? path : WatchText.digest(path)) \(number)"
    }
}
