public import CasareDomain
public import CasareWire

/// What makes jobs of requests to hooks, and of jobs that end.
extension CasareClient {
    /// One request that makes a trigger: it is not sent again when its answer is lost, as its name is taken then.
    public func createTrigger(_ request: CreateTriggerRequest) async throws(ClientError) -> TriggerWithSecret {
        try await self.post("\(Self.apiPath)/triggers", request)
    }

    /// By name.
    public func triggers(_ query: TriggerQuery = TriggerQuery()) async throws(ClientError) -> TriggerPage {
        try await self.get(
            "\(Self.apiPath)/triggers",
            [
                ("kind", query.kind?.rawValue), ("status", query.status?.rawValue), ("workflow", query.workflow),
                ("managed_by", query.managedBy), ("limit", query.limit.map(String.init)), ("cursor", query.cursor),
            ])
    }

    /// - Parameter name: or ID.
    public func trigger(_ name: String) async throws(ClientError) -> TriggerInfo {
        try await self.get(Self.path(ofTrigger: name))
    }

    /// Changes what is named, and nothing else.
    public func updateTrigger(
        _ name: String, _ request: UpdateTriggerRequest
    ) async throws(ClientError) -> TriggerInfo {
        try await self.patch(Self.path(ofTrigger: name), request)
    }

    /// - Returns: what was there, as far as the server can read it.
    public func deleteTrigger(
        _ name: String, reason: String? = nil
    ) async throws(ClientError) -> SteerTriggerResponse {
        try await self.delete(Self.path(ofTrigger: name), [("reason", reason)])
    }

    public func pauseTrigger(
        _ name: String, reason: String? = nil
    ) async throws(ClientError) -> SteerTriggerResponse {
        try await self.post(
            "\(Self.path(ofTrigger: name))/pause", SteerTriggerRequest(reason: reason), mayRepeat: true)
    }

    public func resumeTrigger(
        _ name: String, reason: String? = nil
    ) async throws(ClientError) -> SteerTriggerResponse {
        try await self.post(
            "\(Self.path(ofTrigger: name))/resume", SteerTriggerRequest(reason: reason), mayRepeat: true)
    }

    /// A new secret. It is not sent again when its answer is lost: that would make another one.
    public func rotateTrigger(
        _ name: String, _ request: RotateTriggerRequest = RotateTriggerRequest()
    ) async throws(ClientError) -> TriggerWithSecret {
        try await self.post("\(Self.path(ofTrigger: name))/secret", request)
    }

    /// What would become of a delivery; nothing is changed.
    public func testTrigger(
        _ name: String, _ request: TestTriggerRequest
    ) async throws(ClientError) -> TestTriggerResponse {
        try await self.post("\(Self.path(ofTrigger: name))/test", request, mayRepeat: true)
    }

    /// What came to it, the latest first.
    public func triggerHistory(
        of name: String, result: TriggerDelivery.Result? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> TriggerDeliveryPage {
        try await self.get(
            "\(Self.path(ofTrigger: name))/history",
            [("result", result?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    private static func path(ofTrigger name: String) -> String {
        "\(Self.apiPath)/triggers/\(percentEncoded(name))"
    }
}
