package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Windows of maintenance: schedules that are paused meanwhile, and afterwards are as they were. Call within
/// `Database.asTenant`, where nothing else is said.
///
/// A schedule knows the window that has paused it for as long as nobody else pauses or resumes it. Closing gives back
/// those that still know it, and leaves the others as they are.
package enum WindowStore {
    /// A window to open.
    package struct New: Sendable {
        package let id: MaintenanceWindow.ID
        /// When it closes by itself, by the clock of the database, or after how long.
        package let until: Date?
        package let seconds: Double?
        package let reason: String?
        /// As it is to be shown, in the form of the wire.
        package let selection: Object
        package let schedules: [Schedule.ID]

        package init(
            id: MaintenanceWindow.ID = .new(at: Date()), until: Date?, lasting seconds: Double? = nil, reason: String?,
            selection: Object, schedules: [Schedule.ID]
        ) {
            self.id = id
            self.until = until
            self.seconds = seconds
            self.reason = reason
            self.selection = selection
            self.schedules = schedules
        }
    }

    /// Pauses the schedules that are not paused, or would not be until the window's end, and remembers which, and what
    /// their own pauses were. Ticks that are due already fire before.
    ///
    /// - Returns: the window, and what was done about ticks.
    /// - Throws: `StoreError.refused` for one without an end or schedules, with too many, and where too many windows are
    ///   open; `.pauseEnd` for an end that is past, or more than a year away.
    package static func open(
        _ new: New, by person: String, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (window: MaintenanceWindow, tally: TickTally) {
        guard !new.schedules.isEmpty else {
            throw StoreError.refused("the window", why: "would pause nothing: no schedule is selected")
        }
        guard new.schedules.count <= MaintenanceWindow.schedulesMax else {
            throw StoreError.refused(
                "the window", why: "would pause more than \(MaintenanceWindow.schedulesMax) schedules; select fewer")
        }
        let open = try connection.execute(WindowQueries.openCount, ["limit": .int(MaintenanceWindow.openMax)]).only()
        guard try open.int("open") < MaintenanceWindow.openMax else {
            throw StoreError.refused(
                "the window", why: "is one too many: \(MaintenanceWindow.openMax) are open; close one")
        }
        let time = try connection.execute(ScheduleQueries.now, ["now": .timestamp(now)]).only().date("now")
        guard let until = try ScheduleStore.pauseEnd(new.until, new.seconds, at: time) else {
            throw StoreError.refused("the window", why: "has no end; say when it closes by itself")
        }
        let fired = try ScheduleStore.fire(new.schedules, zones: zones, now: now, on: connection)
        let held = try connection.execute(
            ScheduleQueries.holdAll,
            ["schedules": .uuidArray(new.schedules.map(\.rawValue)), "now": .timestamp(now)])
        var found: [Found] = []
        for row in held {
            let one = try Found(row: row, until: until)
            found.append(one)
            guard !one.staysPaused else { continue }
            // It ends with the window, and not by itself.
            _ = try ScheduleStore.pause(
                one.id, Schedule.Pause(at: time, by: person, reason: new.reason), within: new.id, now: now,
                on: connection)
        }
        try connection.execute(
            WindowQueries.insert,
            [
                "window": .uuid(new.id.rawValue), "until": .timestamp(until), "reason": .text(new.reason?.storable),
                "selection": .text(StoredJSON.text(of: new.selection)), "by": .text(person.storable),
                "now": .timestamp(now),
            ])
        try connection.execute(
            WindowQueries.insertItems,
            [
                "window": .uuid(new.id.rawValue), "schedules": .uuidArray(found.map(\.id.rawValue)),
                "paused": .boolArray(found.map(\.staysPaused)),
                "prior_by": .textArray(found.map { $0.prior?.by.storable }),
                "prior_reasons": .textArray(found.map { $0.prior?.reason?.storable }),
                "prior_until": .timestampArray(found.map { $0.prior?.until }),
            ])
        try ControlLog.record(
            "window.open", of: new.id.description, by: person, reason: new.reason,
            detail: [
                "until": .string(until.formatted(.iso8601)), "selection": .object(new.selection),
                "schedules": .int(found.count), "paused": .int(found.count { !$0.staysPaused }),
            ], now: now, on: connection)
        return (try self.get(new.id, on: connection), TickTally(fired))
    }

    /// A schedule as a window finds it.
    private struct Found {
        let id: Schedule.ID
        /// By its own pause, or by another window's.
        let staysPaused: Bool
        /// Its own pause, where that would end before the window.
        let prior: Schedule.Pause?

        /// - Parameter end: the window's.
        init(row: Row, until end: Date) throws {
            self.id = Schedule.ID(rawValue: try row.uuid("schedule_id"))
            let pause = try Schedule.Pause(row: row)
            if let pause, let until = pause.until, until < end {
                self.prior = pause
                self.staysPaused = false
            } else {
                self.prior = nil
                self.staysPaused = pause != nil
            }
        }
    }

    /// Closes a window: what it has paused goes on with the first tick after now, or has its own pause again where that
    /// ends later. What somebody has paused or resumed meanwhile stays so, and what another open window holds as well is
    /// taken over by that. A window that is closed stays as it is.
    ///
    /// - Returns: the window, and what was done about ticks.
    /// - Throws: `StoreError.notFound`.
    package static func close(
        _ id: MaintenanceWindow.ID, by person: String, reason: String?, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (window: MaintenanceWindow, tally: TickTally) {
        // None closes meanwhile that a schedule may be handed over to.
        try connection.execute(WindowQueries.holdOpen)
        let rows = try connection.execute(
            WindowQueries.hold, ["window": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.window, id.description) }
        guard try row.isNull("closed_at") else { return (try self.get(id, on: connection), TickTally()) }
        let time = try row.date("now")
        let untouched = try connection.execute(
            WindowQueries.untouched,
            ["window": .uuid(id.rawValue), "limit": .int(MaintenanceWindow.schedulesMax)]
        ).map { Schedule.ID(rawValue: try $0.uuid("schedule_id")) }
        let held = try connection.execute(
            ScheduleQueries.holdAll,
            ["schedules": .uuidArray(untouched.map(\.rawValue)), "now": .timestamp(now)])
        var schedules: [Schedule] = []
        for row in held {
            // Whoever has touched it since it was found has it now.
            guard try row.optionalUUID("pause_window") == id.rawValue else { continue }
            // One that cannot be read stays paused.
            guard let schedule = try Schedule(readable: row) else { continue }
            schedules.append(schedule)
        }
        let priors = try self.priors(of: id, on: connection)
        let handedOver = Set(
            try connection.execute(
                WindowQueries.handOver,
                ["window": .uuid(id.rawValue), "schedules": .uuidArray(schedules.map(\.id.rawValue))]
            ).map { Schedule.ID(rawValue: try $0.uuid("schedule_id")) })
        var restored: [Schedule.ID] = []
        var tally = TickTally()
        for schedule in schedules where !handedOver.contains(schedule.id) {
            if let prior = priors[schedule.id], let until = prior.until, until > time {
                _ = try ScheduleStore.pause(schedule, prior, now: now, on: connection)
                restored.append(schedule.id)
                continue
            }
            do {
                let resumed = try connection.savepoint { connection in
                    // Nobody has looked at why its jobs failed: they are still counted.
                    try ScheduleStore.resume(
                        schedule, at: time, failures: schedule.failuresInARow, zones: zones, now: now, on: connection)
                }
                tally.add(resumed.tally)
            } catch is ScheduleSpec.Invalid {
                // It cannot be understood any more: it stays paused, and says so when somebody resumes it.
                continue
            } catch StoreError.notFound {
                continue
            } catch StoreError.calendarUnreadable {
                continue
            }
            restored.append(schedule.id)
        }
        try connection.execute(
            WindowQueries.restored,
            ["window": .uuid(id.rawValue), "schedules": .uuidArray(restored.map(\.rawValue))])
        try connection.execute(
            WindowQueries.close,
            ["window": .uuid(id.rawValue), "by": .text(person.storable), "now": .timestamp(now)])
        try ControlLog.record(
            "window.close", of: id.description, by: person, reason: reason, detail: ["restored": .int(restored.count)],
            now: now, on: connection)
        return (try self.get(id, on: connection), tally)
    }

    private static func priors(
        of window: MaintenanceWindow.ID, on connection: isolated PostgresConnection
    ) throws -> [Schedule.ID: Schedule.Pause] {
        var priors: [Schedule.ID: Schedule.Pause] = [:]
        for row in try connection.execute(WindowQueries.priors, ["window": .uuid(window.rawValue)]) {
            let until = try row.date("prior_until")
            // The schedule knows since when it has been paused.
            priors[Schedule.ID(rawValue: try row.uuid("schedule_id"))] = Schedule.Pause(
                at: until, by: try row.string("prior_by"), reason: try row.optionalString("prior_reason"),
                until: until)
        }
        return priors
    }

    /// - Throws: `StoreError.notFound`.
    package static func get(
        _ id: MaintenanceWindow.ID, on connection: isolated PostgresConnection
    ) throws -> MaintenanceWindow {
        guard let row = try connection.execute(WindowQueries.get, ["window": .uuid(id.rawValue)]).first else {
            throw StoreError.notFound(.window, id.description)
        }
        return try MaintenanceWindow(row: row)
    }

    /// Newest first, below the cursor's.
    ///
    /// - Parameter isOpen: only those that are open, or that are closed.
    package static func list(
        isOpen: Bool? = nil, before cursor: MaintenanceWindow.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [MaintenanceWindow] {
        try connection.execute(
            WindowQueries.list,
            [
                "is_open": .bool(isOpen), "before": .uuid(cursor?.rawValue ?? Job.ID.last.rawValue),
                "limit": .int(limit),
            ]
        ).map(MaintenanceWindow.init(row:))
    }

    /// A window that is to be closed, and whose it is.
    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let window: MaintenanceWindow.ID
    }

    /// Windows of all tenants whose time is over. Call within `Database.asSystem`.
    package static func due(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(WindowQueries.due, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                window: MaintenanceWindow.ID(rawValue: try row.uuid("window_id")))
        }
    }
}

extension MaintenanceWindow {
    /// Reads a row of the table `windows`, with its counts.
    fileprivate init(row: Row) throws {
        let id = ID(rawValue: try row.uuid("window_id"))
        self.init(
            id: id, until: try row.date("until_at"), reason: try row.optionalString("reason"),
            selection: try StoredJSON.object(try row.string("selection"), in: "window \(id)"),
            selected: try row.int("selected"), paused: try row.int("paused"), restored: try row.int("restored"),
            openedAt: try row.date("opened_at"), openedBy: try row.string("opened_by"),
            closedAt: try row.optionalDate("closed_at"), closedBy: try row.optionalString("closed_by"))
    }
}
