public import CasareDomain
public import CasareWire

extension CasareClient {
    /// Stores a document as the workflow's newest version, unless it is that already.
    public func pushWorkflow(_ request: PushWorkflowRequest) async throws(ClientError) -> PushWorkflowResponse {
        try await self.post("\(Self.apiPath)/workflows", request, mayRepeat: true)
    }

    /// Checks a document without storing it.
    public func validateWorkflow(_ document: Value) async throws(ClientError) -> ValidateWorkflowResponse {
        try await self.post(
            "\(Self.apiPath)/workflows/validate", ValidateWorkflowRequest(document: document), mayRepeat: true)
    }

    public func workflows(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> WorkflowPage {
        try await self.get("\(Self.apiPath)/workflows", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func workflow(_ nameOrID: String) async throws(ClientError) -> WorkflowInfo {
        try await self.get("\(Self.apiPath)/workflows/\(percentEncoded(nameOrID))")
    }

    /// Newest first, without their documents.
    public func workflowVersions(
        of nameOrID: String, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> WorkflowVersionPage {
        try await self.get(
            "\(Self.apiPath)/workflows/\(percentEncoded(nameOrID))/versions",
            [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// One version with its document.
    public func workflowVersion(_ number: Int, of nameOrID: String) async throws(ClientError) -> WorkflowVersionInfo {
        try await self.get("\(Self.apiPath)/workflows/\(percentEncoded(nameOrID))/versions/\(number)")
    }

    /// Which robots alone run it.
    public func assignment(of nameOrID: String) async throws(ClientError) -> WorkflowRobotsInfo {
        try await self.get("\(Self.apiPath)/workflows/\(percentEncoded(nameOrID))/robots")
    }

    /// Has these robots alone run it; none: any robot.
    public func assign(
        _ nameOrID: String, to robots: [Robot.ID], reason: String? = nil
    ) async throws(ClientError) -> WorkflowRobotsInfo {
        try await self.put(
            "\(Self.apiPath)/workflows/\(percentEncoded(nameOrID))/robots",
            AssignWorkflowRequest(robots: robots, reason: reason))
    }
}
