public import FoundationEssentials

extension Robot {
    /// How a robot's session is asked to end. Either way its process ends too.
    public enum Order: String, Hashable, Sendable, Codable, CaseIterable {
        /// It finishes what it runs, and leases nothing more.
        case drain
        /// It ends its jobs after the step that they are in, and hands them back.
        case stop
    }

    /// That a session was asked to end.
    public struct Ending: Hashable, Sendable, Codable {
        public let order: Order
        public let askedAt: Date
        /// The name of a token.
        public let askedBy: String
        public let reason: String?

        public init(order: Order, askedAt: Date, askedBy: String, reason: String?) {
            self.order = order
            self.askedAt = askedAt
            self.askedBy = askedBy
            self.reason = reason
        }
    }

    /// How it shows that a robot which renews its session does not get on.
    public struct Wedge: Hashable, Sendable, Codable {
        public enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
            /// A job has outlived the time limit by which the robot itself should have ended it.
            case jobOverdue = "job_overdue"
            /// It has free slots and asks for no jobs.
            case notAsking = "not_asking"
        }

        public let cause: Cause
        public let since: Date
        /// The job that is overdue.
        public let job: Job.ID?

        public init(cause: Cause, since: Date, job: Job.ID?) {
            self.cause = cause
            self.since = since
            self.job = job
        }
    }

    /// What people have asked of it, and how it gets on.
    public struct Control: Hashable, Sendable {
        public let cordonedBy: String?
        public let cordonReason: String?
        public let ending: Ending?
        public let wedge: Wedge?
        /// Of the jobs that it runs, the one that has been silent the longest last made a step then.
        public let progressAt: Date?

        public init(
            cordonedBy: String? = nil, cordonReason: String? = nil, ending: Ending? = nil, wedge: Wedge? = nil,
            progressAt: Date? = nil
        ) {
            self.cordonedBy = cordonedBy
            self.cordonReason = cordonReason
            self.ending = ending
            self.wedge = wedge
            self.progressAt = progressAt
        }
    }

    /// What a robot says of its own progress with a renewal, by its own monotonic clock.
    public struct Progress: Hashable, Sendable, Codable {
        /// For how long it has had free slots without asking for jobs; `nil` when it has none.
        public var secondsUnasked: Double?
        /// For how long the job that has been silent the longest has not made a step; `nil` when it runs none.
        public var secondsSilent: Double?
        /// A job that should have ended by its own time limits, and for how long.
        public var overdueJob: Job.ID?
        public var secondsOverdue: Double?

        public init(
            secondsUnasked: Double? = nil, secondsSilent: Double? = nil, overdueJob: Job.ID? = nil,
            secondsOverdue: Double? = nil
        ) {
            self.secondsUnasked = secondsUnasked
            self.secondsSilent = secondsSilent
            self.overdueJob = overdueJob
            self.secondsOverdue = secondsOverdue
        }
    }
}
