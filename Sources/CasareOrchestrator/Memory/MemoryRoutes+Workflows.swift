import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

extension MemoryRoutes {
    func push(_ request: APIRequest, _ body: PushWorkflowRequest) throws -> Answer<PushWorkflowResponse> {
        let document = try CheckedDocument(body.document, name: body.name, catalogue: self.catalogue)
        let pushed = try self.queue.access { queue, now throws(StoreError) in
            queue.push(name: document.name, document: document.text, by: request.actor, now: now)
        }
        return Answer(
            status: pushed.isNew ? 201 : 200,
            PushWorkflowResponse(
                workflowID: pushed.version.workflow, name: pushed.version.name, version: pushed.version.number,
                isNew: pushed.isNew, issues: document.warnings))
    }

    func validate(_: APIRequest, _ body: ValidateWorkflowRequest) -> Answer<ValidateWorkflowResponse> {
        let (_, issues) = CheckedDocument.issues(in: body.document, self.catalogue)
        return Answer(ValidateWorkflowResponse(isValid: !issues.contains { $0.severity == .error }, issues: issues))
    }

    func workflows(_ request: APIRequest) throws -> Answer<WorkflowPage> {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let page = try self.queue.access { queue, _ throws(StoreError) in
            queue.workflows(after: after, limit: limit + 1)
        }.page(of: limit, cursor: \.name)
        return Answer(WorkflowPage(workflows: page.items.map(WorkflowInfo.init), nextCursor: page.nextCursor))
    }

    func workflow(_ request: APIRequest) throws -> Answer<WorkflowInfo> {
        let name = request.parameter("workflow")
        return Answer(
            WorkflowInfo(
                try self.queue.access { queue, _ throws(StoreError) in try queue.workflow(idOrName: name) }))
    }

    func versions(_ request: APIRequest) throws -> Answer<WorkflowVersionPage> {
        let name = request.parameter("workflow")
        let limit = try request.limit()
        let before = try request.numberCursor() ?? .max
        let (workflow, versions) = try self.queue.access { queue, _ throws(StoreError) in
            let workflow = try queue.workflow(idOrName: name)
            return (workflow, queue.versions(of: workflow.id, before: before, limit: limit + 1))
        }
        let page = versions.page(of: limit) { String($0.number) }
        return Answer(
            WorkflowVersionPage(
                versions: page.items.map { WorkflowVersionInfo($0, of: workflow) }, nextCursor: page.nextCursor))
    }

    func version(_ request: APIRequest) throws -> Answer<WorkflowVersionInfo> {
        let name = request.parameter("workflow")
        let number = try WorkflowRoutes.versionNumber(of: request)
        let version = try self.queue.access { queue, _ throws(StoreError) in
            let workflow = try queue.workflow(idOrName: name)
            return try queue.version(JobSubmission.version(number, of: workflow).number, of: workflow.id)
        }
        return Answer(try WorkflowVersionInfo(version))
    }
}
