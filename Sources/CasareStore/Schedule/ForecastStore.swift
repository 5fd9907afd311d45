package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What a forecast needs to know of what has been. Call within `Database.asTenant`.
package enum ForecastStore {
    /// The median is taken of so many jobs at most.
    package static let runsMax = 20
    /// So many ticks are looked at to find them.
    package static let ticksMax = 60
    /// A forecast looks at no more schedules.
    package static let schedulesMax = 10_000

    /// How long a job takes: the median of the last `runsMax` that completed. Schedules of which none is known are
    /// missing.
    package static func expectedSeconds(
        of schedules: [Schedule.ID], on connection: isolated PostgresConnection
    ) throws -> [Schedule.ID: Double] {
        guard !schedules.isEmpty else { return [:] }
        let rows = try connection.execute(
            ForecastQueries.expectedSeconds,
            [
                "schedules": .uuidArray(schedules.map(\.rawValue)), "ticks_max": .int(self.ticksMax),
                "runs_max": .int(self.runsMax),
            ])
        var seconds: [Schedule.ID: Double] = [:]
        for row in rows {
            seconds[Schedule.ID(rawValue: try row.uuid("schedule_id"))] = try row.double("median")
        }
        return seconds
    }

    /// Those that are to fire at some time, in the order of names.
    ///
    /// - Parameters:
    ///   - workflow: only those that start it, as they name it; `nil`: all.
    ///   - limit: one more than may be says whether they are too many.
    package static func active(
        ofWorkflow workflow: String? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Schedule] {
        try connection.execute(
            ForecastQueries.active, ["workflow": .text(workflow?.storable), "limit": .int(limit)]
        ).map(Schedule.init(row:))
    }

    /// How many jobs the robots that are there can run at once.
    package static func slots(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Int {
        try connection.execute(ForecastQueries.slots, ["now": .timestamp(now)]).only().int("slots")
    }
}
