public import CasareDomain

/// The filter and page of `GET /api/v1/dlq`.
public struct DeadLetterQuery: Hashable, Sendable {
    public var filter: DeadLetterFilter
    public var order: DeadLetterOrder
    public var limit: Int?
    public var cursor: String?

    public init(
        filter: DeadLetterFilter = DeadLetterFilter(), order: DeadLetterOrder = .newest, limit: Int? = nil,
        cursor: String? = nil
    ) {
        self.filter = filter
        self.order = order
        self.limit = limit
        self.cursor = cursor
    }
}

/// `POST /api/v1/dlq/{id}/acknowledge`.
public struct AcknowledgeRequest: Hashable, Sendable, Codable {
    public var reason: String?
    /// Nothing is left to do: the letter is resolved.
    public var resolve: Bool

    public init(reason: String? = nil, resolve: Bool = false) {
        self.reason = reason
        self.resolve = resolve
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            resolve: try container.decodeIfPresent(Bool.self, forKey: .resolve) ?? false)
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}
