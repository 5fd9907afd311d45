import CasareDomain
public import CasareWire

/// Queues of business transactions, and their items.
extension CasareClient {
    public func createItemQueue(_ request: CreateItemQueueRequest) async throws(ClientError) -> ItemQueueInfo {
        try await self.post("\(Self.apiPath)/item-queues", request)
    }

    /// By name.
    public func itemQueues(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> ItemQueuePage {
        try await self.get(
            "\(Self.apiPath)/item-queues", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// One of them, with how many items stand how.
    public func itemQueue(_ name: String) async throws(ClientError) -> ItemQueueStatsInfo {
        try await self.get(Self.path(ofItemQueue: name))
    }

    /// What is left out stays as it is.
    public func updateItemQueue(
        _ name: String, _ request: UpdateItemQueueRequest
    ) async throws(ClientError) -> ItemQueueInfo {
        try await self.patch(Self.path(ofItemQueue: name), request)
    }

    /// With its items.
    ///
    /// - Parameter force: also while items wait or are worked on.
    /// - Returns: what it was.
    public func deleteItemQueue(
        _ name: String, force: Bool = false, reason: String? = nil
    ) async throws(ClientError) -> ItemQueueInfo {
        try await self.delete(
            Self.path(ofItemQueue: name), [("force", force ? "true" : nil), ("reason", reason)])
    }

    // MARK: Items

    /// All of them or none. Sent once: where references are not unique, twice would be twice the items.
    public func addWorkItems(
        _ items: [NewWorkItem], to queue: String
    ) async throws(ClientError) -> AddWorkItemsResponse {
        try await self.post("\(Self.path(ofItemQueue: queue))/items", AddWorkItemsRequest(items: items))
    }

    /// Newest first.
    public func workItems(
        of queue: String, _ query: WorkItemQuery = WorkItemQuery()
    ) async throws(ClientError) -> WorkItemPage {
        try await self.get("\(Self.path(ofItemQueue: queue))/items", query.parameters)
    }

    /// By its ID, or else its reference.
    public func workItem(_ idOrReference: String, of queue: String) async throws(ClientError) -> WorkItemInfo {
        try await self.get(Self.path(ofItem: idOrReference, of: queue))
    }

    /// The first item that is ready becomes the caller's. Sent once: an item whose answer is lost is nobody's until its
    /// lease has run out.
    public func takeWorkItem(
        from queue: String, _ request: TakeWorkItemRequest = TakeWorkItemRequest()
    ) async throws(ClientError) -> WorkItemInfo? {
        let response: TakeWorkItemResponse = try await self.post("\(Self.path(ofItemQueue: queue))/next", request)
        return response.item
    }

    public func renewWorkItem(
        _ idOrReference: String, of queue: String, _ request: RenewWorkItemRequest
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post("\(Self.path(ofItem: idOrReference, of: queue))/renew", request, mayRepeat: true)
    }

    public func completeWorkItem(
        _ idOrReference: String, of queue: String, _ request: CompleteWorkItemRequest = CompleteWorkItemRequest()
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post("\(Self.path(ofItem: idOrReference, of: queue))/complete", request)
    }

    public func failWorkItem(
        _ idOrReference: String, of queue: String, _ request: FailWorkItemRequest
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post("\(Self.path(ofItem: idOrReference, of: queue))/fail", request)
    }

    public func postponeWorkItem(
        _ idOrReference: String, of queue: String, _ request: PostponeWorkItemRequest
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post("\(Self.path(ofItem: idOrReference, of: queue))/postpone", request)
    }

    /// From the beginning, one that has failed or was abandoned.
    public func retryWorkItem(
        _ idOrReference: String, of queue: String, reason: String? = nil
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post(
            "\(Self.path(ofItem: idOrReference, of: queue))/retry", ChangeWorkItemRequest(reason: reason))
    }

    public func deleteWorkItem(
        _ idOrReference: String, of queue: String, reason: String? = nil
    ) async throws(ClientError) -> WorkItemInfo {
        try await self.post(
            "\(Self.path(ofItem: idOrReference, of: queue))/delete", ChangeWorkItemRequest(reason: reason),
            mayRepeat: true)
    }

    private static func path(ofItemQueue name: String) -> String {
        "\(Self.apiPath)/item-queues/\(percentEncoded(name))"
    }

    private static func path(ofItem idOrReference: String, of queue: String) -> String {
        "\(Self.path(ofItemQueue: queue))/items/\(percentEncoded(idOrReference))"
    }
}
