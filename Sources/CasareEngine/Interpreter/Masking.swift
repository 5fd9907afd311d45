import CasareDomain

/// Hides the values of sensitive variables in what people read (workflow format §3).
struct Masking {
    static let mask = "***"
    /// Shorter texts occur anywhere and are no secrets.
    private static let charactersMin = 3

    /// Longer texts are hidden as a whole only: this is done for every line of a log.
    private static let jsonBytesMax = 1 << 16

    static let nothing = Masking([])

    /// The longest first, so that a secret inside another one does not leave the rest of it readable.
    private let secrets: [String]

    /// - Parameters:
    ///   - values: Their parts are secrets too, also those of JSON in a text.
    ///   - derived: Texts that are secrets as a whole.
    init(_ values: [Value], derived: [String] = []) {
        var texts = Set(derived)
        func collect(_ value: Value) {
            switch value {
            case .null, .bool: break
            case .int, .double: texts.insert(value.displayText)
            case .string(let text):
                texts.insert(text)
                if let parts = Self.parts(of: text) { collect(parts) }
            case .list(let elements): elements.forEach(collect)
            case .object(let members): members.values.forEach(collect)
            }
        }
        values.forEach(collect)
        self.secrets = texts.filter { $0.count >= Self.charactersMin }
            .sorted { ($1.count, $0) < ($0.count, $1) }
    }

    /// The object or list that a text is in JSON.
    private static func parts(of text: String) -> Value? {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard text.utf8.count <= Self.jsonBytesMax, let first = text.utf8.first(where: { !isSpace($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        return try? Value(parsingJSON: text)  // Not JSON: a text like any other.
    }

    func masked(_ text: String) -> String {
        var text = text
        for secret in self.secrets where ExpressionText.position(of: secret, in: text) != nil {
            text = ExpressionText.replacing(secret, with: Self.mask, in: text, limit: .max)
        }
        return text
    }

    func masked(_ value: Value) -> Value {
        if self.secrets.isEmpty { return value }
        switch value {
        case .null, .bool: return value
        case .int, .double: return self.secrets.contains(value.displayText) ? .string(Self.mask) : value
        case .string(let text): return .string(self.masked(text))
        case .list(let elements): return .list(elements.map(self.masked))
        case .object(let members): return .object(self.masked(members))
        }
    }

    func masked(_ object: Object) -> Object {
        if self.secrets.isEmpty { return object }
        return Object(object.map { ($0.key, self.masked($0.value)) })
    }
}
