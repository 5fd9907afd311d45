package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// What a change came to.
    package struct Changed: Sendable {
        package let schedule: Schedule
        /// Its spec is another one now.
        package let isChanged: Bool
        /// Ticks that were due already, and were fired by the form before.
        package let fired: Fired
        /// Those, and others that were passed over.
        package let tally: TickTally
    }

    /// Changes the spec of a schedule. Ticks that are due already are dealt with by the form before; where the times are
    /// others, the next tick is the first one after now.
    ///
    /// - Parameters:
    ///   - revision: that the change was made for; `nil`: any.
    ///   - managedBy: `nil`: as it is.
    ///   - change: what the new spec is.
    /// - Throws: `StoreError.notFound`, `.revisionChanged`; `ScheduleSpec.Invalid`; what `change` throws.
    package static func update(
        _ id: Schedule.ID, revision: Int? = nil, managedBy: String? = nil, by person: String, reason: String?,
        zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection,
        _ change: (ScheduleSpec) throws -> ScheduleSpec
    ) throws -> Changed {
        let (held, fired) = try self.holdFired(id, zones: zones, now: now, on: connection)
        let old = held.schedule
        try StoreError.check(revision, isRevisionOf: "schedule \(old.name)", at: old.revision)
        let spec = try change(old.spec)
        try spec.check()
        let isChanged = spec != old.spec
        guard isChanged || managedBy != nil && managedBy != old.managedBy else {
            return Changed(schedule: old, isChanged: false, fired: fired, tally: TickTally(fired))
        }
        if isChanged { try self.checkNames(of: spec, on: connection) }
        var state = ScheduleState(old)
        var tally = TickTally(fired)
        if isChanged {
            if let tick = old.nextTick, tick <= held.now,
                let before = try self.knownTimes(of: old, zones: zones, on: connection)
            {
                if old.pause != nil {
                    tally.add(try self.pass(&state, old, before, held.now, now, on: connection))
                } else if !spec.hasTicks(of: old.spec) {
                    tally.add(try self.leave(&state, old, before, held.now, now, on: connection))
                }
            }
            let times = try ScheduleTimes(spec, named: old.name, zones: zones, on: connection)
            state.change(to: spec, at: held.now, timetable: times.timetable, hours: times.hours)
        }
        let stored = try StoredSpec(spec)
        let row = try connection.execute(
            ScheduleQueries.change,
            [
                "schedule": .uuid(id.rawValue), "kind": .text(spec.timing.kind.rawValue),
                "workflow": .text(spec.workflow.storable), "calendar": .text(spec.calendar?.storable),
                "spec": .text(stored.spec), "variables": .text(stored.variables),
                "revision": .int(old.revision + (isChanged ? 1 : 0)), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "remaining": .int(state.remainingRuns),
                "managed_by": .text((managedBy ?? old.managedBy)?.storable), "is_changed": .bool(isChanged),
                "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        var detail: Object = ["revision": .int(old.revision + (isChanged ? 1 : 0))]
        if let managedBy { detail["managed_by"] = .string(managedBy) }
        try ControlLog.record(
            "schedule.update", of: old.name, by: person, reason: reason, detail: detail, now: now, on: connection)
        return Changed(schedule: try Schedule(row: row), isChanged: isChanged, fired: fired, tally: tally)
    }

    /// Takes a schedule away, also one whose spec cannot be read. Jobs that it has made go on, and its history stays for
    /// as long as ticks are kept.
    ///
    /// - Returns: what it was; `nil` where it could not be read.
    /// - Throws: `StoreError.notFound`.
    @discardableResult
    package static func delete(
        _ id: Schedule.ID, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Schedule? {
        let held = try self.holdRow(id, now: now, on: connection)
        try connection.execute(
            ScheduleQueries.delete,
            ["schedule": .uuid(id.rawValue), "by": .text(person.storable), "now": .timestamp(now)])
        try ReactionStore.forget(id, on: connection)
        try ControlLog.record(
            "schedule.delete", of: try held.string("name"), by: person, reason: reason,
            detail: ["id": .string(id.description)], now: now, on: connection)
        return try Schedule(readable: held)
    }

    /// Makes a job of a schedule now, because somebody says so: whether it is paused, closed or has a job under way. Its
    /// times and its remaining runs stay as they are. Ring the ready bell after the commit.
    ///
    /// - Parameter variables: of this job alone, instead of the schedule's of the same names.
    /// - Throws: `StoreError.notFound`, and `.refused` where there can be no such job.
    package static func trigger(
        _ id: Schedule.ID, variables: Object = [:], by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (schedule: Schedule, job: Job.ID, tally: TickTally) {
        let held = try self.hold(id, now: now, on: connection)
        let schedule = held.schedule
        let moment = try TickWriting.freeMoment(of: id, now: now, on: connection)
        var launch = ScheduleLaunch(schedule: schedule, tick: moment, origin: .manual)
        launch.variables = variables
        var tick = NewTick(TickSpan(Tick(at: moment)), of: id, .manual, .fired, detail: reason)
        tick.by = person
        tick.job = launch.job
        tick.startBy = launch.startBy
        tick.durationMax = launch.durationMax
        _ = try TickWriting.write([tick], now: now, on: connection)
        let result = try TickWriting.launch([launch], now: now, on: connection)[0]
        switch result {
        case .refused(let why):
            throw StoreError.refused("schedule \(schedule.name)", why: "cannot be fired: \(why)")
        case .job(let job, isNew: _):
            try connection.execute(
                FiringQueries.lastFired,
                [
                    "schedules": .uuidArray([id.rawValue]), "ticks": .timestampArray([moment]),
                    "jobs": .uuidArray([job.rawValue]),
                ])
            try ControlLog.record(
                "schedule.trigger", of: schedule.name, by: person, reason: reason,
                detail: ["job": .string(job.description)], now: now, on: connection)
            guard let after = try self.get(id, on: connection) else {
                throw StoreError.notFound(.schedule, id.description)
            }
            let tally = TickTally(
                [TickCount(schedule: schedule.name, result: .fired)], jobs: [job],
                reports: [TickReport(tick, named: schedule.name, result, now: held.now)])
            return (after, job, tally)
        }
    }
}
