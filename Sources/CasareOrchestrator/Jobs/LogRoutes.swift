import CasareDomain
import CasareStore
import CasareWire

/// What jobs write while they run: robots send it, and people follow it.
enum LogRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/jobs/{id}/logs", .needs(.executionRead), "What a job's runs have written so far, in order.",
            query: [
                Self.after, .limit,
                .seconds(
                    "wait_seconds", max: JobRoutes.waitSecondsMax,
                    "Answer when there is such a line, or the job has ended or is blocked, or after this time."),
            ], Self.log),
        .post("/api/v1/jobs/{id}/logs", .needs(.robotProtocol), "Keep lines that a run wrote.", Self.append),
    ]

    private static let after = Route.QueryParameter(
        name: "after", schema: ["type": "integer", "minimum": 0, "default": 0],
        summary: "Only lines after this one: the last that is known.")

    /// Nobody rings when a line is there: that would be a notification for every one that robots send, read or not.
    /// Robots send them every half second.
    static let lookInterval = Duration.milliseconds(500)

    struct Question: Sendable {
        let job: Job.ID
        let after: Int
        let limit: Int
        let wait: Duration

        init(_ request: APIRequest) throws(APIProblem) {
            self.job = try request.jobID()
            self.limit = try request.limit()
            self.wait = try request.seconds("wait_seconds", max: JobRoutes.waitSecondsMax)
            let text = request.query["after"] ?? ""
            guard let after = text.isEmpty ? 0 : Int(text), after >= 0 else {
                throw .invalidInput("after", "expected the number of a line, or 0")
            }
            self.after = after
        }
    }

    /// - Parameter look: at the log as it is now.
    static func answer(
        _ question: Question, _ request: APIRequest, in room: WaitingRoom, look: () async throws -> JobLogPage
    ) async throws -> JobLogResponse {
        var page = try await look()
        if page.lines.isEmpty, !page.isOver, question.wait > .zero {
            _ = try await request.waiting(
                in: room, for: .job(question.job), atMost: question.wait, lookIn: { Self.lookInterval }
            ) { () -> Bool? in
                page = try await look()
                return page.lines.isEmpty && !page.isOver ? nil : true
            }
        }
        return JobLogResponse(lines: page.lines.map(LogLineInfo.init), status: page.status)
    }

    private static func log(_ request: APIRequest) async throws -> JobLogResponse {
        let question = try Question(request)
        return try await self.answer(question, request, in: request.services.waitingRoom) {
            try await request.inTenant { connection in
                try JobLogStore.page(
                    of: question.job, after: question.after, limit: question.limit, on: connection)
            }
        }
    }

    private static func append(
        _ request: APIRequest, _ body: AppendLogRequest
    ) async throws -> Answer<AppendLogResponse> {
        let lease = Lease(job: try request.jobID(), token: body.token)
        guard body.lines.count <= Job.Log.reportLinesMax else {
            throw APIProblem.invalidInput("lines", "there are at most \(Job.Log.reportLinesMax) of them in a request")
        }
        let numbers = body.lines.map(\.line)
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }),
            numbers.allSatisfy({ (1...Int(Int32.max)).contains($0) })
        else { throw APIProblem.invalidInput("lines", "expected numbers from 1 in ascending order") }
        let count = try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            return try JobLogStore.append(body.lines.map(\.logLine), under: lease, on: connection)
        }
        return Answer(AppendLogResponse(lines: count))
    }
}

extension JobLogPage {
    /// Nothing comes any more before somebody decides.
    fileprivate var isOver: Bool { self.status.isTerminal || self.status == .blocked }
}
