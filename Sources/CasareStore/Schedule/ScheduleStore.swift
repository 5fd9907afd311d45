package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Schedules, and what became of their ticks. Call within `Database.asTenant`, where nothing else is said.
///
/// A tick, its job and the moment of the next tick are committed together, with the schedule's row locked: whoever is
/// killed or stands still in the middle leaves nothing behind, and the tick is fired by whoever comes next, once.
package enum ScheduleStore {
    /// A schedule to make.
    package typealias New = NewResource<Schedule.ID, ScheduleSpec>

    /// Which schedules; what is `nil` is not asked.
    package struct Filter: Hashable, Sendable {
        package var status: Schedule.Status?
        /// As the schedule names it.
        package var workflow: String?
        package var kind: ScheduleSpec.Timing.Kind?
        package var managedBy: String?
        /// A pattern of names: `*` stands for any text, `?` for one character.
        package var name: String?

        package init(
            status: Schedule.Status? = nil, workflow: String? = nil, kind: ScheduleSpec.Timing.Kind? = nil,
            managedBy: String? = nil, name: String? = nil
        ) {
            self.status = status
            self.workflow = workflow
            self.kind = kind
            self.managedBy = managedBy
            self.name = name
        }

        /// The pattern as `LIKE` takes it.
        var pattern: String? {
            self.name.map { name in
                var pattern = ""
                for character in name.storable {
                    switch character {
                    case "*": pattern.append("%")
                    case "?": pattern.append("_")
                    case "%", "_", "\\":
                        pattern.append("\\")
                        pattern.append(character)
                    default: pattern.append(character)
                    }
                }
                return pattern
            }
        }
    }

    /// Makes a schedule, whose first tick is later than now.
    ///
    /// - Throws: `ScheduleSpec.Invalid` for a spec that cannot be; `StoreError.nameTaken`, and `.notFound` for a
    ///   workflow, a version of it or a calendar that there is not.
    package static func create(
        _ new: New, by person: String, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Schedule {
        try new.spec.check()
        try self.checkNames(of: new.spec, on: connection)
        let time = try connection.execute(ScheduleQueries.now, ["now": .timestamp(now)]).only().date("now")
        let times = try ScheduleTimes(new.spec, named: new.name, zones: zones, on: connection)
        var state = ScheduleState(
            id: new.id, spec: new.spec, at: time, timetable: times.timetable, hours: times.hours)
        if new.isPaused { state.pause(Schedule.Pause(at: time, by: person, reason: new.reason)) }
        let stored = try StoredSpec(new.spec)
        let made = try connection.execute(
            ScheduleQueries.insert,
            [
                "schedule": .uuid(new.id.rawValue), "name": .text(new.name.storable),
                "kind": .text(new.spec.timing.kind.rawValue), "workflow": .text(new.spec.workflow.storable),
                "calendar": .text(new.spec.calendar?.storable), "spec": .text(stored.spec),
                "variables": .text(stored.variables), "next_at": .timestamp(state.nextTick),
                "due_at": .timestamp(state.dueAt), "paused_at": .timestamp(state.pause?.at),
                "paused_by": .text(state.pause?.by.storable), "pause_reason": .text(state.pause?.reason?.storable),
                "remaining": .int(state.remainingRuns), "managed_by": .text(new.managedBy?.storable),
                "by": .text(person.storable), "now": .timestamp(now),
            ])
        guard let row = made.first else { throw StoreError.nameTaken(.schedule, new.name) }
        try QuotaStore.check(.schedules, now: now, on: connection)
        try ControlLog.record(
            "schedule.create", of: new.name, by: person, reason: new.reason,
            detail: ["kind": .string(new.spec.timing.kind.rawValue), "workflow": .string(new.spec.workflow)], now: now,
            on: connection)
        return try Schedule(row: row)
    }

    /// What a spec names must be there when it is written; what goes later is told at the tick.
    static func checkNames(of spec: ScheduleSpec, on connection: isolated PostgresConnection) throws {
        try WorkflowStore.check(spec.workflow, version: spec.workflowVersion, on: connection)
        // Nobody deletes it before this is committed.
        if let calendar = spec.calendar { _ = try CalendarStore.keep(calendar, on: connection) }
    }

    package static func get(_ id: Schedule.ID, on connection: isolated PostgresConnection) throws -> Schedule? {
        try connection.execute(ScheduleQueries.get, ["schedule": .uuid(id.rawValue)]).first.map(Schedule.init(row:))
    }

    package static func get(
        named name: String, on connection: isolated PostgresConnection
    ) throws -> Schedule? {
        try connection.execute(ScheduleQueries.named, ["name": .text(name.storable)]).first.map(Schedule.init(row:))
    }

    /// Finds a schedule by what a person writes: its ID, or else its name.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func get(
        idOrName text: String, on connection: isolated PostgresConnection
    ) throws -> Schedule {
        if let id = Schedule.ID(text), let schedule = try self.get(id, on: connection) { return schedule }
        guard let schedule = try self.get(named: text, on: connection) else {
            throw StoreError.notFound(.schedule, text)
        }
        return schedule
    }

    /// A schedule of a list.
    package struct Listed: Hashable, Sendable {
        package let name: String
        /// `nil`: what is stored of it cannot be read. It fires nothing, and its history says why.
        package let schedule: Schedule?
    }

    /// A page in the order of names, behind `after`. One that cannot be read keeps nobody from seeing the others.
    package static func list(
        _ filter: Filter = Filter(), after: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Listed] {
        let rows =
            if let workflow = filter.workflow {
                try connection.execute(
                    ScheduleQueries.listOfWorkflow,
                    [
                        "workflow": .text(workflow.storable), "kind": .text(filter.kind?.rawValue),
                        "managed_by": .text(filter.managedBy?.storable), "pattern": .text(filter.pattern),
                        "status": .text(filter.status?.rawValue), "after": .text(after.storable), "limit": .int(limit),
                    ])
            } else {
                try connection.execute(
                    ScheduleQueries.list,
                    [
                        "kind": .text(filter.kind?.rawValue), "managed_by": .text(filter.managedBy?.storable),
                        "pattern": .text(filter.pattern), "status": .text(filter.status?.rawValue),
                        "after": .text(after.storable), "limit": .int(limit),
                    ])
            }
        return try rows.map { row in
            Listed(name: try row.string("name"), schedule: try Schedule(readable: row))
        }
    }

    /// One of those that a selection is made of.
    package struct Selected: Hashable, Sendable {
        package let id: Schedule.ID
        package let name: String
        package let isPaused: Bool
    }

    /// Those that a filter finds, in the order of names.
    ///
    /// - Parameter limit: one more than may be says whether they are too many.
    package static func select(
        _ filter: Filter, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Selected] {
        try connection.execute(
            ScheduleQueries.selected,
            [
                "workflow": .text(filter.workflow?.storable), "kind": .text(filter.kind?.rawValue),
                "managed_by": .text(filter.managedBy?.storable), "pattern": .text(filter.pattern),
                "status": .text(filter.status?.rawValue), "limit": .int(limit),
            ]
        ).map(Selected.init(row:))
    }

    /// The one of this ID or name, also where its spec cannot be read.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func find(
        idOrName text: String, on connection: isolated PostgresConnection
    ) throws -> Selected {
        guard let found = try self.select(named: [text], on: connection).first else {
            throw StoreError.notFound(.schedule, text)
        }
        return found
    }

    /// Those of these names or IDs, each once.
    ///
    /// - Throws: `StoreError.notFound` for the first that there is not.
    package static func select(
        named names: [String], on connection: isolated PostgresConnection
    ) throws -> [Selected] {
        var seen: Set<Schedule.ID> = []
        var selected: [Selected] = []
        let rows = try connection.execute(
            ScheduleQueries.selectedByName,
            [
                "names": .textArray(names.map(\.storable)), "ids": .uuidArray(names.map { Schedule.ID($0)?.rawValue }),
            ])
        for row in rows {
            guard try !row.isNull("schedule_id") else {
                throw StoreError.notFound(.schedule, try row.string("text"))
            }
            let one = try Selected(row: row)
            if seen.insert(one.id).inserted { selected.append(one) }
        }
        return selected
    }
}

extension ScheduleStore.Selected {
    fileprivate init(row: Row) throws {
        self.init(
            id: Schedule.ID(rawValue: try row.uuid("schedule_id")), name: try row.string("name"),
            isPaused: try row.bool("is_paused"))
    }
}
