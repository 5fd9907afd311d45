import CasareDomain
import CasarePostgres
import FoundationEssentials

/// One of the jobs of an operation.
struct OperationItem: Hashable, Sendable {
    let position: Int
    let job: Job.ID
    /// What became of it in the pass before; `nil` in the first.
    let state: Operation.ItemState?

    /// No text is kept longer.
    private static let errorCharactersMax = 1000

    static func short(_ text: String) -> String {
        text.count <= self.errorCharactersMax ? text.storable : text.prefix(self.errorCharactersMax - 1).storable + "…"
    }

    /// What became of it now.
    struct Outcome: Hashable, Sendable {
        let state: Operation.ItemState
        var newJob: Job.ID?
        var error: String?
        var touched = OperationStore.Touched()

        static func failed(_ error: String) -> Outcome { Outcome(state: .failed, error: error) }
        static func skipped(_ why: String) -> Outcome { Outcome(state: .skipped, error: why) }
    }
}

extension OperationStore.Touched {
    mutating func add(_ other: OperationStore.Touched) {
        self.jobs += other.jobs
        self.made += other.made
        self.originals.merge(other.originals) { first, _ in first }
        self.cancelled += other.cancelled
        self.sessions.formUnion(other.sessions)
        self.hasReady = self.hasReady || other.hasReady
        if let dueAt = other.earliestDueAt { self.earliestDueAt = min(self.earliestDueAt ?? dueAt, dueAt) }
    }

    init(_ job: Job.ID, session: Robot.SessionID? = nil, hasReady: Bool = false) {
        self.jobs = [job]
        if let session { self.sessions = [session] }
        self.hasReady = hasReady
    }
}

extension Substring {
    fileprivate var storable: String { String(self).storable }
}
