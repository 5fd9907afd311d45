extension SecretGenerator: CustomStringConvertible {
    /// For whoever writes one.
    public static let form =
        "password[:LENGTH][,classes=lower+upper+digits+symbols][,exclude=CHARACTERS], words[:COUNT], uuid, "
        + "hex[:BYTES], base64[:BYTES] or base64url[:BYTES]"

    private static let kinds = ["password", "words", "uuid", "hex", "base64", "base64url"]
    private static let excludeMark = ",exclude="
    private static let classesMark = "classes="

    /// - Throws: for text of none of the forms.
    public init(_ text: String) throws(Invalid) {
        // What is excluded may hold commas and colons: it comes last, and goes to the end.
        var head = text[...]
        var excluded: String?
        if let mark = text.firstRange(of: Self.excludeMark) {
            head = text[..<mark.lowerBound]
            excluded = String(text[mark.upperBound...])
        }
        var parts = head.split(separator: ",", omittingEmptySubsequences: false)
        let first = parts.removeFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = String(first[0])
        let number = try first.count > 1 ? Self.number(first[1], in: text) : nil
        guard Self.kinds.contains(kind) else {
            throw Invalid("\"\(text.prefix(60))\" is no policy; write \(Self.form)")
        }
        guard kind == "password" || parts.isEmpty && excluded == nil else {
            throw Invalid("classes and exclude are for password; leave them out of \(kind)")
        }
        switch kind {
        case "password":
            self = .password(
                try Characters(
                    length: number ?? Characters.lengthDefault, classes: try Self.classes(parts),
                    excluding: excluded ?? ""))
        case "words": self = .words(try Words(count: number ?? Words.countDefault))
        case "uuid":
            guard number == nil else { throw Invalid("a UUID has one length; write uuid") }
            self = .uuid
        case "hex": self = .hex(bytes: try Self.bytes(number))
        case "base64": self = .base64(bytes: try Self.bytes(number))
        default: self = .base64URL(bytes: try Self.bytes(number))  // The last of `kinds`.
        }
    }

    private static func number(_ text: Substring, in whole: String) throws(Invalid) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw Invalid("\"\(whole.prefix(60))\": behind the colon stands a whole number, such as password:32")
        }
        return number
    }

    private static func bytes(_ number: Int?) throws(Invalid) -> Int {
        let bytes = number ?? self.bytesDefault
        guard self.bytesRange.contains(bytes) else {
            throw Invalid("it is made of \(self.bytesRange.lowerBound) to \(self.bytesRange.upperBound) random bytes")
        }
        return bytes
    }

    private static func classes(_ parts: [Substring]) throws(Invalid) -> Set<CharacterClass> {
        guard let part = parts.first else { return Set(CharacterClass.allCases) }
        guard parts.count == 1, part.hasPrefix(self.classesMark) else {
            throw Invalid(
                "\"\(part.prefix(60))\" is no part of a policy; behind the length stand classes= and, as the last, "
                    + "exclude=")
        }
        var classes: Set<CharacterClass> = []
        for name in part.dropFirst(self.classesMark.count).split(separator: "+", omittingEmptySubsequences: false) {
            guard let one = CharacterClass(rawValue: String(name)) else {
                throw Invalid(
                    "\"\(name.prefix(60))\" is no class; write some of \(Characters.classNames), with + between")
            }
            classes.insert(one)
        }
        return classes
    }

    /// As `init` reads it, without what goes without saying.
    public var description: String {
        switch self {
        case .password(let characters):
            var text = "password:\(characters.length)"
            if characters.classes != CharacterClass.allCases {
                text += ",\(Self.classesMark)" + characters.classes.map(\.rawValue).joined(separator: "+")
            }
            if !characters.excluded.isEmpty { text += Self.excludeMark + characters.excluded }
            return text
        case .words(let words): return "words:\(words.count)"
        case .uuid: return "uuid"
        case .hex(let bytes): return "hex:\(bytes)"
        case .base64(let bytes): return "base64:\(bytes)"
        case .base64URL(let bytes): return "base64url:\(bytes)"
        }
    }
}

extension SecretGenerator: Codable {
    /// - Throws: for text of none of the forms.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(Invalid) {
            self = try SecretGenerator(text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}
