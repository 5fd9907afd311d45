public import CasareDomain
public import FoundationEssentials

extension StatusResponse {
    /// A queue in few words; `casarectl queue stats` shows more of it.
    public struct QueueStatus: Hashable, Sendable, Codable {
        public let name: String
        /// Nothing is leased from it now.
        public let isPaused: Bool
        /// Jobs that may begin now.
        public let ready: Int
        /// Jobs that wait for their time.
        public let scheduled: Int
        public let running: Int
        /// Jobs that people have paused, each by itself.
        public let pausedJobs: Int
        /// Those of the counts that stop at a bound, of which there are more: `ready`, `scheduled`, `paused_jobs`.
        public let inexact: [String]

        public init(
            name: String, isPaused: Bool, ready: Int, scheduled: Int, running: Int, pausedJobs: Int,
            inexact: [String] = []
        ) {
            self.name = name
            self.isPaused = isPaused
            self.ready = ready
            self.scheduled = scheduled
            self.running = running
            self.pausedJobs = pausedJobs
            self.inexact = inexact
        }

        /// - Parameter count: as in `inexact`.
        public func isExact(_ count: String) -> Bool { !self.inexact.contains(count) }
    }

    /// How many robots stand how; each is counted once.
    public struct RobotCounts: Hashable, Sendable, Codable {
        public let live: Int
        public let busy: Int
        public let cordoned: Int
        public let draining: Int
        public let wedged: Int
        public let stale: Int
        public let offline: Int

        public init(_ statuses: some Sequence<Robot.Status>) {
            var counts: [Robot.Status: Int] = [:]
            for status in statuses { counts[status, default: 0] += 1 }
            self.live = counts[.live, default: 0]
            self.busy = counts[.busy, default: 0]
            self.cordoned = counts[.cordoned, default: 0]
            self.draining = counts[.draining, default: 0]
            self.wedged = counts[.wedged, default: 0]
            self.stale = counts[.stale, default: 0]
            self.offline = counts[.offline, default: 0]
        }

        public func count(of status: Robot.Status) -> Int {
            switch status {
            case .live: self.live
            case .busy: self.busy
            case .cordoned: self.cordoned
            case .draining: self.draining
            case .wedged: self.wedged
            case .stale: self.stale
            case .offline: self.offline
            }
        }
    }

    /// The dead letters that somebody has still to deal with.
    public struct LetterStatus: Hashable, Sendable, Codable {
        /// Nobody has dealt with them. The same number as `dead_letters_open`.
        public let open: Int
        /// Somebody knows of them, and nothing was done yet.
        public let acknowledged: Int
        /// When the oldest open one was opened.
        public let oldestOpenAt: Date?
        /// The largest groups among the newest open letters, the largest first.
        public let groups: [LetterGroup]

        public init(open: Int, acknowledged: Int, oldestOpenAt: Date?, groups: [LetterGroup]) {
            self.open = open
            self.acknowledged = acknowledged
            self.oldestOpenAt = oldestOpenAt
            self.groups = groups
        }
    }

    /// Open letters of one workflow whose errors differ in numbers, identifiers and quoted text at most.
    public struct LetterGroup: Hashable, Sendable, Codable {
        /// The workflow's name.
        public let workflow: String
        public let fingerprint: String
        /// Of the newest open letters, so many are of this group.
        public let count: Int
        /// Of the newest of them: kind, type and message of its failure, and its job.
        public let kind: String
        public let type: String
        public let message: String
        public let job: Job.ID
        public let lastOpenedAt: Date

        public init(
            workflow: String, fingerprint: String, count: Int, kind: String, type: String, message: String,
            job: Job.ID, lastOpenedAt: Date
        ) {
            self.workflow = workflow
            self.fingerprint = fingerprint
            self.count = count
            self.kind = kind
            self.type = type
            self.message = message
            self.job = job
            self.lastOpenedAt = lastOpenedAt
        }
    }

    /// A workflow of which jobs failed for good within the last hour.
    public struct FailingWorkflow: Hashable, Sendable, Codable {
        /// The workflow's name.
        public let workflow: String
        /// Jobs that failed within the hour.
        public let failed: Int
        /// There are more than were counted.
        public let isInexact: Bool
        /// Of its newest jobs that have completed or failed within the hour, so large a part failed, 0…1. `nil`: none
        /// of those that were looked at has.
        public let share: Double?

        public init(workflow: String, failed: Int, isInexact: Bool, share: Double?) {
            self.workflow = workflow
            self.failed = failed
            self.isInexact = isInexact
            self.share = share
        }
    }

    /// The schedules that ought to have fired and did not.
    public struct ScheduleStatus: Hashable, Sendable, Codable {
        /// How many are late by more than a few seconds.
        public let late: Int
        /// Those that are late longest, the latest first.
        public let lateSchedules: [LateSchedule]

        public init(late: Int, lateSchedules: [LateSchedule]) {
            self.late = late
            self.lateSchedules = lateSchedules
        }
    }

    public struct LateSchedule: Hashable, Sendable, Codable {
        public let name: String
        public let dueAt: Date

        public init(name: String, dueAt: Date) {
            self.name = name
            self.dueAt = dueAt
        }
    }

    /// What was applied from files, and is not any more as it was then.
    public struct DriftStatus: Hashable, Sendable, Codable {
        public let count: Int
        /// The first ones, by kind and name.
        public let resources: [AppliedInfo]

        public init(count: Int, resources: [AppliedInfo]) {
            self.count = count
            self.resources = resources
        }
    }
}
