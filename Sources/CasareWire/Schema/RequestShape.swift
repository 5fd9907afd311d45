public import CasareDomain

/// The members that a request may have, as its schema lists them.
///
/// One that is not among them is refused: a misspelt `expires_at` must not make a token that never expires. What holds
/// free JSON, such as a document or variables, may hold anything.
public struct RequestShape: Sendable {
    private indirect enum Part: Sendable {
        case anything
        case object([Member])
        case list(Part)
    }

    private struct Member: Sendable {
        let name: String
        let isRequired: Bool
        let part: Part
    }

    private let part: Part

    public init(of type: any Decodable.Type) {
        var catalogue = SchemaCatalogue(referencePrefix: "")
        let schema = catalogue.schema(of: type)
        self.part = Self.part(schema, catalogue.definitions)
    }

    private static func part(_ schema: Value, _ definitions: Object) -> Part {
        if let name = schema["$ref"]?.string, let definition = definitions[name] {
            return Self.part(definition, definitions)
        }
        // An optional member, or one of several forms: one of them at most has members.
        for choice in schema["anyOf"]?.list ?? [] {
            let part = Self.part(choice, definitions)
            if case .anything = part { continue }
            return part
        }
        if let members = schema["properties"]?.object {
            let required = schema["required"]?.list ?? []
            return .object(
                members.map { name, value in
                    Member(
                        name: name, isRequired: required.contains(.string(name)), part: Self.part(value, definitions))
                })
        }
        if let items = schema["items"] {
            let part = Self.part(items, definitions)
            if case .anything = part { return .anything }
            return .list(part)
        }
        return .anything
    }

    /// The names of the members that may be below a path, and whether they must be there; `nil` below what holds free
    /// JSON, or no members.
    public func members(at path: some Sequence<String>) -> [(name: String, isRequired: Bool)]? {
        var part = self.part
        for name in path {
            guard case .object(let members) = part, let member = members.first(where: { $0.name == name }) else {
                return nil
            }
            part = member.part
        }
        guard case .object(let members) = part else { return nil }
        return members.map { ($0.name, $0.isRequired) }
    }

    /// - Throws: for the first unknown member; of kind `malformed`. What has another form altogether is left to
    ///   decoding.
    public func check(_ value: Value) throws(WireDecodingError) { try Self.check(value, self.part, "") }

    private static func check(_ value: Value, _ part: Part, _ path: String) throws(WireDecodingError) {
        switch (part, value) {
        case (.object(let members), .object(let object)):
            for (name, value) in object {
                let place = path.isEmpty ? name : "\(path).\(name)"
                guard let member = members.first(where: { $0.name == name }) else {
                    throw Self.unknown(name, at: path, among: members.map(\.name))
                }
                try Self.check(value, member.part, place)
            }
        case (.list(let part), .list(let items)):
            for (position, item) in items.enumerated() {
                try Self.check(item, part, "\(path)[\(position)]")
            }
        case (.anything, _), (.object, _), (.list, _):
            break
        }
    }

    /// The longest part of an unknown name that a message repeats.
    private static let charactersShownMax = 60

    private static func unknown(_ name: String, at path: String, among known: [String]) -> WireDecodingError {
        let shown = String(name.prefix(Self.charactersShownMax))
        let advice =
            Spelling.nearest(to: name, among: known).map { "did you mean \($0)?" }
            ?? (known.isEmpty ? "leave it out" : "the members are \(known.joined(separator: ", "))")
        return WireDecodingError(
            path: path.isEmpty ? shown : "\(path).\(shown)", message: "there is no such member; \(advice)",
            kind: .malformed)
    }
}
