import CasareDomain

/// Hides the values of sensitive variables in what people read (workflow format §3).
struct Masking {
    static let mask = "***"
    /// Shorter texts occur anywhere and are no secrets.
    private static let charactersMin = 3

    static let nothing = Masking([])

    /// The longest first, so that a secret inside another one does not leave the rest of it readable.
    private let secrets: [String]

    init(_ values: [Value]) {
        var texts: Set<String> = []
        func collect(_ value: Value) {
            switch value {
            case .null, .bool: break
            case .int, .double, .string: texts.insert(value.displayText)
            case .list(let elements): elements.forEach(collect)
            case .object(let members): members.values.forEach(collect)
            }
        }
        values.forEach(collect)
        self.secrets = texts.filter { $0.count >= Self.charactersMin }
            .sorted { ($1.count, $0) < ($0.count, $1) }
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
