package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Ticks of a time that is past, fired all the same. Call within `Database.asTenant`, where nothing else is said.
///
/// A tick, its job and how far the backfill is are committed together: one that is broken off goes on behind its last
/// commit, by whoever comes next, and fires nothing twice.
package enum BackfillStore {
    /// Older forms of a schedule than the last so many are forgotten: the first of these stands for them.
    static let formsMax = 1000
    /// Ticks of a preview that are named.
    package static let sampleMax = 10

    /// What a backfill would do.
    package struct Preview: Hashable, Sendable {
        /// Ticks in that time, as far as they were counted: up to `Backfill.countedMax`.
        package internal(set) var ticks = 0
        /// Those of them that have run already, and are skipped.
        package internal(set) var alreadyRun = 0
        /// There are more ticks than were counted.
        package internal(set) var isInexact = false
        /// The first ones that are to run.
        package internal(set) var sample: [Date] = []
    }

    /// Counts the ticks of a time, and those that have run. Nothing is changed.
    ///
    /// - Throws: `StoreError.notFound`; `.refused` for a time that is not past; `ScheduleSpec.Invalid` for a form that
    ///   cannot be understood any more.
    package static func preview(
        of id: Schedule.ID, from: Date, to: Date, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Preview {
        guard let schedule = try ScheduleStore.get(id, on: connection) else {
            throw StoreError.notFound(.schedule, id.description)
        }
        try self.checkIsPast(to, of: schedule, now: now, on: connection)
        return try self.preview(of: schedule, from: from, to: to, zones: zones, on: connection)
    }

    private static func checkIsPast(
        _ end: Date, of schedule: Schedule, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        let time = try connection.execute(ScheduleQueries.now, ["now": .timestamp(now)]).only().date("now")
        guard end <= time else {
            throw StoreError.refused(
                "a backfill of schedule \(schedule.name)",
                why: "is for times that are past; give an end that is not after now")
        }
    }

    private static func preview(
        of schedule: Schedule, from: Date, to: Date, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws -> Preview {
        guard schedule.spec.timing.hasTimes else {
            throw StoreError.refused(
                "schedule \(schedule.name)",
                why: "has no times that could be filled in: it fires after jobs or by events; fire it with trigger")
        }
        let times = try self.times(of: schedule, zones: zones, on: connection)
        var ticks: [Date] = []
        var place = from.addingTimeInterval(-0.001)
        var preview = Preview()
        while let tick = times.next(after: place), tick.at <= to {
            guard ticks.count < Backfill.countedMax else {
                preview.isInexact = true
                break
            }
            ticks.append(tick.at)
            place = tick.at
        }
        let known = try self.known(ticks, of: schedule.id, on: connection)
        preview.ticks = ticks.count
        preview.alreadyRun = known.count
        preview.sample = Array(ticks.lazy.filter { !known.contains($0) }.prefix(self.sampleMax))
        return preview
    }

    /// A backfill to make.
    package struct New: Sendable {
        package let id: Backfill.ID
        package let schedule: Schedule.ID
        package let from: Date
        package let to: Date
        package let ratePerSecond: Double
        package let reason: String?

        package init(
            id: Backfill.ID = .new(at: Date()), schedule: Schedule.ID, from: Date, to: Date, ratePerSecond: Double,
            reason: String? = nil
        ) {
            self.id = id
            self.schedule = schedule
            self.from = from
            self.to = to
            self.ratePerSecond = ratePerSecond
            self.reason = reason
        }
    }

    /// Makes a backfill; the loop does the rest. The jobs are what the schedule says now, the times what it said then.
    ///
    /// - Throws: `StoreError.notFound`; `.refused` for a time that is not past, one without a tick, and where too many are
    ///   under way.
    package static func create(
        _ new: New, by person: String, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (backfill: Backfill, preview: Preview) {
        guard let schedule = try ScheduleStore.get(new.schedule, on: connection) else {
            throw StoreError.notFound(.schedule, new.schedule.description)
        }
        let what = "a backfill of schedule \(schedule.name)"
        try self.checkIsPast(new.to, of: schedule, now: now, on: connection)
        let open = try connection.execute(BackfillQueries.openCount, ["limit": .int(Backfill.openMax)]).only()
        guard try open.int("open") < Backfill.openMax else {
            throw StoreError.refused(
                what, why: "is one too many: \(Backfill.openMax) are under way; wait for one to end, or cancel one")
        }
        let preview = try self.preview(of: schedule, from: new.from, to: new.to, zones: zones, on: connection)
        guard preview.ticks > 0 else {
            throw StoreError.refused(what, why: "would do nothing: there is no tick in that time")
        }
        let row = try connection.execute(
            BackfillQueries.insert,
            [
                "backfill": .uuid(new.id.rawValue), "schedule": .uuid(schedule.id.rawValue),
                "name": .text(schedule.name), "from": .timestamp(new.from), "until": .timestamp(new.to),
                "rate": .double(new.ratePerSecond), "reason": .text(new.reason?.storable),
                "planned": .int(preview.ticks), "is_exact": .bool(!preview.isInexact), "by": .text(person.storable),
                "now": .timestamp(now),
            ]
        ).only()
        try ControlLog.record(
            "backfill.create", of: new.id.description, by: person, reason: new.reason,
            detail: [
                "schedule": .string(schedule.name), "from": .string(new.from.formatted(.iso8601)),
                "to": .string(new.to.formatted(.iso8601)), "ticks": .int(preview.ticks),
                "rate_per_second": .double(new.ratePerSecond),
            ], now: now, on: connection)
        return (try Backfill(row: row), preview)
    }

    /// The times of a schedule, each by the form that it had then.
    static func times(
        of schedule: Schedule, zones: ZoneCatalogue, on connection: isolated PostgresConnection
    ) throws -> BackfillTimes {
        let rows = try connection.execute(
            BackfillQueries.forms, ["schedule": .uuid(schedule.id.rawValue), "limit": .int(self.formsMax)])
        var forms: [BackfillTimes.Form] = []
        for row in rows {
            let spec = try StoredSpec.read(
                try row.string("spec"), variables: try row.string("variables"), of: "schedule \(schedule.name)")
            forms.append(
                BackfillTimes.Form(
                    since: try row.date("since"), timetable: try spec.timetable(zones: zones, name: schedule.name)))
        }
        return BackfillTimes(forms.reversed())
    }

    /// Of these moments those that have fired, or wait.
    static func known(
        _ ticks: [Date], of schedule: Schedule.ID, on connection: isolated PostgresConnection
    ) throws -> Set<Date> {
        guard !ticks.isEmpty else { return [] }
        let rows = try connection.execute(
            TickQueries.known, ["schedule": .uuid(schedule.rawValue), "ticks": .timestampArray(ticks)])
        // Ticks are whole seconds, so they come back as they were sent.
        return Set(try rows.map { try $0.date("tick_at") })
    }

    package static func get(_ id: Backfill.ID, on connection: isolated PostgresConnection) throws -> Backfill? {
        try connection.execute(BackfillQueries.get, ["backfill": .uuid(id.rawValue)]).first.map(Backfill.init(row:))
    }

    /// Newest first, below the cursor's.
    package static func list(
        of schedule: Schedule.ID? = nil, _ status: Backfill.Status? = nil, before cursor: Backfill.ID? = nil,
        limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Backfill] {
        try connection.execute(
            BackfillQueries.list,
            [
                "schedule": .uuid(schedule?.rawValue), "status": .text(status?.rawValue),
                "before": .uuid(cursor?.rawValue ?? Job.ID.last.rawValue), "limit": .int(limit),
            ]
        ).map(Backfill.init(row:))
    }

    package enum Steering: String, Hashable, Sendable {
        case pause, resume, cancel
    }

    /// Does what somebody asks of a backfill, once the batch is committed that is under way. Jobs that it has made go on.
    /// Asking for what is so already changes nothing.
    ///
    /// - Throws: `StoreError.notFound`, and `.refused` for one that is over.
    package static func steer(
        _ id: Backfill.ID, _ steering: Steering, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Backfill {
        let held = try connection.execute(
            BackfillQueries.hold, ["backfill": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = held.first else { throw StoreError.notFound(.backfill, id.description) }
        let backfill = try Backfill(row: row)
        let time = try row.date("now")
        let status: Backfill.Status
        switch (backfill.status, steering) {
        case (.paused, .pause), (.running, .resume), (.cancelled, .cancel): return backfill
        case (.running, .pause): status = .paused
        case (.paused, .resume): status = .running
        case (.running, .cancel), (.paused, .cancel): status = .cancelled
        case (.completed, _), (.cancelled, .pause), (.cancelled, .resume):
            throw StoreError.refused("backfill \(id)", why: "is \(backfill.status.rawValue); nothing more comes of it")
        }
        var progress = BackfillProgress(backfill)
        progress.status = status
        progress.statusReason = steering == .resume ? nil : reason
        progress.statusBy = steering == .resume ? nil : person
        progress.lookAt = status == .running ? time : nil
        progress.finishedAt = status.isTerminal ? time : nil
        let saved = try progress.save(id, on: connection)
        try ControlLog.record(
            "backfill.\(steering.rawValue)", of: id.description, by: person, reason: reason, now: now, on: connection)
        return saved
    }
}

/// How far a backfill has got, as it is stored.
struct BackfillProgress {
    var status: Backfill.Status
    var statusReason: String?
    var statusBy: String?
    var position: Date?
    var fired: Int
    var skipped: Int
    var failed: Int
    var firstFailure: String?
    var lookAt: Date?
    var finishedAt: Date?

    init(_ backfill: Backfill) {
        self.status = backfill.status
        self.statusReason = backfill.statusReason
        self.statusBy = backfill.statusBy
        self.position = backfill.position
        self.fired = backfill.fired
        self.skipped = backfill.skipped
        self.failed = backfill.failed
        self.firstFailure = backfill.firstFailure
        self.finishedAt = backfill.finishedAt
    }

    func save(_ id: Backfill.ID, on connection: isolated PostgresConnection) throws -> Backfill {
        let row = try connection.execute(
            BackfillQueries.save,
            [
                "backfill": .uuid(id.rawValue), "status": .text(self.status.rawValue),
                "status_reason": .text(self.statusReason?.storable), "status_by": .text(self.statusBy?.storable),
                "position": .timestamp(self.position), "submitted": .int(self.fired), "skipped": .int(self.skipped),
                "refused": .int(self.failed), "first_refusal": .text(self.firstFailure?.storable),
                "look_at": .timestamp(self.lookAt), "finished_at": .timestamp(self.finishedAt),
            ]
        ).only()
        return try Backfill(row: row)
    }
}
