/// What a request says of a member (RFC 7396): a value takes the place of the one there was, null takes it away, and what is
/// left out stays as it is.
public enum MemberChange<Content: Hashable & Sendable>: Hashable, Sendable {
    case keep, remove
    case set(Content)

    /// Changes the member as it says.
    public func apply(to member: inout Content?) {
        switch self {
        case .keep: break
        case .remove: member = .none
        case .set(let value): member = value
        }
    }
}

extension KeyedDecodingContainer {
    func change<Content: Decodable & Hashable & Sendable>(
        of key: Key, _: Content.Type = Content.self
    ) throws -> MemberChange<Content> {
        if let value = try self.decodeIfPresent(Content.self, forKey: key) { return .set(value) }
        return self.contains(key) ? .remove : .keep
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Content: Encodable>(change: MemberChange<Content>, forKey key: Key) throws {
        switch change {
        case .keep: break
        case .remove: try self.encodeNil(forKey: key)
        case .set(let value): try self.encode(value, forKey: key)
        }
    }
}
