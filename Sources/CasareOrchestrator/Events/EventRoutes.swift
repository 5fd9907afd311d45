import CasareDomain
import CasareStore
import CasareWire

/// What happens to jobs and secrets, for those who follow it: page by page, or over a WebSocket.
enum EventRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/events", .needs(.executionRead),
            "What happened to jobs, and to secrets for who may see which there are (credential.read), in the order of the "
                + "events' numbers. Each page says where the next one begins.",
            query: EventOpening.filterParameters + [.text("job", "Only events of this job.")]
                + EventOpening.placeParameters + [
                    .limit,
                    .seconds(
                        "wait_seconds", max: JobRoutes.waitSecondsMax,
                        "Answer when there is such an event, or after this time."),
                ], Self.events),
        .getWithStatus(
            Self.eventsPath, .needs(.executionRead),
            "A WebSocket (RFC 6455) of what happens to jobs, and to secrets for who may see which there are "
                + "(credential.read): one text frame of JSON for each event, and `caught_up` with a cursor when there is "
                + "none just now. It is closed with 1001 when the server stops, with 1013 when the client does not read, "
                + "with 1008 when its token is revoked; connect again with the last cursor.",
            query: EventOpening.filterParameters + [.text("job", "Only events of this job.")]
                + EventOpening.placeParameters, statuses: [101], Self.tenantStream),
        .getWithStatus(
            Self.jobPath, .needs(.executionRead),
            "The same of one job, from its first event on. It is closed with 1000 after the event that ends the job.",
            query: [EventOpening.filterParameters[0]] + EventOpening.placeParameters, statuses: [101], Self.jobStream),
    ]

    static let eventsPath = "/ws/events"
    static let jobPath = "/ws/jobs/{id}"

    // MARK: Pages

    /// Spans of events that one request reads, whatever the filter lets through. It then answers with how far it got.
    private static let spansMax = 20

    private static func events(_ request: APIRequest) async throws -> EventPage {
        let limit = try request.limit()
        let wait = try request.seconds("wait_seconds", max: JobRoutes.waitSecondsMax)
        let opening = try await EventOpening(ofTenant: request)
        let services = request.services
        var reader = EventReader(
            opening, database: services.database, spanMax: services.events.limits.spanMax)
        // What is there already needs no reader that goes on.
        var found = try await Self.read(&reader, nil, limit: limit)
        if found.events.isEmpty, found.isCaughtUp, wait > .zero {
            found = try await Self.wait(&reader, request, limit: limit, until: .now + wait)
        }
        return EventPage(
            events: found.events.map { EventInfo($0) }, nextCursor: reader.position.description,
            isCaughtUp: found.isCaughtUp)
    }

    /// Reads until there is something, or nothing more, or enough was looked at.
    private static func read(
        _ reader: inout EventReader, _ feed: TenantFeed?, limit: Int
    ) async throws -> EventReader.Found {
        for _ in 1..<Self.spansMax {
            let found = try await reader.read(feed, limit: limit)
            if !found.events.isEmpty || found.isCaughtUp { return found }
        }
        return try await reader.read(feed, limit: limit)
    }

    private static func wait(
        _ reader: inout EventReader, _ request: APIRequest, limit: Int, until deadline: ContinuousClock.Instant
    ) async throws -> EventReader.Found {
        let hub = request.services.events
        let nothing = EventReader.Found(events: [], isCaughtUp: true)
        return try await hub.following(reader.tenant) { feed in
            // The server is stopping.
            guard let feed else { return nothing }
            return try await feed.withSeat { seat in
                try await request.connection.waking(seat) {
                    while true {
                        let found = try await Self.read(&reader, feed, limit: limit)
                        guard found.events.isEmpty, found.isCaughtUp else { return found }
                        let rest = deadline - .now
                        guard rest > .zero, !request.connection.isClosed, !hub.isClosed, !Task.isCancelled else {
                            return nothing
                        }
                        await seat.wait(atMost: rest)
                    }
                }
            }
        }
    }

    // MARK: Streams

    /// The opening of the stream that a request asks for; `nil` when its path is none of a stream.
    ///
    /// - Throws: as a route does: `APIProblem` and what the database throws.
    static func opening(_ request: APIRequest, of route: Route) async throws -> EventOpening? {
        switch route.path {
        case Self.eventsPath: try await Self.checked(EventOpening(ofTenant: request), request)
        case Self.jobPath: try await Self.checked(EventOpening(ofJob: request), request)
        default: nil
        }
    }

    private static func checked(_ opening: EventOpening, _ request: APIRequest) throws -> EventOpening {
        let hub = request.services.events
        guard !hub.isClosed else {
            throw APIProblem.unavailable("the server is stopping; try again, it may be another one that answers")
        }
        guard hub.streamCount < hub.limits.streamsMax else {
            throw APIProblem.unavailable(
                "\(hub.limits.streamsMax) streams are open, and there are no more; try again later, or read pages with "
                    + "GET /api/v1/events")
        }
        return opening
    }

    /// Streams are opened before a request comes to its route: one that comes here was refused, for a reason that is
    /// found again, or is no WebSocket.
    private static func tenantStream(_ request: APIRequest) async throws -> Answer<StreamFrame> {
        _ = try Self.checked(try await EventOpening(ofTenant: request), request)
        throw Self.notWebSocket
    }

    private static func jobStream(_ request: APIRequest) async throws -> Answer<StreamFrame> {
        _ = try Self.checked(try await EventOpening(ofJob: request), request)
        throw Self.notWebSocket
    }

    private static let notWebSocket = APIProblem(
        .invalidInput,
        "this is a WebSocket: connect with Upgrade: websocket and Sec-WebSocket-Version: 13 as the first request of a "
            + "connection, or read pages with GET /api/v1/events")
}
