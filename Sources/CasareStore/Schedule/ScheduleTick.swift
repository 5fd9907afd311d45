package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// What became of a tick, or of several that were skipped together.
package struct ScheduleTick: Hashable, Sendable {
    /// What made it.
    package enum Origin: String, Hashable, Sendable, CaseIterable {
        case timetable, backfill
        /// Somebody fired the schedule by hand.
        case manual
        /// A job that ended, or something else that happened.
        case event
    }

    /// What became of it.
    package enum Result: String, Hashable, Sendable, CaseIterable {
        case fired
        /// It waits for the job that is under way.
        case buffered
        case skipped
    }

    package let schedule: Schedule.ID
    package let at: Date
    /// The last one of several; else the same as `at`.
    package let lastAt: Date
    package let count: Int
    package let origin: Origin
    package let result: Result
    /// Of one that was skipped.
    package let reason: SkipReason?
    /// The same for people.
    package let detail: String?
    package let isCatchUp: Bool
    package let backfill: Backfill.ID?
    /// Who fired it by hand: the name of a token.
    package let by: String?
    package let job: Job.ID?
    /// When it was to fire, with its jitter.
    package let dueAt: Date
    package let recordedAt: Date
    package let firedAt: Date?
    /// When its job began and ended, as far as that was seen.
    package let startedAt: Date?
    package let endedAt: Date?
    /// `completed`, `failed`, `cancelled`, or `gone` where the job is kept no longer.
    package let endedAs: String?
    /// What its job did not keep of the schedule's SLA.
    package let breaches: [SLABreach]

    /// Reads a row of the table `schedule_ticks`.
    init(row: Row) throws {
        let schedule = Schedule.ID(rawValue: try row.uuid("schedule_id"))
        func known<Name: RawRepresentable>(_ column: String, _ text: String) throws -> Name
        where Name.RawValue == String {
            guard let value = Name(rawValue: text) else {
                throw StoreError.unreadable("a tick of schedule \(schedule) has the unknown \(column) \"\(text)\"")
            }
            return value
        }
        self.schedule = schedule
        self.at = try row.date("tick_at")
        self.lastAt = try row.date("last_at")
        self.count = try row.int("ticks")
        self.origin = try known("origin", try row.string("origin"))
        self.result = try known("result", try row.string("result"))
        let reason = try row.optionalString("reason")
        self.reason = try reason.map { try known("reason", $0) }
        self.detail = try row.optionalString("detail")
        self.isCatchUp = try row.bool("is_catch_up")
        self.backfill = try row.optionalUUID("backfill_id").map(Backfill.ID.init(rawValue:))
        self.by = try row.optionalString("by")
        self.job = try row.optionalUUID("job_id").map(Job.ID.init(rawValue:))
        self.dueAt = try row.date("due_at")
        self.recordedAt = try row.date("recorded_at")
        self.firedAt = try row.optionalDate("fired_at")
        self.startedAt = try row.optionalDate("started_at")
        self.endedAt = try row.optionalDate("ended_at")
        self.endedAs = try row.optionalString("ended_as")
        self.breaches = try Self.breaches(try row.optionalString("sla_breach"))
    }

    static func breaches(_ text: String?) throws(StoreError) -> [SLABreach] {
        guard let text else { return [] }
        var breaches: [SLABreach] = []
        for part in text.split(separator: ",") {
            guard let breach = SLABreach(rawValue: String(part)) else {
                throw .unreadable("a tick did not keep the unknown promise \"\(part)\"")
            }
            breaches.append(breach)
        }
        return breaches
    }
}

/// A tick that is to be written down.
struct NewTick: Sendable {
    let schedule: Schedule.ID
    let span: TickSpan
    let origin: ScheduleTick.Origin
    var result: ScheduleTick.Result
    var reason: SkipReason?
    var detail: String?
    var isCatchUp = false
    var backfill: Backfill.ID?
    var by: String?
    var job: Job.ID?
    var dueAt: Date
    /// By when its job is to begin, and how many seconds it may take, where the schedule promises that.
    var startBy: Date?
    var durationMax: Double?

    /// - Parameter dueAt: `nil`: the tick's own time.
    init(
        _ span: TickSpan, of schedule: Schedule.ID, _ origin: ScheduleTick.Origin, _ result: ScheduleTick.Result,
        reason: SkipReason? = nil, detail: String? = nil, dueAt: Date? = nil
    ) {
        self.schedule = schedule
        self.span = span
        self.origin = origin
        self.result = result
        self.reason = reason
        self.detail = detail
        self.dueAt = dueAt ?? span.first
    }
}
