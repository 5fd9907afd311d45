/// What a look at the database found about one thing that matters to the queue.
public struct DoctorFinding: Hashable, Sendable {
    /// How much it matters, the least first.
    public enum Level: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        case ok
        /// It will hurt if it goes on.
        case warning
        /// It hurts now, or something that was acknowledged can be lost.
        case critical

        public static func < (left: Level, right: Level) -> Bool { left.place < right.place }

        private var place: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .critical: 2
            }
        }
    }

    /// What is looked at. There is one finding for each, whatever it says.
    public enum Check: String, Hashable, Sendable, Codable, CaseIterable {
        case migrations, settings, privileges, connections
        case deadTuples = "dead_tuples"
        case autovacuum
        case oldestSnapshot = "oldest_snapshot"
        case preparedTransactions = "prepared_transactions"
        case replicationSlots = "replication_slots"
        case replication
        case lockWaits = "lock_waits"
        case indexes, partitions, wraparound
        case backgroundLoops = "background_loops"
        case blockedJobs = "blocked_jobs"
        case deadLetters = "dead_letters"
        /// Whether the database is an older state than the world around it.
        case restore
        case secretProviders = "secret_providers"
    }

    public let check: Check
    public let level: Level
    /// One sentence.
    public let summary: String
    /// What it was judged by; its members depend on the check.
    public let facts: Object
    /// Commands and SQL to run, the first one first.
    public let advice: [String]

    public init(_ check: Check, _ level: Level, _ summary: String, facts: Object, advice: [String] = []) {
        self.check = check
        self.level = level
        self.summary = summary
        self.facts = facts
        self.advice = advice
    }
}
