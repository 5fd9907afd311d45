import CasareDomain
import CasareSettings
import CasareStore
import CasareWire
import FoundationEssentials

enum CalendarRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/calendars", .needs(.scheduleRead), "List business calendars by name.", query: [.limit, .cursor],
            Self.list),
        .get("/api/v1/calendars/{name}", .needs(.scheduleRead), "One business calendar.", Self.get),
        .put(
            "/api/v1/calendars/{name}", .needs(.scheduleUpdate),
            "Keep a business calendar under a name, instead of the one that was kept under it. It counts for ticks that "
                + "come due from then on.",
            Self.save),
        .delete(
            "/api/v1/calendars/{name}", .needs(.scheduleDelete), "Delete a business calendar that no schedule names.",
            query: [.text("reason", "Why; kept with what was done.")], Self.delete),
        .get(
            "/api/v1/calendars/{name}/check", .needs(.scheduleRead),
            "Whether a calendar is open at a moment, and when it opens.",
            query: [
                .time("at", "The moment; now where it is left out."),
                .text("workflow", "Blackouts of this workflow count, too."),
            ], Self.check),
    ]

    private static func list(_ request: APIRequest) async throws -> CalendarPage {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let calendars = try await request.inTenant { connection in
            try CalendarStore.list(after: after, limit: limit + 1, on: connection)
        }
        let page = calendars.page(of: limit, cursor: \.name)
        return CalendarPage(
            calendars: page.items.compactMap(\.stored).map(CalendarInfo.init),
            unreadable: page.items.filter { $0.stored == nil }.map(\.name), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> CalendarInfo {
        let name = request.parameter("name")
        return CalendarInfo(try await request.inTenant { connection in try CalendarStore.stored(name, on: connection) })
    }

    private static func save(_ request: APIRequest, _ body: SaveCalendarRequest) async throws -> CalendarInfo {
        let name = request.parameter("name")
        try CalendarName.check(name, "name")
        let calendar = try body.calendar(named: name)
        do throws(CalendarError) {
            try calendar.check(zones: .system)
        } catch {
            throw SaveCalendarRequest.fault(error)
        }
        return CalendarInfo(
            try await request.inTenant { connection in
                try CalendarStore.save(calendar, by: request.actor, reason: body.reason, on: connection)
            })
    }

    private static func delete(_ request: APIRequest) async throws -> CalendarInfo {
        let name = request.parameter("name")
        let reason = try request.reason()
        return CalendarInfo(
            try await request.inTenant { connection in
                try CalendarStore.delete(name, by: request.actor, reason: reason, on: connection)
            })
    }

    private static func check(_ request: APIRequest) async throws -> CalendarCheckInfo {
        let name = request.parameter("name")
        let at = try request.time("at")
        let workflow = request.query["workflow"].flatMap { $0.isEmpty ? nil : $0 }
        let (calendar, moment) = try await request.inTenant { connection in
            (
                try CalendarStore.stored(name, on: connection).calendar,
                try at ?? QueueStore.now(on: connection)
            )
        }
        return CalendarCheckInfo(calendar, at: moment, workflow: workflow, zones: .system)
    }
}

extension CalendarInfo {
    fileprivate init(_ stored: StoredCalendar) {
        self.init(
            name: stored.calendar.name, spec: stored.calendar, createdAt: stored.createdAt,
            createdBy: stored.createdBy, updatedAt: stored.updatedAt, updatedBy: stored.updatedBy)
    }
}

extension CalendarCheckInfo {
    fileprivate init(_ calendar: BusinessCalendar, at moment: Date, workflow: String?, zones: ZoneCatalogue) {
        var closure: BusinessCalendar.Closure?
        var opensAt: Date?
        switch calendar.verdict(at: moment, workflow: workflow, zones: zones) {
        case .open: break
        case .closed(let found):
            closure = found
            opensAt = calendar.nextOpen(after: moment, workflow: workflow, zones: zones)
        }
        self.init(
            calendar: calendar.name, at: moment, localTime: (zones.rules(calendar.zone) ?? .utc).isoText(at: moment),
            isOpen: closure == nil, closedBy: closure?.rule, reason: closure?.text, opensAt: opensAt)
    }
}
