package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension ScheduleStore {
    /// What a schedule without a timetable waited for.
    package struct EventCause: Hashable, Sendable {
        /// Of the job that it happened to, or of the event where that is of no job; of several the last.
        package let id: UUID
        /// How many jobs that reacted to each other the new one ends; from 1.
        package let depth: Int
        /// What happened, for people.
        package let text: String

        package init(id: UUID, depth: Int, text: String) {
            self.id = id
            self.depth = depth
            self.text = text
        }
    }

    /// Fires a schedule of kind dependency or event, or writes down why not: as a tick of this moment. Its overlap
    /// policy, pause, runs, hours and promises hold as for every tick. Ring the ready bell after the commit.
    ///
    /// - Returns: as `fire`; nothing for a schedule that is gone.
    /// - Throws: as `fire`.
    package static func fireEvent(
        _ id: Schedule.ID, _ cause: EventCause, zones: ZoneCatalogue, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Fired {
        let held = try connection.execute(
            ScheduleQueries.hold, ["schedule": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = held.first else { return Fired() }
        let free = try TickWriting.freeMoment(of: id, now: now, on: connection)
        var at = free
        // One that waits for a closed time to end has a moment of its own already.
        if let next = try row.optionalDate("next_at"), free <= next {
            at = next.addingTimeInterval(0.000_001)
        }
        guard cause.depth <= ReactionStore.depthMax else {
            return try self.refuse(
                id, at: at, cause, named: try row.string("name"), time: try row.date("now"), now: now, on: connection)
        }
        try connection.execute(
            ReactionQueries.noteTick,
            [
                "schedule": .uuid(id.rawValue), "tick": .timestamp(at), "cause": .uuid(cause.id),
                "depth": .int(cause.depth),
            ])
        var firing = ScheduleFiring(zones: zones, given: now, now: try row.date("now"))
        firing.happened = (Tick(at: at), cause.text)
        try firing.take(row)
        try firing.run(on: connection)
        return firing.report
    }

    /// Jobs that make each other without end are stopped somewhere.
    private static func refuse(
        _ id: Schedule.ID, at: Date, _ cause: EventCause, named name: String, time: Date, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Fired {
        let why = ReactionStore.tooDeep
        let tick = NewTick(
            TickSpan(Tick(at: at)), of: id, .event, .skipped, reason: .refused, detail: "\(cause.text); \(why)")
        let written = try TickWriting.write([tick], now: now, on: connection)
        var fired = Fired()
        fired.skipped = 1
        if !written.isEmpty {
            fired.ticks = [TickCount(schedule: name, result: SkipReason.refused.counted)]
            fired.reports = [TickReport(tick, named: name, now: time)]
        }
        fired.refusals = [(name, why)]
        return fired
    }
}
