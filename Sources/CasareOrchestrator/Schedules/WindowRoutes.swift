import CasareDomain
import CasareSettings
import CasareStore
import CasareWire

/// Windows of maintenance, in which schedules fire nothing.
enum WindowRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/windows", .needs(.scheduleRead), "List windows of maintenance, newest first.",
            query: [.choice("status", WindowInfo.Status.self, "Only windows that stand so."), .limit, .cursor],
            Self.list),
        .post(
            "/api/v1/windows", .needs(.scheduleUpdate),
            "Pause the schedules of a selection until the window closes; with dry_run tell which ones that would be.",
            statuses: [201, 200], Self.open),
        .get("/api/v1/windows/{id}", .needs(.scheduleRead), "One window of maintenance.", Self.get),
        .post(
            "/api/v1/windows/{id}/close", .needs(.scheduleUpdate),
            "Let those schedules go on that it has paused, and that nobody has touched since.", Self.close),
    ]

    private static func list(_ request: APIRequest) async throws -> WindowPage {
        let limit = try request.limit()
        let status: WindowInfo.Status? = try request.choice("status")
        let before = try request.cursor { MaintenanceWindow.ID($0) }
        let windows = try await request.inTenant { connection in
            try WindowStore.list(
                isOpen: status.map { $0 == .open }, before: before, limit: limit + 1, on: connection)
        }
        let page = windows.page(of: limit, cursor: \.id.description)
        return WindowPage(windows: page.items.map(WindowInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> WindowInfo {
        let id = try request.windowID()
        return WindowInfo(try await request.inTenant { connection in try WindowStore.get(id, on: connection) })
    }

    private static func open(
        _ request: APIRequest, _ body: OpenWindowRequest
    ) async throws -> Answer<OpenWindowResponse> {
        let selection = try ValueEncoder.encode(body.schedules).object ?? [:]
        let (response, ticks) = try await request.inTenant { connection in
            let selected = try body.schedules.selected(on: connection)
            let pauses = selected.filter { !$0.isPaused }
            let names = Array(pauses.map(\.name).sorted().prefix(OpenWindowResponse.namesMax))
            guard !body.dryRun else {
                return (
                    OpenWindowResponse(window: nil, selected: selected.count, pauses: pauses.count, names: names),
                    SteeredTicks.none
                )
            }
            let (window, tally) = try WindowStore.open(
                WindowStore.New(
                    until: body.until, lasting: body.forSeconds, reason: body.reason, selection: selection,
                    schedules: selected.map(\.id)),
                by: request.actor, zones: .system, on: connection)
            request.audit?.note(subject: window.id.description)
            return (
                OpenWindowResponse(
                    window: WindowInfo(window), selected: selected.count, pauses: window.paused, names: names),
                try SteeredTicks(tally, on: connection)
            )
        }
        request.services.steered(ticks, linkedTo: request.trace)
        // Ticks that were due already have fired before.
        if !body.dryRun { request.services.bell.ring(request.principal.tenant) }
        return Answer(status: body.dryRun ? 200 : 201, response)
    }

    private static func close(_ request: APIRequest, _ body: CloseWindowRequest) async throws -> Answer<WindowInfo> {
        let id = try request.windowID()
        let (window, ticks) = try await request.inTenant { connection in
            let closed = try WindowStore.close(
                id, by: request.actor, reason: body.reason, zones: .system, on: connection)
            return (closed.window, try SteeredTicks(closed.tally, on: connection))
        }
        request.services.steered(ticks, linkedTo: request.trace)
        return Answer(WindowInfo(window))
    }
}
