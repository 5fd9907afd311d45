import CasareDomain
import CasareStore
import CasareWire

enum DeadLetterRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/dlq", .needs(.read), "List jobs that failed for good, newest first.",
            query: [
                .choice("status", DeadLetter.Status.self, "Only letters that stand so."),
                .text("workflow", "Only jobs of this workflow, by name or ID."),
                .choice("kind", Failure.Kind.self, "Only failures of this kind."), .limit, .cursor,
            ], Self.list),
        .get("/api/v1/dlq/{id}", .needs(.read), "One dead letter, by its job, with all attempts.", Self.get),
        .post(
            "/api/v1/dlq/{id}/retry", .needs(.operate), "Submit the failed job anew and mark the letter replayed.",
            statuses: [201], Self.retry
        ).reading(.idempotencyKey),
    ]

    private static func list(_ request: APIRequest) async throws -> DeadLetterPage {
        let limit = try request.limit()
        let before = try request.jobCursor()
        let status: DeadLetter.Status? = try request.choice("status")
        let kind: Failure.Kind? = try request.choice("kind")
        let name = request.query["workflow"] ?? ""
        return try await request.inTenant { connection in
            var filter = DeadLetterFilter(status: status, kind: kind)
            if !name.isEmpty {
                guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                    throw StoreError.notFound(.workflow, name)
                }
                filter.workflow = workflow.id
            }
            let page = try DeadLetterStore.list(filter, before: before, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.id.description)
            return DeadLetterPage(
                deadLetters: try request.shown(page.items, on: connection), nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> DeadLetterInfo {
        let id = try request.jobID()
        return try await request.inTenant { connection in
            guard let letter = try DeadLetterStore.get(id, on: connection),
                let shown = try request.shown([letter], on: connection).first
            else { throw StoreError.notFound(.deadLetter, id.description) }
            return shown
        }
    }

    private static func retry(_ request: APIRequest, _ body: RetryJobRequest) async throws -> Answer<RerunResponse> {
        _ = try await self.get(request)
        return try await JobRoutes.retry(request, body)
    }
}
