import Crypto
import FoundationEssentials

/// The text of a token as its bearer shows it: a mark and 43 characters of random. Never printed by accident.
package struct TokenText: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// How a token begins: it says what the token is for.
    package enum Mark: String, Hashable, Sendable, CaseIterable {
        /// Requests.
        case token = "crpa_"
        /// A robot's first certificate, and nothing else.
        case enrolment = "cren_"
    }

    private static let randomBytes = 32
    private static let bytesMax = 128
    /// How much of a token people are shown again: enough to tell two of them apart. The rest is 232 bits.
    private static let prefixCharacters = Mark.token.rawValue.utf8.count + 4

    private let text: String

    /// `nil` for what cannot be a token of that kind.
    package init?(_ text: String, _ mark: Mark = .token) {
        guard text.hasPrefix(mark.rawValue), text.utf8.count <= Self.bytesMax else { return nil }
        self.text = text
    }

    init(_ mark: Mark = .token, using generator: inout some RandomNumberGenerator) {
        let bytes = (0..<Self.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let base64 = Data(bytes).base64EncodedString()
        self.text =
            mark.rawValue
            + base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    package static func random(_ mark: Mark = .token) -> TokenText {
        var generator = SystemRandomNumberGenerator()
        return TokenText(mark, using: &generator)
    }

    /// The one way to the text: to show it once to whoever created it.
    package func reveal() -> String { self.text }

    /// Its beginning, which is kept beside the hash and may be seen by people.
    package var prefix: String { String(self.text.prefix(Self.prefixCharacters)) }

    /// SHA-256. Tokens are random, so nothing slower is needed, and they are looked up by it: how long a look-up takes
    /// says nothing of any other token.
    var hash: [UInt8] { Array(SHA256.hash(data: Array(self.text.utf8))) }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
