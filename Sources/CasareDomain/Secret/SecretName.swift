import FoundationEssentials

extension Secret {
    /// What people and workflows call a secret: parts of lower-case letters, digits, `.`, `_` and `-`, joined by `/`.
    public struct Name: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible,
        LosslessStringConvertible
    {
        public static let charactersMax = 200
        /// The rule as a sentence goes on with it.
        public static let rule =
            "parts of a-z, 0-9, \".\", \"_\" and \"-\" that begin with a letter or digit, joined by \"/\", at most "
            + "\(Self.charactersMax) characters, and no UUID"

        public let rawValue: String

        /// - Returns: `nil` for anything that is not of the form, and for what would be read as an ID.
        public init?(rawValue: String) {
            guard (1...Self.charactersMax).contains(rawValue.utf8.count), UUID(uuidString: rawValue) == nil else {
                return nil
            }
            let parts = rawValue.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.allSatisfy(Self.isPart) else { return nil }
            self.rawValue = rawValue
        }

        public init?(_ description: String) { self.init(rawValue: description) }

        private static func isPart(_ part: Substring.UTF8View) -> Bool {
            guard let first = part.first, self.isLetterOrDigit(first) else { return false }
            return part.allSatisfy { byte in
                self.isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
        }

        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }

        public var description: String { self.rawValue }

        public init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let name = Self(rawValue: text) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "is no name of a secret, which is \(Self.rule)"))
            }
            self = name
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(self.rawValue)
        }

        /// As the database orders them, byte by byte.
        public static func < (left: Self, right: Self) -> Bool {
            left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
        }
    }
}
