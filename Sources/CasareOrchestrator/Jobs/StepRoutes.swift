import CasareDomain
import CasareStore
import CasareWire

/// What became of a job, step by step and attempt by attempt.
enum StepRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/jobs/{id}/steps", .needs(.executionRead),
            "A job's journaled steps, in order. A page has results of 4 MiB at most, unless its first step alone has "
                + "more.",
            query: [Self.results, Self.limit, .cursor], Self.steps),
        .get(
            "/api/v1/jobs/{id}/history", .needs(.executionRead),
            "What happened to a job and how often robots tried it, oldest first.", Self.history),
    ]

    private static let results = Route.QueryParameter(
        name: "results", schema: ["type": "boolean", "default": true],
        summary: "Whether results come along. Without, there are their sizes, and the results of steps that failed.")
    private static let limit = Route.QueryParameter(
        name: "limit",
        schema: [
            "type": "integer", "minimum": .int(PageLimit.range.lowerBound), "maximum": .int(PageLimit.range.upperBound),
        ], summary: "How many at most; without it as many as fit into a page.")

    /// Which steps a request asks for.
    static func filter(of request: APIRequest) throws(APIProblem) -> StepsFilter {
        let limit = try request.query["limit"] == nil ? nil : request.limit()
        return StepsFilter(
            after: try request.numberCursor(), limit: limit, withResults: try request.flag("results") ?? true)
    }

    static func response(_ page: StepsPage) throws -> StepsResponse {
        StepsResponse(
            steps: try page.steps.map { try StepInfo($0) },
            nextCursor: page.hasMore ? page.steps.last.map { String($0.step) } : nil)
    }

    private static func steps(_ request: APIRequest) async throws -> StepsResponse {
        let id = try request.jobID()
        let filter = try self.filter(of: request)
        let page = try await request.inTenant { connection in
            try JobStore.stepsPage(id, filter, on: connection)
        }
        return try self.response(page)
    }

    private static func history(_ request: APIRequest) async throws -> JobHistory {
        let id = try request.jobID()
        let past = try await request.inTenant { connection in try JobStore.past(of: id, on: connection) }
        return JobHistory(past)
    }
}

extension StepInfo {
    fileprivate init(_ step: JournaledStep) throws(JSONError) {
        try self.init(
            step: step.step, node: step.node, nodeType: step.nodeType, effect: step.effect, result: step.result,
            resultBytes: step.resultBytes, startedAt: step.startedAt, finishedAt: step.finishedAt)
    }
}

extension JobHistory {
    init(_ past: JobPast) {
        self.init(
            events: past.events.map { event in
                Event(at: event.at, kind: event.kind, detail: event.detail.isEmpty ? nil : Self.shown(event.detail))
            },
            attempts: past.attempts.map { attempt in
                Attempt(
                    attempt: attempt.number, robot: attempt.robot, startedAt: attempt.startedAt,
                    finishedAt: attempt.finishedAt, isCrash: attempt.isCrash,
                    failure: attempt.failure.map { FailureInfo($0) }, question: attempt.question.map { Question($0) })
            })
    }

    /// The times in it as the API writes all times: the database has written them in its own way.
    static func shown(_ detail: Object) -> Object {
        var detail = detail
        if let due = detail["due_at"]?.string, let date = Timestamp.date(due) {
            detail["due_at"] = .string(Timestamp.text(date))
        }
        return detail
    }
}

extension JobHistory.Question {
    fileprivate init(_ question: JobPast.Question) {
        self.init(
            step: question.step, node: question.node, text: question.text,
            answer: question.answer.map { answer in
                JobHistory.Answer(at: answer.at, answer: answer.answer, by: answer.by, reason: answer.reason)
            })
    }
}
