public import CasareDomain
public import CasareWire

/// What is done to many jobs at once.
extension CasareClient {
    /// What an operation would be done to; nothing is changed.
    public func previewOperation(_ request: CreateOperationRequest) async throws(ClientError) -> OperationPreview {
        try await self.post("\(Self.apiPath)/operations/preview", request, mayRepeat: true)
    }

    /// Freezes the selection and begins. Each call makes one operation, also when an answer is lost and the request is
    /// sent again.
    public func createOperation(_ request: CreateOperationRequest) async throws(ClientError) -> OperationInfo {
        try await self.postOnce("\(Self.apiPath)/operations", request)
    }

    /// Newest first.
    public func operations(
        status: Operation.Status? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> OperationPage {
        try await self.get(
            "\(Self.apiPath)/operations",
            [("status", status?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// - Parameters:
    ///   - revision: of the operation as it is known: answer when it is another one.
    ///   - waiting: or after this time; up to 30 s.
    public func operation(
        _ id: Operation.ID, seen revision: Int64? = nil, waiting: Duration = .zero
    ) async throws(ClientError) -> OperationInfo {
        try await self.get(
            "\(Self.apiPath)/operations/\(id)",
            [
                ("wait_seconds", waiting > .zero ? String(waiting.fractionalSeconds) : nil),
                ("seen", revision.map(String.init)),
            ], waiting: waiting)
    }

    /// In the order in which they were tried.
    public func operationItems(
        _ id: Operation.ID, state: Operation.ItemState? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> OperationItemPage {
        try await self.get(
            "\(Self.apiPath)/operations/\(id)/items",
            [("state", state?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func pauseOperation(
        _ id: Operation.ID, reason: String? = nil
    ) async throws(ClientError) -> OperationInfo {
        try await self.steer(id, "pause", reason)
    }

    public func resumeOperation(
        _ id: Operation.ID, reason: String? = nil
    ) async throws(ClientError) -> OperationInfo {
        try await self.steer(id, "resume", reason)
    }

    /// Ends it: what it has done stays.
    public func cancelOperation(
        _ id: Operation.ID, reason: String? = nil
    ) async throws(ClientError) -> OperationInfo {
        try await self.steer(id, "cancel", reason)
    }

    /// Takes back what it has done, within its time to undo.
    public func undoOperation(
        _ id: Operation.ID, reason: String? = nil
    ) async throws(ClientError) -> OperationInfo {
        try await self.steer(id, "undo", reason)
    }

    /// Asking for what is so already changes nothing.
    private func steer(
        _ id: Operation.ID, _ verb: String, _ reason: String?
    ) async throws(ClientError) -> OperationInfo {
        try await self.post(
            "\(Self.apiPath)/operations/\(id)/\(verb)", SteerOperationRequest(reason: reason), mayRepeat: true)
    }

    // MARK: Saved selections

    /// By name.
    public func selections(
        limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> SelectionPage {
        try await self.get("\(Self.apiPath)/selections", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func selection(_ name: String) async throws(ClientError) -> SelectionInfo {
        try await self.get("\(Self.apiPath)/selections/\(percentEncoded(name))")
    }

    /// Under a new name, or instead of what was saved under it.
    public func saveSelection(
        _ name: String, _ selection: Operation.Selection
    ) async throws(ClientError) -> SelectionInfo {
        try await self.put(
            "\(Self.apiPath)/selections/\(percentEncoded(name))", SaveSelectionRequest(selection: selection))
    }

    /// - Returns: what was saved.
    public func deleteSelection(_ name: String) async throws(ClientError) -> SelectionInfo {
        try await self.delete("\(Self.apiPath)/selections/\(percentEncoded(name))")
    }
}
