package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How everything stands, at one glance: what `casarectl status` shows beside the counts of jobs and robots. All of it is
/// bounded. Call within `Database.asTenant`.
package enum StatusStore {
    /// So many queues are looked at, the first by name.
    package static let queuesMax = 20
    /// So many groups of letters, and so many failing workflows, are told.
    package static let groupsMax = 3
    package static let workflowsMax = 5
    /// Jobs of one queue are counted up to this: there may be many queues.
    static let queueCountMax = 500
    private static let lanesMax = 1000
    /// Acknowledged letters are counted up to this.
    static let acknowledgedMax = 1000
    /// Groups are made of so many of the newest open letters.
    static let groupedLettersMax = 2000
    /// So many of the last hour's letters are told apart by workflow.
    static let failedMax = 5000
    /// The share of failures is of so many jobs, and as many again.
    static let sampleMax = 200

    /// Queues by name.
    ///
    /// - Returns: `queuesMax` at most, and whether there are more.
    package static func queues(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (queues: [QueueOverview], hasMore: Bool) {
        let rows = try connection.execute(
            OverviewQueries.queues,
            [
                "limit": .int(self.queuesMax + 1), "count_max": .int(self.queueCountMax),
                "lanes_max": .int(self.lanesMax), "now": .timestamp(now),
            ])
        let queues = try rows.map(QueueOverview.init(row:))
        return (Array(queues.prefix(self.queuesMax)), queues.count > self.queuesMax)
    }

    /// The letters that somebody has still to deal with. How many are open is among the counts of jobs.
    package static func letters(on connection: isolated PostgresConnection) throws -> LetterOverview {
        let row = try connection.execute(
            DeadLetterQueries.overview, ["count_max": .int(self.acknowledgedMax)]
        ).only()
        let groups = try connection.execute(
            DeadLetterQueries.largestGroups,
            ["letters_max": .int(self.groupedLettersMax), "limit": .int(self.groupsMax)])
        return LetterOverview(
            acknowledged: BoundedCount(try row.int("acknowledged"), max: self.acknowledgedMax),
            oldestOpenAt: try row.optionalDate("oldest_open_at"),
            groups: try groups.map(LetterOverview.Group.init(row:)))
    }

    /// The workflows of which most jobs failed for good within the last hour, the worst first.
    package static func failing(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [WorkflowFailures] {
        try connection.execute(
            OverviewQueries.failing,
            [
                "letters_max": .int(self.failedMax), "limit": .int(self.workflowsMax),
                "sample": .int(self.sampleMax), "now": .timestamp(now),
            ]
        ).map { row in
            let ended = try row.int("sample_ended")
            return WorkflowFailures(
                workflowName: try row.string("workflow_name"),
                failed: BoundedCount(
                    try row.int("failed"), isExact: try row.int("letters") <= self.failedMax),
                share: ended > 0 ? Double(try row.int("sample_failed")) / Double(ended) : nil)
        }
    }
}

/// A queue in few words.
package struct QueueOverview: Hashable, Sendable {
    package let name: String
    /// Nothing is leased from it now.
    package let isPaused: Bool
    package let ready: BoundedCount
    package let scheduled: BoundedCount
    package let running: Int
    /// Jobs that people have paused, each by itself.
    package let pausedJobs: BoundedCount

    init(
        name: String, isPaused: Bool, ready: BoundedCount, scheduled: BoundedCount, running: Int,
        pausedJobs: BoundedCount
    ) {
        self.name = name
        self.isPaused = isPaused
        self.ready = ready
        self.scheduled = scheduled
        self.running = running
        self.pausedJobs = pausedJobs
    }

    fileprivate init(row: Row) throws {
        let max = StatusStore.queueCountMax
        self.init(
            name: try row.string("name"), isPaused: try row.bool("is_paused"),
            ready: BoundedCount(try row.int("ready"), max: max),
            scheduled: BoundedCount(try row.int("scheduled"), max: max), running: try row.int("running"),
            pausedJobs: BoundedCount(
                min(try row.int("paused_jobs"), max), isExact: try row.int("paused_in_all") <= max))
    }
}

/// The dead letters that somebody has still to deal with, beside the count of open ones.
package struct LetterOverview: Hashable, Sendable {
    /// Open letters of one workflow with one fingerprint; the failure, job and time are of the newest of them.
    package struct Group: Hashable, Sendable {
        package let workflowName: String
        package let fingerprint: String
        /// Of the newest open letters, so many are of this group.
        package let count: Int
        package let failure: Failure
        package let job: Job.ID
        package let lastOpenedAt: Date

        init(
            workflowName: String, fingerprint: String, count: Int, failure: Failure, job: Job.ID, lastOpenedAt: Date
        ) {
            self.workflowName = workflowName
            self.fingerprint = fingerprint
            self.count = count
            self.failure = failure
            self.job = job
            self.lastOpenedAt = lastOpenedAt
        }

        fileprivate init(row: Row) throws {
            self.init(
                workflowName: try row.string("workflow_name"), fingerprint: try row.string("fingerprint"),
                count: try row.int("letters"), failure: try Failure(row: row),
                job: Job.ID(rawValue: try row.uuid("job_id")), lastOpenedAt: try row.date("opened_at"))
        }
    }

    package let acknowledged: BoundedCount
    package let oldestOpenAt: Date?
    /// The largest first.
    package let groups: [Group]
}

/// A workflow of which jobs failed for good within the last hour.
package struct WorkflowFailures: Hashable, Sendable {
    package let workflowName: String
    package let failed: BoundedCount
    /// Of those of its newest jobs that have completed or failed within the hour, so large a part failed, 0…1; `nil`:
    /// none has.
    package let share: Double?
}
