import CasareDomain
import CasareStore
import CasareWire

/// What robots log themselves: they send it, and people follow it.
enum RobotLogRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/robots/{id}/logs", .needs(.robotRead),
            "What a robot has logged itself, in order, as far as it is kept.",
            query: [
                Self.after, .time("since", "Only lines that were kept then or later."),
                .choice("level", Robot.LogLine.Level.self, "Only lines of this level, and what is more urgent."),
                Self.tail, .limit,
                .seconds(
                    "wait_seconds", max: JobRoutes.waitSecondsMax,
                    "Answer when there is such a line, or after this time."),
            ], Self.log),
        .post("/api/v1/robots/{id}/logs", .needs(.robotProtocol), "Keep lines that a robot logged.", Self.append),
    ]

    private static let after = Route.QueryParameter(
        name: "after", schema: ["type": "integer", "minimum": 0, "default": 0],
        summary: "Only lines behind this place: `next` of the answer before.")
    private static let tail = Route.QueryParameter(
        name: "tail",
        schema: [
            "type": "integer", "minimum": .int(PageLimit.range.lowerBound), "maximum": .int(PageLimit.range.upperBound),
        ],
        summary: "So many of the last lines, in place of `limit` of the first.")

    /// Robots on SQL write past the servers. Robots send their lines every second.
    static let lookInterval = Duration.seconds(1)

    private static func log(_ request: APIRequest) async throws -> RobotLogResponse {
        let robot = try request.robotID()
        let question = try self.question(request)
        let wait = try request.seconds("wait_seconds", max: JobRoutes.waitSecondsMax)
        func look(_ question: RobotLogQuestion) async throws -> RobotLogPage {
            try await request.inTenant { connection in
                try RobotLogStore.page(question, of: robot, on: connection)
            }
        }
        var page = try await look(question)
        if page.lines.isEmpty, wait > .zero {
            var rest = question
            _ = try await request.waiting(
                for: .robotLog(request.principal.tenant, robot), atMost: wait, lookIn: { Self.lookInterval }
            ) { () -> Bool? in
                // What was looked at before need not be again.
                rest.after = page.next
                page = try await look(rest)
                return page.lines.isEmpty ? nil : true
            }
        }
        return RobotLogResponse(lines: page.lines.map(RobotLogLineInfo.init), next: page.next)
    }

    private static func question(_ request: APIRequest) throws(APIProblem) -> RobotLogQuestion {
        let after = request.query["after"] ?? ""
        guard let place = after.isEmpty ? 0 : Int(after), place >= 0 else {
            throw .invalidInput("after", "expected `next` of an answer, or 0")
        }
        let level: Robot.LogLine.Level? = try request.choice("level")
        var question = RobotLogQuestion(
            after: place, since: try request.time("since"), level: level ?? .trace, limit: try request.limit())
        if let tail = request.query["tail"], !tail.isEmpty {
            guard let count = Int(tail), PageLimit.range.contains(count) else {
                throw .invalidInput(
                    "tail", "expected a number from \(PageLimit.range.lowerBound) to \(PageLimit.range.upperBound)")
            }
            question.limit = count
            question.isTail = true
        }
        return question
    }

    private static func append(
        _ request: APIRequest, _ body: AppendRobotLogRequest
    ) async throws -> Answer<AppendRobotLogResponse> {
        let robot = try request.robotID()
        try request.checkSpeaks(for: robot)
        guard body.lines.count <= Robot.Log.reportLinesMax else {
            throw APIProblem.invalidInput("lines", "there are at most \(Robot.Log.reportLinesMax) of them in a request")
        }
        let numbers = body.lines.map(\.line)
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }), numbers.allSatisfy({ $0 > 0 }) else {
            throw APIProblem.invalidInput("lines", "expected numbers from 1 in ascending order")
        }
        let line = try await request.inTenant { connection in
            try RobotLogStore.append(body.lines.map(\.logLine), of: robot, stream: body.stream, on: connection)
        }
        if !body.lines.isEmpty {
            request.services.waitingRoom.wake(.robotLog(request.principal.tenant, robot))
        }
        return Answer(AppendRobotLogResponse(line: line))
    }
}
