import CasareDomain
import CasareEngine
import CasareStore
import CasareWire

/// Jobs that a job which a robot holds has beside it.
enum ChildRoutes {
    private static let workflowCharactersMax = 255

    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/children", .needs(.robotProtocol),
            "Submit a job for a step of one that the robot holds; each step has one. A document must be its subflow, and "
                + "a stored workflow one that a node of its version starts.", Self.submit),
        .get(
            "/api/v1/jobs/{id}/children/{child}", .needs(.robotProtocol), "Whether and how such a job has ended.",
            query: [.leaseToken], Self.state),
    ]

    private static func submit(
        _ request: APIRequest, _ body: SubmitChildRequest
    ) async throws -> Answer<SubmitChildResponse> {
        try ShortText.check(body.workflow, "workflow", charactersMax: self.workflowCharactersMax)
        guard body.step >= 0 else {
            throw WireDecodingError(path: "step", message: "expected a number from 0")
        }
        if let document = body.document {
            // It came with a document that was checked; what calls what may differ by where it begins. The name that it
            // is stored under is the store's to give.
            _ = try CheckedDocument(document, name: "child", catalogue: request.services.catalogue)
        }
        let lease = Lease(job: try request.jobID(), token: body.token)
        let (job, made) = try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            if body.document == nil {
                let caller = try ChildStore.caller(under: lease, on: connection)
                try Self.check(body.workflow, isStartedBy: caller, request.services.catalogue)
            }
            do {
                let job = try ChildStore.submit(body.child, forStep: body.step, under: lease, on: connection)
                return (job, try JobStore.tally(of: [job.id], on: connection))
            } catch StoreError.notFound(.workflow, let name) {
                // 404 says that the job of the path is gone.
                throw APIProblem.validation(
                    WireDecodingError(path: "workflow", message: "there is no workflow \(name)"))
            }
        }
        request.services.metrics.made(made, by: .job)
        if !job.isDuplicate {
            request.services.bell.ring(request.principal.tenant)
            request.services.bell.jobChanged(job.id)
        }
        return Answer(SubmitChildResponse(id: job.id))
    }

    /// A robot starts what the workflow of its job starts, and no other: with a job of that one it would be given what
    /// that one is given, its secrets first.
    private static func check(
        _ workflow: String, isStartedBy caller: Workflow.Version, _ catalogue: NodeCatalogue
    ) throws(APIProblem) {
        let name = "\(caller.name), version \(caller.number)"
        let started: StartedWorkflows
        do {
            started = try StartedWorkflows(by: try Value(parsingJSON: caller.document), catalogue: catalogue)
        } catch {
            throw APIProblem(
                .conflict, "which workflows \(name), may start cannot be read any more: \(error); push it again")
        }
        guard !started.mayBe(workflow) else { return }
        throw APIProblem(
            .insufficientPermissions,
            "the job runs \(name), in which no node starts the workflow \(workflow) as a job of its own, so its robot "
                + "does not either; name it in a node that does, or let somebody submit it who may",
            field: "workflow")
    }

    private static func state(_ request: APIRequest) async throws -> ChildStateResponse {
        guard let token = request.query["token"].flatMap(Int64.init) else {
            throw APIProblem.invalidInput("token", "is required: the number of the lease")
        }
        let text = request.parameter("child")
        guard let child = Job.ID(text) else {
            throw APIProblem.invalidInput("child", "\"\(text.prefix(64))\" is not the ID of a job, which is a UUID")
        }
        let lease = Lease(job: try request.jobID(), token: Lease.Token(rawValue: token))
        return try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            do {
                return ChildStateResponse(try ChildStore.ending(of: child, under: lease, on: connection))
            } catch StoreError.notFound(.job, let name) {
                throw APIProblem.invalidInput("child", "there is no job \(name)")
            }
        }
    }
}
