import CasareDomain
import CasarePostgres
import FoundationEssentials

/// Writes down what becomes of ticks. All of it belongs to the transaction that holds the schedules' rows.
enum TickWriting {
    /// What tells a tick apart from others.
    struct Key: Hashable, Sendable {
        let schedule: Schedule.ID
        let at: Date
        let origin: ScheduleTick.Origin

        init(_ tick: NewTick) {
            self.schedule = tick.schedule
            self.at = tick.span.first
            self.origin = tick.origin
        }

        init(_ launch: ScheduleLaunch) {
            self.init(schedule: launch.schedule.id, at: launch.tick, origin: launch.origin)
        }

        init(schedule: Schedule.ID, at: Date, origin: ScheduleTick.Origin) {
            self.schedule = schedule
            self.at = at
            self.origin = origin
        }
    }

    /// - Returns: those that were not there yet, or have grown, and how many ticks of each are new.
    static func write(
        _ ticks: [NewTick], now: Date?, on connection: isolated PostgresConnection
    ) throws -> [Key: Int] {
        guard !ticks.isEmpty else { return [:] }
        let rows = try connection.execute(
            TickQueries.insert,
            [
                "schedules": .uuidArray(ticks.map(\.schedule.rawValue)),
                "firsts": .timestampArray(ticks.map(\.span.first)), "lasts": .timestampArray(ticks.map(\.span.last)),
                "counts": .int8Array(ticks.map { Int64($0.span.count) }),
                "origins": .textArray(ticks.map(\.origin.rawValue)),
                "results": .textArray(ticks.map(\.result.rawValue)),
                "reasons": .textArray(ticks.map { $0.reason?.rawValue }),
                "details": .textArray(ticks.map { $0.detail?.storable }),
                "catch_ups": .boolArray(ticks.map(\.isCatchUp)),
                "backfills": .uuidArray(ticks.map { $0.backfill?.rawValue }),
                "persons": .textArray(ticks.map { $0.by?.storable }),
                "jobs": .uuidArray(ticks.map { $0.job?.rawValue }), "due_at": .timestampArray(ticks.map(\.dueAt)),
                "start_by": .timestampArray(ticks.map(\.startBy)),
                "durations": .doubleArray(ticks.map(\.durationMax)), "now": .timestamp(now),
            ])
        // A moment comes back to the microsecond, as it was sent.
        let known = Dictionary(ticks.map { (Self.mark(Key($0)), Key($0)) }, uniquingKeysWith: { first, _ in first })
        var written: [Key: Int] = [:]
        for row in rows {
            guard let origin = ScheduleTick.Origin(rawValue: try row.string("origin")) else { continue }
            let key = Key(
                schedule: Schedule.ID(rawValue: try row.uuid("schedule_id")), at: try row.date("tick_at"),
                origin: origin)
            if let known = known[Self.mark(key)] { written[known] = try row.int("added") }
        }
        return written
    }

    /// Writes ticks of one schedule down that make no job, and counts those of them that are new.
    static func pass(
        _ ticks: [NewTick], named name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> TickTally {
        let written = try self.write(ticks, now: now, on: connection)
        return TickTally(
            ticks.compactMap { tick -> TickCount? in
                guard let reason = tick.reason, let count = written[Key(tick)], count > 0 else { return nil }
                return TickCount(schedule: name, result: reason.counted, count: count)
            })
    }

    private struct Mark: Hashable {
        let schedule: Schedule.ID
        let microseconds: Int64
        let origin: ScheduleTick.Origin
    }

    private static func mark(_ key: Key) -> Mark {
        Mark(
            schedule: key.schedule, microseconds: Int64((key.at.timeIntervalSince1970 * 1_000_000).rounded()),
            origin: key.origin)
    }

    /// Makes jobs for ticks that are written down as fired, and corrects those that come to something else.
    ///
    /// - Returns: what became of each, in the same order.
    static func launch(
        _ launches: [ScheduleLaunch], now: Date?, on connection: isolated PostgresConnection
    ) throws -> [ScheduleLaunch.Result] {
        let results = try ScheduleLaunch.submit(launches, now: now, on: connection)
        var made: [(launch: ScheduleLaunch, job: Job.ID)] = []
        var found: [(launch: ScheduleLaunch, job: Job.ID)] = []
        var refused: [(launch: ScheduleLaunch, detail: String)] = []
        for (launch, result) in zip(launches, results) {
            switch result {
            case .job(let job, isNew: true): made.append((launch, job))
            case .job(let job, isNew: false): found.append((launch, job))
            case .refused(let detail): refused.append((launch, detail))
            }
        }
        if !made.isEmpty {
            try connection.execute(
                TickQueries.noteJobs,
                [
                    "jobs": .uuidArray(made.map(\.job.rawValue)),
                    "names": .textArray(made.map(\.launch.schedule.name)),
                    "ticks": .textArray(made.map { $0.launch.tick.formatted(.iso8601) }),
                    "origins": .textArray(made.map(\.launch.origin.rawValue)), "now": .timestamp(now),
                ])
        }
        let reactions = made.filter { $0.launch.origin == .event }
        if !reactions.isEmpty {
            try ReactionStore.noteTicks(
                reactions.map { ($0.launch.schedule.id, $0.launch.tick, $0.job) }, now: now, on: connection)
        }
        if !found.isEmpty {
            try connection.execute(
                TickQueries.found,
                [
                    "schedules": .uuidArray(found.map(\.launch.schedule.id.rawValue)),
                    "firsts": .timestampArray(found.map(\.launch.tick)),
                    "origins": .textArray(found.map(\.launch.origin.rawValue)),
                    "jobs": .uuidArray(found.map(\.job.rawValue)),
                ])
        }
        if !refused.isEmpty {
            try connection.execute(
                TickQueries.refused,
                [
                    "schedules": .uuidArray(refused.map(\.launch.schedule.id.rawValue)),
                    "firsts": .timestampArray(refused.map(\.launch.tick)),
                    "origins": .textArray(refused.map(\.launch.origin.rawValue)),
                    "details": .textArray(refused.map(\.detail.storable)),
                ])
        }
        return results
    }

    /// A moment for a tick that no timetable makes: now, or as soon after the schedule's newest tick as there is none.
    static func freeMoment(
        of schedule: Schedule.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Date {
        try connection.execute(
            TickQueries.freeMoment, ["schedule": .uuid(schedule.rawValue), "now": .timestamp(now)]
        ).only().date("at")
    }
}
