import CasareDomain

/// Hides what the names of parameters, outputs and members say is secret: observers see `***` there. It knows the usual
/// names only; a variable that is declared sensitive is hidden wherever its value turns up.
enum SecretNames {
    private static let parts = [
        "password", "passwd", "passphrase", "secret", "api_key", "apikey", "api-key", "private_key", "access_key",
        "authorization", "cookie", "connection_string",
    ]
    /// At the end only: a `token_url` is none.
    private static let endings = ["token", "_pwd"]

    static func contains(_ name: String) -> Bool {
        let name = name.lowercased()
        return self.endings.contains(where: name.hasSuffix) || self.parts.contains { name.contains($0) }
    }

    static func masked(_ object: Object) -> Object {
        guard object.contains(where: { Self.isConcerned($0.key, $0.value) }) else { return object }
        return Object(object.map { name, value in (name, Self.masked(value, named: name)) })
    }

    private static func isConcerned(_ name: String, _ value: Value) -> Bool {
        switch value {
        case .null, .bool, .int, .double: false
        case .string(let text): !text.isEmpty && Self.contains(name)
        case .list, .object: true
        }
    }

    private static func masked(_ value: Value, named name: String) -> Value {
        switch value {
        case .null, .bool, .int, .double: return value
        case .string(let text): return !text.isEmpty && Self.contains(name) ? .string(Masking.mask) : value
        // Elements are called as their list.
        case .list(let elements):
            return Self.contains(name) || elements.contains { $0.object != nil }
                ? .list(elements.map { Self.masked($0, named: name) }) : value
        case .object(let members): return .object(Self.masked(members))
        }
    }
}
