import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

extension APIRequest {
    /// The header `If-Match` as a revision: `3`, `"3"` or `W/"3"`; `nil` without one, or for `*`.
    func revision(besides member: Int?) throws(APIProblem) -> Int? {
        guard let header = self.ifMatch, header != "*" else { return member }
        var text = header[...]
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        guard let revision = Int(text), revision > 0 else {
            throw .invalidInput("If-Match", "expected a revision as the API shows it, which is a number")
        }
        guard member == nil || member == revision else {
            throw .invalidInput("revision", "is another one than the header If-Match says; give one of them")
        }
        return revision
    }

    func backfillID() throws(APIProblem) -> Backfill.ID {
        let text = self.parameter("id")
        guard let id = Backfill.ID(text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" is not the ID of a backfill, which is a UUID")
        }
        return id
    }

    func windowID() throws(APIProblem) -> MaintenanceWindow.ID {
        let text = self.parameter("id")
        guard let id = MaintenanceWindow.ID(text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" is not the ID of a window, which is a UUID")
        }
        return id
    }

    // MARK: - As anybody may see them; call within `inTenant`

    func shown(_ schedule: Schedule, on connection: isolated PostgresConnection) throws -> ScheduleInfo {
        guard let info = try self.shown([schedule], on: connection).first else {
            preconditionFailure("A schedule that was given is shown")
        }
        return info
    }

    func shown(
        _ steered: ScheduleStore.Steered, on connection: isolated PostgresConnection
    ) throws -> SteerScheduleResponse {
        var info: ScheduleInfo?
        if let schedule = steered.schedule { info = try self.shown(schedule, on: connection) }
        return SteerScheduleResponse(name: steered.name, schedule: info, wasPaused: steered.wasPaused)
    }

    /// Values of variables that the workflow declares sensitive are hidden.
    func shown(_ schedules: [Schedule], on connection: isolated PostgresConnection) throws -> [ScheduleInfo] {
        let shown = try self.shown(schedules.map { StartVariables($0.spec) }, on: connection)
        return zip(schedules, shown).map { schedule, shown in
            var info = ScheduleInfo(schedule)
            info.spec.variables = shown.variables
            info.spec.queueKey = schedule.spec.queueKey.map { shown.masked($0) }
            return info
        }
    }
}

extension StartVariables {
    init(_ spec: ScheduleSpec) { self.init(spec.variables, of: spec.workflow, version: spec.workflowVersion) }
}

extension ScheduleStore.Filter {
    /// What is to be true of the schedules of a selection.
    init(_ selection: ScheduleSelection) {
        self.init(
            status: selection.status, workflow: selection.workflow, managedBy: selection.managedBy,
            name: selection.name)
    }
}

extension ScheduleSelection {
    /// Those that it selects.
    ///
    /// - Throws: `StoreError.notFound` for a name that there is not; 422 for more than may be changed at once.
    func selected(on connection: isolated PostgresConnection) throws -> [ScheduleStore.Selected] {
        let found =
            if let names = self.names {
                try ScheduleStore.select(named: names, on: connection)
            } else {
                try ScheduleStore.select(
                    ScheduleStore.Filter(self), limit: Self.schedulesMax + 1, on: connection)
            }
        guard found.count <= Self.schedulesMax else {
            throw WireDecodingError(
                path: "selection",
                message: "selects more than \(Self.schedulesMax) schedules, which is the most; narrow it down")
        }
        return found
    }
}

extension ScheduleTickInfo {
    init(_ tick: ScheduleTick) {
        self.init(
            at: tick.at, lastAt: tick.lastAt == tick.at ? nil : tick.lastAt, ticks: tick.count,
            origin: Origin(tick.origin), result: Result(tick.result), reason: tick.reason, detail: tick.detail,
            job: tick.job, dueAt: tick.dueAt, firedAt: tick.firedAt, isCatchUp: tick.isCatchUp, by: tick.by,
            startedAt: tick.startedAt, endedAt: tick.endedAt, endedAs: tick.endedAs,
            slaBreaches: tick.breaches.map(\.rawValue))
    }
}

extension ScheduleTickInfo.Origin {
    fileprivate init(_ origin: ScheduleTick.Origin) {
        self =
            switch origin {
            case .timetable: .timetable
            case .backfill: .backfill
            case .manual: .manual
            case .event: .event
            }
    }
}

extension ScheduleTickInfo.Result {
    fileprivate init(_ result: ScheduleTick.Result) {
        self =
            switch result {
            case .fired: .fired
            case .buffered: .buffered
            case .skipped: .skipped
            }
    }

    /// As the store names it.
    var stored: ScheduleTick.Result {
        switch self {
        case .fired: .fired
        case .buffered: .buffered
        case .skipped: .skipped
        }
    }
}
