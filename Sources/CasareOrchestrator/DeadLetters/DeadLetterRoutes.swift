import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

enum DeadLetterRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/dlq", .needs(.executionRead),
            "List jobs that failed for good. A page looks through a bounded number of letters: one with few of them, or "
                + "none, goes on where it has a next cursor.",
            query: Self.filter + [
                .choice("order", DeadLetterOrder.self, "Which letters come first; without it, the newest."), .limit,
                .cursor,
            ], Self.list),
        .get(
            "/api/v1/dlq/groups", .needs(.executionRead),
            "Dead letters by workflow and fingerprint, the largest groups first, with what separates them from jobs that "
                + "completed.",
            query: Self.filter + [.limit], Self.groups),
        .get(
            "/api/v1/dlq/{id}", .needs(.executionRead),
            "One dead letter, by its job, with all attempts, others like it and the last success.", Self.get),
        .post(
            "/api/v1/dlq/{id}/acknowledge", .needs(.executionUpdate),
            "Say that somebody knows of a dead letter, or that nothing is left to do. Saying it again changes nothing.",
            Self.acknowledge),
        .post(
            "/api/v1/dlq/{id}/retry", .needs(.executionRetry),
            "Submit the failed job anew and mark the letter replayed.",
            statuses: [201], Self.retry
        ).reading(.idempotencyKey),
    ]

    private static let filter = DeadLetterFilter.Parameter.allCases.map { parameter -> Route.QueryParameter in
        switch parameter {
        case .status:
            .text(
                "status",
                "Only letters that stand so: " + DeadLetter.Status.allCases.map(\.rawValue).joined(separator: ", ")
                    + "; several with commas between.")
        case .workflow: .text("workflow", "Only jobs of this workflow, by name or ID.")
        case .version: .text("version", "Only jobs of this version of their workflow.")
        case .kind: .choice("kind", Failure.Kind.self, "Only failures of this kind.")
        case .type: .text("type", "Only failures of this type, such as HttpError.")
        case .fingerprint: .text("fingerprint", "Only failures of this fingerprint.")
        case .error: .text("error", "Only failures whose message contains this, whatever its case.")
        case .node: .text("node", "Only what failed at this node.")
        case .robot: .text("robot", "Only what ended on this robot.")
        case .environment: .text("environment", "Only jobs of this environment.")
        case .tag: .text("tag", "Only jobs that asked for a robot with this tag.")
        case .since: .time("since", "Only letters opened at this time or later.")
        case .until: .time("until", "Only letters opened before this time.")
        case .variables:
            .text(
                "variables",
                #"Only jobs with exactly these values of variables: {"customer": "c1", "amount": 5}; of none that a "#
                    + "workflow declares sensitive.")
        }
    }

    private static func list(_ request: APIRequest) async throws -> DeadLetterPage {
        let limit = try request.limit()
        let filter = try request.letterFilter()
        let order: DeadLetterOrder = try request.choice("order") ?? .newest
        let cursor = try request.letterCursor()
        return try await request.inTenant(mode: .snapshot) { connection in
            try request.check(filter, on: connection)
            let page = try DeadLetterStore.list(filter, order: order, after: cursor, limit: limit, on: connection)
            return DeadLetterPage(
                deadLetters: try request.shown(page.letters, on: connection), nextCursor: page.next?.description)
        }
    }

    private static func groups(_ request: APIRequest) async throws -> DeadLetterGroupPage {
        let limit = try request.limit()
        let filter = try request.letterFilter()
        return try await request.inTenant(mode: .snapshot) { connection in
            try request.check(filter, on: connection)
            return DeadLetterGroupPage(
                groups: try DeadLetterStore.groups(filter, limit: limit, on: connection).map(DeadLetterGroupInfo.init))
        }
    }

    private static func get(_ request: APIRequest) async throws -> DeadLetterInfo {
        let id = try request.jobID()
        return try await request.inTenant { connection in
            guard let letter = try DeadLetterStore.get(id, on: connection) else {
                throw StoreError.notFound(.deadLetter, id.description)
            }
            return try request.shown(
                letter, try DeadLetterStore.context(of: letter, on: connection), on: connection)
        }
    }

    private static func acknowledge(
        _ request: APIRequest, _ body: AcknowledgeRequest
    ) async throws -> Answer<DeadLetterInfo> {
        let id = try request.jobID()
        return Answer(
            try await request.inTenant { connection in
                try DeadLetterStore.acknowledge(
                    id, by: request.actor, reason: body.reason, resolves: body.resolve, on: connection)
                guard let letter = try DeadLetterStore.get(id, on: connection),
                    let shown = try request.shown([letter], on: connection).first
                else { throw StoreError.notFound(.deadLetter, id.description) }
                return shown
            })
    }

    private static func retry(_ request: APIRequest, _ body: RetryJobRequest) async throws -> Answer<RerunResponse> {
        try await RerunRoutes.rerun(.deadLetter, request, body)
    }
}

extension APIRequest {
    /// - Throws: for the first parameter that cannot be read.
    func letterFilter() throws(APIProblem) -> DeadLetterFilter {
        do throws(WireDecodingError) {
            return try DeadLetterFilter(parameters: self.query)
        } catch {
            throw .invalidInput(error.path, error.message)
        }
    }

    func letterCursor() throws(APIProblem) -> DeadLetterStore.Cursor? {
        guard let text = self.query["cursor"], !text.isEmpty else { return nil }
        guard let cursor = DeadLetterStore.Cursor(text) else { throw Self.unknownCursor }
        return cursor
    }
}
