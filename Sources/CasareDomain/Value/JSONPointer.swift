/// The way to one value inside another (RFC 6901): `/lines/0/amount`; empty for the whole.
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// Names of members and positions in lists, from the outside in.
    public let tokens: [String]

    /// Behind the last element of a list.
    static let behindLast = "-"

    /// - Returns: `nil` for text that does not begin with `/`, or has a `~` before something else than 0 and 1.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            self.tokens = []
            return
        }
        // By scalars: a character may be a slash with an accent on it.
        guard text.unicodeScalars.first == "/" else { return nil }
        var tokens: [String] = []
        for part in text.unicodeScalars.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    public var description: String {
        self.tokens.map { "/" + $0.unicodeScalars.map(Self.escaped).joined() }.joined()
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "~": "~0"
        case "/": "~1"
        default: String(scalar)
        }
    }

    /// Whether `other` is a place inside of this one's value.
    func isAbove(_ other: JSONPointer) -> Bool {
        self.tokens.count < other.tokens.count
            && zip(self.tokens, other.tokens).allSatisfy { $0.isExactly($1) }
    }

    private static func unescaped(_ part: Substring.UnicodeScalarView) -> String? {
        var token = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in part {
            switch (isEscaped, scalar) {
            case (true, "0"): token.append("~")
            case (true, "1"): token.append("/")
            case (true, _): return nil
            case (false, "~"):
                isEscaped = true
                continue
            case (false, _): token.append(scalar)
            }
            isEscaped = false
        }
        return isEscaped ? nil : String(token)
    }

    /// A position in a list as RFC 6901 writes it: digits without a zero before them.
    static func position(_ token: String) -> Int? {
        guard let first = token.utf8.first, token.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            first != UInt8(ascii: "0") || token.utf8.count == 1
        else { return nil }
        return Int(token)
    }
}
