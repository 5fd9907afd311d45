/// The references of a document, its subflows included.
extension SecretReference {
    public static let bindingsMember = "credential_bindings"
    public static let nameMember = "credential_name"
    private static let marker = "$secret:"
    private static let closing = "}}"

    /// One `{{$secret:…}}` of a text.
    public struct Placeholder: Hashable, Sendable {
        /// The whole of it, braces included.
        public let range: Range<String.Index>
        /// What stands in it, as it was written.
        public let text: String
    }

    /// In the order in which they stand. White space may stand within the braces. What is not closed is none.
    public static func placeholders(in text: String) -> [Placeholder] {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return [] }
        var found: [Placeholder] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            let inside = rest[open.upperBound...].drop(while: \.isWhitespace)
            guard inside.hasPrefix(Self.marker) else {
                rest = rest[rest.index(after: open.lowerBound)...]
                continue
            }
            let content = inside.dropFirst(Self.marker.count)
            guard let close = content.firstRange(of: Self.closing) else { break }
            found.append(
                Placeholder(range: open.lowerBound..<close.upperBound, text: String(content[..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        return found
    }

    /// The aliases that a document declares. A subflow's own count before those of what it stands in.
    public static func bindings(of document: Object, within outer: [String: String] = [:]) -> [String: String] {
        guard case .object(let declared)? = document[Self.bindingsMember] else { return outer }
        var bindings = outer
        for (alias, path) in declared {
            if let path = path.string { bindings[alias] = path }
        }
        return bindings
    }

    /// All that a document names, as texts that `init` reads: of its nodes' `credential_name`s and of every string in
    /// it, with aliases put in. Only what a document names is handed to a robot that runs it.
    ///
    /// - Parameter document: bundled: with the subflows that it calls.
    public static func named(in document: Value) -> Set<String> {
        var named: Set<String> = []
        self.look(in: document, bindings: [:], into: &named)
        return named
    }

    private static func look(in value: Value, bindings: [String: String], into named: inout Set<String>) {
        switch value {
        case .null, .bool, .int, .double: break
        case .string(let text):
            for placeholder in self.placeholders(in: text) {
                if let reference = SecretReference(placeholder.text, bindings: bindings) {
                    named.insert(reference.description)
                }
            }
        case .list(let elements):
            for element in elements { self.look(in: element, bindings: bindings, into: &named) }
        case .object(let object):
            let bindings = self.bindings(of: object, within: bindings)
            for (name, member) in object {
                if name == Self.nameMember, let text = member.string,
                    let reference = SecretReference(text, bindings: bindings)
                {
                    named.insert(reference.description)
                }
                self.look(in: member, bindings: bindings, into: &named)
            }
        }
    }
}
