/// A request that says why, and nothing else: of verbs that need no more than the thing that they are done to.
public protocol ReasonRequest: Hashable, Sendable, Codable {
    /// Kept with what was done.
    var reason: String? { get }

    init(reason: String?)
}

private enum ReasonKeys: String, CodingKey {
    case reason
}

extension ReasonRequest {
    /// - Throws: `WireDecodingError` for a reason that `ControlReason` refuses.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ReasonKeys.self)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        try ControlReason.check(reason, decoder.codingPath + [ReasonKeys.reason])
        self.init(reason: reason)
    }
}
