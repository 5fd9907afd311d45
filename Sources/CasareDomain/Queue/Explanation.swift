/// Why a job does not run, or a queue or robot does not get on: everything that holds at the moment it was asked for.
public struct Explanation: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case job(Job.ID)
        case queue(String)
        case robot(Robot.ID)
    }

    /// The raw values are what programs read.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        // Of a job.
        case ended
        case running
        /// Its robot has missed renewals.
        case robotStale = "robot_stale"
        /// Its robot is gone, and the sweep has not taken the job back yet.
        case robotLost = "robot_lost"
        /// A person must decide about a step.
        case asked
        /// Somebody paused it.
        case paused
        /// It runs, and is paused after the step that it is in.
        case pausing
        /// It is due, and the loop that moves due jobs has not come by.
        case dueNotMoved = "due_not_moved"
        case retryDue = "retry_due"
        case dueLater = "due_later"
        case keyPaused = "key_paused"
        case noRobotRegistered = "no_robot_registered"
        case noRobotFits = "no_robot_fits"
        case robotsOffline = "robots_offline"
        case robotsCordoned = "robots_cordoned"
        /// They were asked to end.
        case robotsDraining = "robots_draining"
        case robotsBusy = "robots_busy"
        case keyLimit = "key_limit"
        case keyRate = "key_rate"
        case inLine = "in_line"
        case expires
        /// It is in none of the places where a job can be, which must not happen.
        case nowhere

        // Of a queue, and of the jobs and robots that belong to it.
        case queuePaused = "queue_paused"
        case queueLimit = "queue_limit"
        case queueRate = "queue_rate"
        case waiting
        case runningJobs = "running_jobs"
        case requirementUnmet = "requirement_unmet"
        case noWork = "no_work"

        // Of a robot.
        case workWaits = "work_waits"
        case offline
        case stale
        case cordoned
        /// It was asked to end.
        case draining
        /// It renews its session and does not get on.
        case wedged
        case slotsFull = "slots_full"
    }

    public struct Reason: Hashable, Sendable {
        public let code: Code
        /// A sentence with the names in it.
        public let message: String
        /// The facts behind it.
        public let detail: Object
        /// The command that removes the reason, as it is pasted into a shell; `nil` when only time does, or something
        /// that no command of casarectl's does, or there is nothing to remove.
        public let clears: String?

        public init(code: Code, message: String, detail: Object, clears: String?) {
            self.code = code
            self.message = message
            self.detail = detail
            self.clears = clears
        }
    }

    public let subject: Subject
    /// What decides first comes first.
    public let reasons: [Reason]

    public init(subject: Subject, reasons: [Reason]) {
        self.subject = subject
        self.reasons = reasons
    }
}
