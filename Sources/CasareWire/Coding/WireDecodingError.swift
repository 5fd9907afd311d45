import CasareDomain

/// Where a value is not what was expected, and why: `jobs[3].priority: expected a number from 0 to 20, got "x"`.
public struct WireDecodingError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// It can be read, and is not what is allowed there.
        case invalid
        /// It cannot have been meant: an unknown member, a control character in a name, a time that no calendar has.
        case malformed
    }

    public let kind: Kind
    /// The member at fault, such as `jobs[3].priority`; empty for the whole body.
    public let path: String
    public let message: String

    public init(path: String, message: String, kind: Kind = .invalid) {
        self.kind = kind
        self.path = path
        self.message = message
    }

    public var description: String { self.path.isEmpty ? self.message : "\(self.path): \(self.message)" }
}

extension WireDecodingError {
    init(_ path: [any CodingKey], _ message: String, kind: Kind = .invalid) {
        self.init(path: Self.text(of: path), message: message, kind: kind)
    }

    init(_ path: [any CodingKey], expected: String, got value: Value, kind: Kind = .invalid) {
        self.init(path, "expected \(expected), got \(Self.short(value))", kind: kind)
    }

    /// The longest way to a member that an error repeats: its keys are the caller's.
    private static let pathCharactersMax = 200

    /// Which of the two was meant, nobody can tell.
    init(_ duplicate: JSONDuplicateKey) {
        let path = duplicate.path.joined(separator: ".")
        self.init(
            path: path.count > Self.pathCharactersMax ? String(path.prefix(Self.pathCharactersMax)) + "…" : path,
            message: "is there twice, again in line \(duplicate.line); leave one of the two out", kind: .malformed)
    }

    /// Takes over what a type's own `init(from:)` says.
    init(_ error: any Error) {
        switch error {
        case let error as WireDecodingError:
            self = error
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            self.init(context.codingPath, context.debugDescription)
        case DecodingError.keyNotFound(let key, let context):
            self.init(context.codingPath + [key], "is required")
        default:
            self.init(path: "", message: "\(error)")
        }
    }

    static func text(of path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let position = key.intValue {
                text += "[\(position)]"
            } else {
                text += text.isEmpty ? key.wireName : "." + key.wireName
            }
        }
        return text
    }

    /// The longest part of a wrong string that a message repeats.
    private static let charactersShownMax = 60

    private static func short(_ value: Value) -> String {
        switch value {
        case .null, .list, .object: value.kindName
        case .bool, .int, .double: value.jsonText(.compact)
        case .string(let text) where text.count > Self.charactersShownMax:
            Value.string(text.prefix(Self.charactersShownMax) + "…").jsonText(.compact)
        case .string: value.jsonText(.compact)
        }
    }
}
