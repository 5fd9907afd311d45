import CasareDomain
import CasareSettings
import CasareStore
import CasareWire
import FoundationEssentials

/// What schedules will do. Nothing is changed.
enum ForecastRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/schedules/{name}/preview", .needs(.scheduleRead),
            "The next ticks of a schedule, by name or ID, with what clocks, calendars and running jobs make of them.",
            query: [
                .init(
                    name: "count",
                    schema: [
                        "type": "integer", "minimum": .int(SchedulePreviewInfo.countRange.lowerBound),
                        "maximum": .int(SchedulePreviewInfo.countRange.upperBound),
                        "default": .int(SchedulePreviewInfo.countDefault),
                    ], summary: "How many at most."),
                .time("from", "The first moment that counts; now where it is left out."),
                .time("to", "The last one; no end where it is left out."),
            ], Self.preview),
        .post(
            "/api/v1/schedules/simulate", .needs(.scheduleRead),
            "What all schedules together will do: how many jobs begin in one minute, how many run at once beside the "
                + "slots of the robots, and which jitter would spread them. Changes nothing.",
            Self.simulate),
    ]

    private static func preview(_ request: APIRequest) async throws -> SchedulePreviewInfo {
        let name = request.parameter("name")
        let count = try Self.count(request)
        let from = try request.time("from")
        let to = try request.time("to")
        let facts = try await request.inTenant { connection in
            let schedule = try ScheduleStore.get(idOrName: name, on: connection)
            return PreviewFacts(
                schedule: schedule,
                calendar: try schedule.spec.calendar.flatMap { try CalendarStore.get($0, on: connection) },
                expectedSeconds: try ForecastStore.expectedSeconds(of: [schedule.id], on: connection)[schedule.id],
                now: try QueueStore.now(on: connection))
        }
        let start = from ?? facts.now
        if let to, to < start { throw APIProblem.invalidInput("to", "is before from; give a later time") }
        guard facts.schedule.spec.timing.hasTimes else {
            throw APIProblem(
                .validation,
                "schedule \(facts.schedule.name) fires when something else happens "
                    + "(\(facts.schedule.spec.timing.kind.rawValue)), so nobody can know when")
        }
        return try SchedulePreviewInfo(facts, from: start, to: to, count: count, zones: .system)
    }

    private static func count(_ request: APIRequest) throws(APIProblem) -> Int {
        guard let text = request.query["count"], !text.isEmpty else { return SchedulePreviewInfo.countDefault }
        let range = SchedulePreviewInfo.countRange
        guard let count = Int(text), range.contains(count) else {
            throw .invalidInput("count", "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }

    private static func simulate(
        _ request: APIRequest, _ body: SimulateSchedulesRequest
    ) async throws -> Answer<ScheduleSimulationInfo> {
        let facts = try await request.inTenant { connection in
            let schedules = try ForecastStore.active(
                ofWorkflow: body.workflow, limit: ForecastStore.schedulesMax + 1, on: connection)
            let looked = Array(schedules.prefix(ForecastStore.schedulesMax))
            return SimulationFacts(
                schedules: looked, isCut: schedules.count > looked.count,
                calendars: try CalendarStore.named(Set(looked.compactMap(\.spec.calendar)).sorted(), on: connection),
                expectedSeconds: try ForecastStore.expectedSeconds(of: looked.map(\.id), on: connection),
                slots: try body.slots ?? ForecastStore.slots(on: connection),
                now: try QueueStore.now(on: connection))
        }
        return Answer(facts.simulation(body, zones: .system))
    }
}

/// What a preview is made of.
private struct PreviewFacts: Sendable {
    let schedule: Schedule
    let calendar: BusinessCalendar?
    let expectedSeconds: Double?
    let now: Date
}

extension SchedulePreviewInfo {
    /// - Throws: `ScheduleSpec.Invalid` where the schedule cannot be understood any more.
    fileprivate init(_ facts: PreviewFacts, from: Date, to: Date?, count: Int, zones: ZoneCatalogue) throws {
        let schedule = facts.schedule
        let spec = schedule.spec
        let timetable = try spec.timetable(zones: zones, name: schedule.name)
        let hours = ScheduleHours(spec, calendar: facts.calendar, zones: zones)
        let preview = SchedulePreview(
            from: from, to: to, count: count, expectedSeconds: facts.expectedSeconds,
            remainingRuns: schedule.remainingRuns,
            next: { timetable.next(after: $0) },
            closure: { hours?.closure(at: $0) },
            opening: { spec.onClosed == .postpone ? hours?.nextOpen(after: $0) : nil })
        let zone = ScheduleSpec.zone(of: spec.timing)
        let rules = zones.rules(zone) ?? .utc
        self.init(
            schedule: schedule.name, status: schedule.status, zone: zone, overlap: spec.overlap,
            pause: schedule.pause.map(SchedulePauseInfo.init), expectedSeconds: facts.expectedSeconds,
            ticks: preview.entries.map { entry in
                let tick = entry.tick.at
                let spacing = timetable.next(after: tick).map { $0.at.timeIntervalSince(tick) } ?? .infinity
                let jitter = schedule.id.jitter(ofTickAt: tick, within: min(spec.jitterSeconds ?? 0, spacing))
                return PreviewTickInfo(
                    at: tick, localTime: rules.isoText(at: tick),
                    dueAt: entry.fires ? entry.postponedTo ?? tick.addingTimeInterval(jitter) : nil,
                    oddity: entry.tick.oddity, closedBy: entry.closure?.rule, closedReason: entry.closure?.text,
                    postponedTo: entry.postponedTo, overlapsPrevious: entry.overlapsPrevious)
            }, hasMore: preview.hasMore)
    }
}

extension ScheduleSpec {
    /// In which its times are shown.
    fileprivate static func zone(of timing: Timing) -> String {
        switch timing {
        case .cron(let cron): cron.zone
        case .interval, .once, .dependency, .event: Cron.zoneDefault
        }
    }
}

/// What a simulation is made of.
private struct SimulationFacts: Sendable {
    let schedules: [Schedule]
    let isCut: Bool
    let calendars: [String: BusinessCalendar]
    let expectedSeconds: [Schedule.ID: Double]
    let slots: Int
    let now: Date

    func simulation(_ body: SimulateSchedulesRequest, zones: ZoneCatalogue) -> ScheduleSimulationInfo {
        let from = body.from ?? self.now
        let to = from.addingTimeInterval(body.forSeconds ?? SimulateSchedulesRequest.forSecondsDefault)
        let assumed = body.assumedSeconds ?? SimulateSchedulesRequest.assumedSecondsDefault
        // One that cannot be understood any more fires nothing, and says so at its next tick.
        let entries = self.schedules.compactMap { schedule in
            self.entry(schedule, seconds: self.expectedSeconds[schedule.id] ?? assumed, until: to, zones)
        }
        let simulation = ScheduleSimulation(
            entries, from: from, to: to, slots: body.slots == nil && self.slots == 0 ? nil : self.slots)
        return ScheduleSimulationInfo(
            simulation, isCut: self.isCut,
            assumedSchedules: self.schedules.count { self.expectedSeconds[$0.id] == nil })
    }

    private func entry(
        _ schedule: Schedule, seconds: Double, until end: Date, _ zones: ZoneCatalogue
    ) -> ScheduleSimulation.Entry? {
        // `try?` as the error is told where the schedule is looked at by itself.
        guard let timetable = try? schedule.spec.timetable(zones: zones, name: schedule.name) else { return nil }
        var calendar: BusinessCalendar?
        if let name = schedule.spec.calendar {
            guard let known = self.calendars[name] else { return nil }
            calendar = known
        }
        let hours = ScheduleHours(schedule.spec, calendar: calendar, zones: zones)
        return ScheduleSimulation.Entry(
            id: schedule.id, name: schedule.name, workflow: schedule.spec.workflow, expectedSeconds: seconds,
            jitterSeconds: schedule.spec.jitterSeconds ?? 0
        ) { moment in
            // Closed times are stepped over: what is postponed begins when they end.
            var moment = moment
            while let tick = timetable.next(after: moment), tick.at < end {
                guard let hours, hours.closure(at: tick.at) != nil else { return tick.at }
                guard let opening = hours.nextOpen(after: tick.at) else { return nil }
                switch schedule.spec.onClosed {
                case .postpone: return opening
                // The tick at the opening itself is later than the second before.
                case .skip: moment = max(tick.at, opening.addingTimeInterval(-1))
                }
            }
            return nil
        }
    }
}
