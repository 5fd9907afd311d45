import CasareStore
import Testing

struct SealingKeyTests {
    private static let text = "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="

    private static func key(_ text: String = Self.text) throws -> SealingKey {
        try #require(SealingKey(text: text))
    }

    @Test func `what was sealed opens at its place with its key, and nowhere else`() throws {
        let key = try Self.key()
        let sealed = try key.seal(Array("secret".utf8), for: "here")
        let opened = try key.open(sealed, of: "here")
        #expect(opened == Array("secret".utf8))
        #expect(throws: SealingKey.OpeningError.altered) { try key.open(sealed, of: "there") }
        var bytes = sealed.bytes
        bytes[bytes.count - 1] ^= 1
        let altered = SealingKey.Sealed(bytes: bytes, keyID: sealed.keyID)
        #expect(throws: SealingKey.OpeningError.altered) { try key.open(altered, of: "here") }
        let other = try Self.key(SealingKey.randomText())
        #expect(throws: SealingKey.OpeningError.otherKey(wanted: key.id, known: other.id)) {
            try other.open(sealed, of: "here")
        }
    }

    @Test func `twice the same is sealed to different bytes`() throws {
        let key = try Self.key()
        let first = try key.seal([1, 2, 3], for: "x")
        let second = try key.seal([1, 2, 3], for: "x")
        #expect(first != second)
    }

    @Test func `a key is read in base64 of either kind and in hex`() throws {
        let hex = String(repeating: "5a", count: 32)
        let same = [Self.text, String(Self.text.dropLast()), hex, hex.uppercased()]
        #expect(Set(same.compactMap { SealingKey(text: $0)?.id }).count == 1)
        #expect(same.allSatisfy { SealingKey(text: $0) != nil })
        let wrong = ["", "short", String(hex.dropLast(2)), String(repeating: "z", count: 64)]
        #expect(wrong.allSatisfy { SealingKey(text: $0) == nil })
    }

    @Test func `a key is never printed`() throws {
        let key = try Self.key()
        #expect("\(key)" == "<redacted>" && String(reflecting: key).contains("redacted"))
        #expect(!key.id.contains(Self.text.prefix(8)) && key.id.count == 16)
    }
}
