import CasareDomain
import CasareEngine
import Testing

/// Whatever the text is, the JSON parser says what it is or what is wrong with it.
struct JSONProperties {
    private static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\n", "null", "true", "false", "-", "0", "1", "12",
        ".5",
        "e9", "E-", " ", "\n", "\u{FEFF}", "\"a\"", "\"a\":", "9223372036854775808", "1e999", "ä", "😀", "\u{1}",
    ]

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `values survive being written and read, in every style`(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        for _ in 0..<4000 {
            let value = generator.value()
            let text = value.jsonText(.compact)
            #expect(try Value(parsingJSON: text) == value)
            #expect(try Value(parsingJSON: text).jsonText(.compact) == text)
            let styled = value.jsonText(
                generator.pick([.spaced, .pretty(indent: 2), .compact]), sortKeys: generator.chance(oneIn: 2),
                escapeNonASCII: generator.chance(oneIn: 2))
            #expect(try Value(parsingJSON: styled) == value)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `any text is read or refused, and what is read can be written`(seed: UInt64) throws {
        var generator = Generator(seed: 100 + seed)
        for _ in 0..<4000 {
            let text = generator.text(of: Self.pieces, upTo: 12)
            try Self.check(Array(text.utf8))
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged text is read or refused`(seed: UInt64) throws {
        var generator = Generator(seed: 200 + seed)
        for _ in 0..<4000 {
            let bytes = generator.mutated(generator.value().jsonText(), with: Self.pieces)
            try Self.check(bytes)
        }
    }

    private static func check(_ bytes: [UInt8]) throws {
        guard let value = try? Value(parsingJSON: bytes) else { return }
        let text = value.jsonText()
        let again = try Value(parsingJSON: text)
        #expect(again == value)
        #expect(again.jsonText() == text)
        var duplicates: [JSONDuplicateKey] = []
        #expect(try Value(parsingJSON: String(decoding: bytes, as: UTF8.self), duplicateKeys: &duplicates) == value)
    }
}
