extension ScheduleSpec {
    /// What becomes of a tick while a job of an earlier one is under way.
    public enum Overlap: String, Hashable, Sendable, Codable, CaseIterable {
        /// It does not fire.
        case skip
        /// One tick waits for the job; further ones do not fire.
        case bufferOne = "buffer_one"
        /// Up to `bufferedMax` ticks wait, and fire one after the other.
        case bufferAll = "buffer_all"
        /// The job is cancelled, and the tick fires.
        case cancelOther = "cancel_other"
        /// The same: a cancel takes the job's lease away, and so leaves it no time to come to an end in anyhow. Who moves
        /// here with either name keeps it.
        case terminateOther = "terminate_other"
        /// Jobs run beside each other.
        case allowAll = "allow_all"

        /// How many ticks of one schedule may wait.
        public static let bufferedMax = 100

        /// Whether jobs that are under way are ended before a tick fires.
        public var endsOthers: Bool {
            switch self {
            case .cancelOther, .terminateOther: true
            case .skip, .bufferOne, .bufferAll, .allowAll: false
            }
        }

        /// How many ticks may wait for a job.
        public var bufferMax: Int {
            switch self {
            case .bufferOne: 1
            case .bufferAll: Self.bufferedMax
            case .skip, .cancelOther, .terminateOther, .allowAll: 0
            }
        }
    }

    /// What becomes of ticks that nobody was there to fire, such as during an outage.
    public struct CatchUp: Hashable, Sendable {
        public enum Policy: String, Hashable, Sendable, Codable, CaseIterable {
            /// They are skipped.
            case none
            /// The last of them fires, unless a later tick fires anyhow.
            case latest
            /// The last `max` of them fire.
            case all
        }

        public static let maxDefault = 5
        public static let maxRange = 1...1000
        public static let windowSecondsDefault = 86_400.0
        /// No more than 366 days.
        public static let windowSecondsMax = 31_622_400.0
        /// A tick that is taken up no later than this is on time, and fires whatever the policy: a short hiccup of the
        /// servers or of the database is no outage.
        public static let graceSeconds = 60.0

        public var policy: Policy
        /// Only of `all`.
        public var max: Int
        /// Those older than this are skipped.
        public var windowSeconds: Double

        public init(
            policy: Policy = .latest, max: Int = CatchUp.maxDefault,
            windowSeconds: Double = CatchUp.windowSecondsDefault
        ) {
            self.policy = policy
            self.max = max
            self.windowSeconds = windowSeconds
        }
    }

    /// What becomes of a tick while the calendar is closed or a blackout goes on.
    public enum OnClosed: String, Hashable, Sendable, Codable, CaseIterable {
        case skip
        /// The first tick of the closed time fires when it is over; the others of it do not fire.
        case postpone
    }

    /// What is expected of a schedule's jobs. What is not named is not watched.
    public struct SLA: Hashable, Sendable {
        public static let runsDefault = 20
        public static let runsRange = 1...1000

        /// A job begins so many seconds after its tick at the latest.
        public var startDelaySeconds: Double?
        /// A job takes so many seconds at the most, from its beginning.
        public var durationSeconds: Double?
        /// Of the last `runs` jobs at least this share completes, 0 to 1.
        public var successRate: Double?
        public var runs: Int

        public init(
            startDelaySeconds: Double? = nil, durationSeconds: Double? = nil, successRate: Double? = nil,
            runs: Int = SLA.runsDefault
        ) {
            self.startDelaySeconds = startDelaySeconds
            self.durationSeconds = durationSeconds
            self.successRate = successRate
            self.runs = runs
        }
    }
}
