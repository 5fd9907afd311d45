import CasareDomain
import CasareStore
import CasareWire

enum WorkflowRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/workflows", .needs(.workflowPublish), "Store a document as the newest version of a workflow.",
            statuses: [201, 200], Self.push),
        .get(
            "/api/v1/workflows", .needs(.workflowRead), "List workflows by name.", query: [.limit, .cursor], Self.list),
        .post(
            "/api/v1/workflows/validate", .needs(.workflowRead), "Check a document without storing it.", Self.validate),
        .get("/api/v1/workflows/{workflow}", .needs(.workflowRead), "One workflow, by name or ID.", Self.get),
        .get(
            "/api/v1/workflows/{workflow}/versions", .needs(.workflowRead), "A workflow's versions, newest first.",
            query: [.limit, .cursor], Self.versions),
        .get(
            "/api/v1/workflows/{workflow}/versions/{version}", .needs(.workflowRead), "One version with its document.",
            Self.version),
        .get(
            "/api/v1/workflows/{workflow}/robots", .needs(.workflowRead),
            "Which robots alone run a workflow; none: any does.",
            Self.assignment),
        .put(
            "/api/v1/workflows/{workflow}/robots", .needs(.workflowUpdate),
            "Say which robots alone run a workflow, or with none that any does. It holds for what is submitted from then "
                + "on, and for what waits and was submitted while the workflow was assigned.", Self.assign),
    ]

    private static func push(
        _ request: APIRequest, _ body: PushWorkflowRequest
    ) async throws -> Answer<PushWorkflowResponse> {
        let document = try CheckedDocument(body.document, name: body.name, catalogue: request.services.catalogue)
        let pushed = try await request.inTenant { connection in
            let pushed = try WorkflowStore.push(
                name: document.name, document: document.text, by: request.actor, on: connection)
            try request.requirePush(of: pushed, document.json)
            request.audit?.note(
                subject: pushed.version.name, detail: ["version": .int(pushed.version.number)])
            return pushed
        }
        return Answer(
            status: pushed.isNew ? 201 : 200,
            PushWorkflowResponse(
                workflowID: pushed.version.workflow, name: pushed.version.name, version: pushed.version.number,
                isNew: pushed.isNew, issues: document.warnings))
    }

    private static func validate(
        _ request: APIRequest, _ body: ValidateWorkflowRequest
    ) async throws -> Answer<ValidateWorkflowResponse> {
        let (_, issues) = CheckedDocument.issues(in: body.document, request.services.catalogue)
        return Answer(
            ValidateWorkflowResponse(isValid: !issues.contains { $0.severity == .error }, issues: issues))
    }

    private static func list(_ request: APIRequest) async throws -> WorkflowPage {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let workflows = try await request.inTenant { connection in
            try WorkflowStore.list(after: after, limit: limit + 1, on: connection)
        }
        let page = workflows.page(of: limit, cursor: \.name)
        return WorkflowPage(workflows: page.items.map(WorkflowInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> WorkflowInfo {
        let name = request.parameter("workflow")
        return try await request.inTenant { connection in
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            return WorkflowInfo(workflow)
        }
    }

    private static func versions(_ request: APIRequest) async throws -> WorkflowVersionPage {
        let name = request.parameter("workflow")
        let limit = try request.limit()
        let before = try request.numberCursor() ?? Int(Int32.max)
        return try await request.inTenant { connection in
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            let page = try WorkflowStore.versions(of: workflow.id, before: before, limit: limit + 1, on: connection)
                .page(of: limit) { String($0.number) }
            return WorkflowVersionPage(
                versions: page.items.map { WorkflowVersionInfo($0, of: workflow) }, nextCursor: page.nextCursor)
        }
    }

    private static func version(_ request: APIRequest) async throws -> WorkflowVersionInfo {
        let name = request.parameter("workflow")
        let number = try self.versionNumber(of: request)
        let version = try await request.inTenant { connection in
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            let known = try JobSubmission.version(number, of: workflow)
            return try WorkflowStore.version(known.number, of: workflow.id, on: connection)
        }
        return try WorkflowVersionInfo(version)
    }

    // MARK: Who runs it

    private static func assignment(_ request: APIRequest) async throws -> WorkflowRobotsInfo {
        let name = request.parameter("workflow")
        return try await request.inTenant { connection in
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            return WorkflowRobotsInfo(try QueueStore.assignment(of: workflow.id, on: connection), of: workflow)
        }
    }

    private static func assign(
        _ request: APIRequest, _ body: AssignWorkflowRequest
    ) async throws -> WorkflowRobotsInfo {
        let name = request.parameter("workflow")
        let info = try await request.inTenant { connection in
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            try QueueStore.assign(workflow.id, to: body.robots, by: request.actor, on: connection)
            try ControlLog.record(
                "workflow.assign", of: workflow.name, by: request.actor, reason: body.reason,
                detail: ["robots": .list(body.robots.map { .string($0.rawValue) })], on: connection)
            return WorkflowRobotsInfo(try QueueStore.assignment(of: workflow.id, on: connection), of: workflow)
        }
        request.services.bell.ring(request.principal.tenant)
        return info
    }

    static func versionNumber(of request: APIRequest) throws(APIProblem) -> Int {
        let text = request.parameter("version")
        guard let number = Int32(text), number > 0 else {
            throw .invalidInput("version", "\"\(text.prefix(20))\" is not a version, which is a number from 1")
        }
        return Int(number)
    }
}

extension WorkflowRobotsInfo {
    fileprivate init(_ assignment: WorkflowAssignment, of workflow: Workflow) {
        self.init(
            workflowID: workflow.id, name: workflow.name, robots: assignment.robots, assignedAt: assignment.assignedAt,
            assignedBy: assignment.assignedBy)
    }
}

extension WorkflowVersionInfo {
    init(_ summary: WorkflowStore.VersionSummary, of workflow: Workflow) {
        self.init(
            workflowID: workflow.id, name: workflow.name, version: summary.number, checksum: summary.checksum,
            createdAt: summary.createdAt, createdBy: summary.createdBy, document: nil)
    }

    init(_ version: Workflow.Version) throws(StoreError) {
        let document: Value
        do {
            document = try Value(parsingJSON: version.document)
        } catch {
            throw .unreadable("version \(version.number) of workflow \(version.name) is not JSON: \(error)")
        }
        self.init(
            workflowID: version.workflow, name: version.name, version: version.number, checksum: version.checksum,
            createdAt: version.createdAt, createdBy: version.createdBy, document: document)
    }
}
