package import CasareDomain

/// Hides what the names of parameters, outputs, variables and members say is secret, and passwords in URLs: observers
/// see `***` there. It knows the usual names only; a variable that is declared sensitive is hidden wherever its value
/// turns up.
package enum SecretNames {
    private static let parts = [
        "password", "passwd", "passphrase", "secret", "api_key", "apikey", "api-key", "private_key", "access_key",
        "authorization", "cookie", "connection_string",
    ]
    /// At the end only: a `token_url` is none.
    private static let endings = ["token", "_pwd", "_pin", "_cvv", "_cvc"]
    /// By themselves only: they are parts of many other words.
    private static let words: Set<String> = ["pwd", "pin", "cvv", "cvc"]

    package static func contains(_ name: String) -> Bool {
        let name = name.lowercased()
        return self.words.contains(name) || self.endings.contains(where: name.hasSuffix)
            || self.parts.contains { name.contains($0) }
    }

    static func masked(_ object: Object) -> Object {
        guard object.contains(where: { Self.isConcerned($0.key, $0.value) }) else { return object }
        return Object(
            object.map { name, value in
                (name, Self.isConcerned(name, value) ? Self.masked(value, named: name) : value)
            })
    }

    /// - Parameter name: What the value is called; `nil` for a value without a name, whose members have names all the
    ///   same.
    package static func masked(_ value: Value, named name: String? = nil) -> Value {
        Self.masked(value, isSecret: name.map(Self.contains) ?? false)
    }

    private static func isConcerned(_ name: String, _ value: Value) -> Bool {
        switch value {
        case .null, .bool, .int, .double: false
        case .string(let text): !text.isEmpty && (Self.contains(name) || Userinfo.mayBe(in: text))
        case .list, .object: true
        }
    }

    private static func masked(_ value: Value, isSecret: Bool) -> Value {
        switch value {
        case .null, .bool, .int, .double: return value
        case .string(let text):
            return .string(isSecret && !text.isEmpty ? Masking.mask : Userinfo.masked(text))
        // Elements are called as their list.
        case .list(let elements):
            return isSecret || elements.contains(where: Self.hasParts)
                ? .list(elements.map { Self.masked($0, isSecret: isSecret) }) : value
        case .object(let members): return .object(Self.masked(members))
        }
    }

    private static func hasParts(_ value: Value) -> Bool {
        switch value {
        case .null, .bool, .int, .double: false
        case .string(let text): Userinfo.mayBe(in: text)
        case .list, .object: true
        }
    }
}
