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

    private struct Place: Hashable {
        let queue: String
        let workflow: String
    }

    package private(set) var lines: [Line] = []
    private var places: [Place: Int] = [:]

    package init() {}

    init(_ lines: [Line]) { self.lines = lines }

    /// Counts one more job, of a tally that was begun empty.
    package mutating func add(queue: String, workflow: String) {
        if let index = self.places[Place(queue: queue, workflow: workflow)] {
            self.lines[index].jobs += 1
        } else {
            self.places[Place(queue: queue, workflow: workflow)] = self.lines.count
            self.lines.append(Line(queue: queue, workflow: workflow, jobs: 1))
        }
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
        return JobTally(
            try rows.map { row in
                JobTally.Line(
                    queue: try row.string("queue"), workflow: try row.string("workflow"),
                    jobs: try row.int("jobs"), replays: try row.int("replays"))
            })
    }
}
