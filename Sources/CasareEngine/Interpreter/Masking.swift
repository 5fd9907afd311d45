package import CasareDomain

/// Hides the values of sensitive variables in what people read (workflow format §3).
package struct Masking: Sendable {
    package static let mask = "***"
    /// Shorter texts occur anywhere and are no secrets.
    static let charactersMin = 3

    /// Shorter secrets are not looked for in keys: they would hide `data` and `name`.
    static let charactersInKeysMin = 8
    /// Longer texts are hidden as a whole only: this is done for every line of a log.
    private static let jsonBytesMax = 1 << 16

    static let nothing = Masking([])

    /// The longest first, so that a secret inside another one does not leave the rest of it readable.
    private let secrets: [String]

    /// - Parameters:
    ///   - values: Their parts are secrets too, also those of JSON in a text.
    ///   - derived: Texts that are secrets as a whole.
    package init(_ values: [Value], derived: [String] = []) {
        let texts = Set(derived + values.flatMap { Self.leaves(of: $0) }.map(\.displayText))
        self.secrets = texts.filter { $0.count >= Self.charactersMin }
            .sorted { ($1.count, $0) < ($0.count, $1) }
    }

    /// The texts and numbers in a value, also those of JSON in a text.
    static func leaves(of value: Value) -> [Value] {
        switch value {
        case .null, .bool: []
        case .int, .double: [value]
        case .string(let text): [value] + (Self.parts(of: text).map { Self.leaves(of: $0) } ?? [])
        case .list(let elements): elements.flatMap { Self.leaves(of: $0) }
        case .object(let members): members.values.flatMap { Self.leaves(of: $0) }
        }
    }

    /// The object or list that a text is in JSON.
    private static func parts(of text: String) -> Value? {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard text.utf8.count <= Self.jsonBytesMax, let first = text.utf8.first(where: { !isSpace($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        return try? Value(parsingJSON: text)  // Not JSON: a text like any other.
    }

    package func masked(_ text: String) -> String {
        var text = text
        for secret in self.secrets where ExpressionText.position(of: secret, in: text) != nil {
            text = ExpressionText.replacing(secret, with: Self.mask, in: text, limit: .max)
        }
        return text
    }

    package func masked(_ value: Value) -> Value {
        if self.secrets.isEmpty { return value }
        switch value {
        case .null, .bool: return value
        case .int, .double: return self.secrets.contains(value.displayText) ? .string(Self.mask) : value
        case .string(let text): return .string(self.masked(text))
        case .list(let elements): return .list(elements.map(self.masked))
        case .object(let members):
            return .object(Object(members.map { (self.maskedKey($0.key), self.masked($0.value)) }))
        }
    }

    /// What comes from outside may have a secret for a key, such as a table of tokens. Of keys that become one the last
    /// value stays.
    private func maskedKey(_ key: String) -> String {
        guard key.utf8.count >= Self.charactersInKeysMin else { return key }
        var key = key
        for secret in self.secrets {
            // The longest come first.
            guard secret.count >= Self.charactersInKeysMin else { break }
            guard ExpressionText.position(of: secret, in: key) != nil else { continue }
            key = ExpressionText.replacing(secret, with: Self.mask, in: key, limit: .max)
        }
        return key
    }

    /// The keys are names that the workflow or a node type has given, and stay; those further inside are hidden too.
    package func masked(_ object: Object) -> Object {
        if self.secrets.isEmpty { return object }
        return Object(object.map { ($0.key, self.masked($0.value)) })
    }
}
