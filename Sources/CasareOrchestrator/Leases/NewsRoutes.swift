import CasareDomain
import CasareStore
import CasareWire

/// How a robot comes to know at once of what is decided about its jobs.
enum NewsRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/sessions/{session}/news", .needs(.robotProtocol),
            "Wait for news of a session: a job was taken from it, or it is asked for something. A renewal brings it.",
            Self.news)
    ]

    private static func news(_ request: APIRequest, _ body: NewsRequest) async throws -> Answer<NewsResponse> {
        let session = try request.sessionID()
        let seconds = body.waitSeconds ?? 0
        guard (0...NewsRequest.waitSecondsMax).contains(seconds) else {
            throw WireDecodingError(
                path: "wait_seconds", message: "expected a number from 0 to \(Int(NewsRequest.waitSecondsMax))")
        }
        let held = body.leases.map(\.lease)
        let known = body.known.map { LeaseStore.Asked(paused: Set($0.paused), order: $0.order) }
        let hasNews = try await request.hearing(.session(session), atMost: .seconds(seconds)) {
            try await request.inTenant { connection in
                try request.checkOwns(session, on: connection)
                return try LeaseStore.hasNews(of: session, held: held, knowing: known, on: connection)
            }
        }
        return Answer(NewsResponse(hasNews: hasNews))
    }
}
