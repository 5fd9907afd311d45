/// How a workflow names a secret: `db/prod`, `db/prod.password`, `db/prod@3`, `db/prod.password@3`.
///
/// It stands in the member `credential_name` of a node, or in any string as `{{$secret:db/prod.password}}`. In the
/// place of the name there may be the secret's ID. A full stop may be part of a name as well as stand before a field: a
/// secret of the whole name counts before one that has such a field.
public struct SecretReference: Hashable, Sendable, CustomStringConvertible {
    /// A secret that may be meant.
    public struct Target: Hashable, Sendable {
        public enum Key: Hashable, Sendable, CustomStringConvertible {
            case name(Secret.Name)
            case id(Secret.ID)

            public var description: String {
                switch self {
                case .name(let name): name.rawValue
                case .id(let id): id.description
                }
            }
        }

        public let key: Key
        /// `nil`: all of its fields.
        public let field: String?
    }

    /// References of one document.
    public static let countMax = 500
    /// The version that is about to take the current one's place, written `@pending`: for the job that a rotation has
    /// made to see to that. No version has this number.
    public static let pendingVersion = 0
    private static let pendingName = "pending"

    /// Without the version; what `credential_bindings` stands for is put in already.
    public let path: String
    /// `nil`: the current one; `pendingVersion`: `@pending`.
    public let version: Int?

    /// - Parameter bindings: what aliases stand for, as the document's member `credential_bindings` says.
    /// - Returns: `nil` for what can name no secret.
    public init?(_ text: String, bindings: [String: String] = [:]) {
        var path = Substring(text)
        while path.first?.isWhitespace ?? false { path.removeFirst() }
        while path.last?.isWhitespace ?? false { path.removeLast() }
        var version: Int?
        if let bound = Self.bound(path, bindings) {
            path = Substring(bound)
        }
        if let at = path.lastIndex(of: "@") {
            let text = path[path.index(after: at)...]
            if text == Self.pendingName {
                version = Self.pendingVersion
            } else {
                guard let number = Int(text), number > 0, number <= Int(Int32.max) else { return nil }
                version = number
            }
            path = path[..<at]
            if let bound = Self.bound(path, bindings) { path = Substring(bound) }
        }
        self.path = String(path)
        self.version = version
        guard !self.targets.isEmpty else { return nil }
    }

    /// An alias, or an alias and a field of what it stands for.
    private static func bound(_ path: Substring, _ bindings: [String: String]) -> String? {
        if let bound = bindings[String(path)] { return bound }
        guard let dot = path.lastIndex(of: "."), let bound = bindings[String(path[..<dot])] else { return nil }
        return bound + path[dot...]
    }

    /// As `init` reads it again.
    public var description: String {
        self.version.map { "\(self.path)@\($0 == Self.pendingVersion ? Self.pendingName : String($0))" } ?? self.path
    }

    /// What it may mean, the likeliest first.
    public var targets: [Target] {
        var targets: [Target] = []
        if let key = Self.key(self.path) { targets.append(Target(key: key, field: nil)) }
        if let dot = self.path.lastIndex(of: ".") {
            let field = String(self.path[self.path.index(after: dot)...])
            if Self.isFieldName(field), let key = Self.key(String(self.path[..<dot])) {
                targets.append(Target(key: key, field: field))
            }
        }
        return targets
    }

    private static func key(_ text: String) -> Target.Key? {
        if let id = Secret.ID(text) { return .id(id) }
        return Secret.Name(text).map { .name($0) }
    }

    /// Whether a field may be called so.
    public static func isFieldName(_ text: String) -> Bool {
        guard (1...Secret.Kind.fieldNameCharactersMax).contains(text.utf8.count), let first = text.utf8.first else {
            return false
        }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return letters.contains(first)
            && text.utf8.allSatisfy { byte in
                letters.contains(byte) || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}
