package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How many jobs a transaction has made, for whoever counts them after its commit.
package struct JobTally: Sendable {
    package struct Line: Hashable, Sendable {
        package let queue: String
        package let workflow: String
        package internal(set) var jobs: Int
        /// Those of them that replay a dead letter.
        package internal(set) var replays: Int

        package init(queue: String, workflow: String, jobs: Int, replays: Int = 0) {
            self.queue = queue
            self.workflow = workflow
            self.jobs = jobs
            self.replays = replays
        }
    }

    /// One of them, for whoever tells of it.
    package struct Made: Hashable, Sendable {
        package let id: Job.ID
        package let queue: String
        package let workflow: String
        /// Whose tick it is.
        package let schedule: String?
        package let trace: TraceCarrier?
    }

    private struct Place: Hashable {
        let queue: String
        let workflow: String
    }

    package private(set) var lines: [Line] = []
    private var places: [Place: Int] = [:]
    /// Of those that were looked up: by queue, by workflow, in the order in which they were made.
    package private(set) var jobs: [Made] = []

    package init() {}

    /// Counts one more job.
    package mutating func add(queue: String, workflow: String, isReplay: Bool = false) {
        let replays = isReplay ? 1 : 0
        if let index = self.places[Place(queue: queue, workflow: workflow)] {
            self.lines[index].jobs += 1
            self.lines[index].replays += replays
        } else {
            self.places[Place(queue: queue, workflow: workflow)] = self.lines.count
            self.lines.append(Line(queue: queue, workflow: workflow, jobs: 1, replays: replays))
        }
    }

    fileprivate mutating func add(_ row: Row) throws {
        let made = Made(
            id: Job.ID(rawValue: try row.uuid("job_id")), queue: try row.string("queue"),
            workflow: try row.string("workflow"), schedule: try row.optionalString("schedule"),
            trace: try TraceCarrier(row: row))
        self.add(queue: made.queue, workflow: made.workflow, isReplay: try row.bool("is_replay"))
        self.jobs.append(made)
    }
}

extension JobStore {
    /// Counts those of these jobs that this transaction has made: not those that were there already and were found by a
    /// key. Call within `Database.asTenant`, in the transaction that has made them.
    ///
    /// - Parameter now: as whoever made them was given it.
    package static func tally(
        of jobs: [Job.ID], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> JobTally {
        guard !jobs.isEmpty else { return JobTally() }
        let rows = try connection.execute(
            TallyQueries.made, ["jobs": .uuidArray(jobs.map(\.rawValue)), "now": .timestamp(now)])
        var tally = JobTally()
        for row in rows { try tally.add(row) }
        return tally
    }
}
