/// `POST /api/v1/secrets/{name}/destroy`.
public struct DestroySecretRequest: Hashable, Sendable, Codable {
    /// Which versions; `nil`: the whole secret.
    public var versions: [Int]?
    /// Kept with what was done.
    public var reason: String?
    /// Do not wait for a second person, where the tenant wants two; needs a reason.
    public var breakGlass: Bool

    public init(versions: [Int]? = nil, reason: String? = nil, breakGlass: Bool = false) {
        self.versions = versions
        self.reason = reason
        self.breakGlass = breakGlass
    }

    private enum CodingKeys: String, CodingKey {
        case versions, reason, breakGlass
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            versions: try container.decodeIfPresent([Int].self, forKey: .versions),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            breakGlass: try container.decodeIfPresent(Bool.self, forKey: .breakGlass) ?? false)
        try SecretRules.check(versions: self.versions, decoder.codingPath + [CodingKeys.versions])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}
