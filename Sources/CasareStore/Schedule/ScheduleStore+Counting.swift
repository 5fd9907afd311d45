package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// Ticks of one schedule that are looked at for those that are new: they are among the newest.
    private static let countedTicksMax = 100

    /// What a transaction has done about ticks of these schedules, for whoever counts it after the commit: where somebody
    /// pauses, resumes or changes a schedule, ticks that are due fire before, and those of the pause are passed over.
    /// Call within it.
    ///
    /// - Parameter now: as whoever did it was given it.
    package static func ticksWritten(
        of schedules: [Schedule.ID], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (ticks: [TickCount], jobs: [Job.ID]) {
        guard !schedules.isEmpty else { return ([], []) }
        let rows = try connection.execute(
            TickQueries.written,
            [
                "schedules": .uuidArray(schedules.map(\.rawValue)), "limit": .int(self.countedTicksMax),
                "now": .timestamp(now),
            ])
        var ticks: [TickCount] = []
        var jobs: [Job.ID] = []
        for row in rows {
            let name = try row.string("name")
            switch try ScheduleTick.Result(rawValue: row.string("result")) {
            case .fired:
                ticks.append(TickCount(schedule: name, result: .fired, delay: try row.optionalDouble("delay")))
                if let job = try row.optionalUUID("job_id") { jobs.append(Job.ID(rawValue: job)) }
            case .skipped:
                guard let reason = try SkipReason(rawValue: row.string("reason")) else { continue }
                ticks.append(TickCount(schedule: name, result: reason.counted, count: try row.int("ticks")))
            case .buffered, nil: continue
            }
        }
        return (ticks, jobs)
    }
}
