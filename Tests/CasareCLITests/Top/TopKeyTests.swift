import Testing

@testable import CasareCLI

/// Which keys the bytes of a terminal are.
struct TopKeyTests {
    private static func keys(_ texts: String...) -> [TopKey] {
        var reader = TopKeyReader()
        return texts.flatMap { reader.keys(in: Array($0.utf8)) }
    }

    @Test func `characters, also of several bytes, are keys`() {
        #expect(Self.keys("q1é日😀") == ["q", "1", "é", "日", "😀"].map { TopKey.character(Character($0)) })
    }

    @Test(arguments: [
        ("\u{1B}[A", TopKey.up), ("\u{1B}OA", .up), ("\u{10}", .up), ("\u{1B}[B", .down), ("\u{1B}OB", .down),
        ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}[F", .end),
        ("\u{1B}[4~", .end), ("\r", .enter), ("\n", .enter), ("\u{1B}", .escape), ("\u{7F}", .backspace),
        ("\u{08}", .backspace), ("\u{15}", .clearLine), ("\t", .tab), ("\u{03}", .interrupt), ("\u{1A}", .suspend),
        ("\u{0C}", .redraw), ("\u{1B}[1;2A", .up),
    ])
    func `a key sends one sequence`(bytes: String, key: TopKey) {
        #expect(Self.keys(bytes) == [key])
    }

    @Test func `what comes in pieces is put together`() {
        #expect(Self.keys("\u{1B}[", "A") == [.up])
        #expect(Self.keys("\u{1B}[1;", "2B", "x") == [.down, .character("x")])
        var reader = TopKeyReader()
        let bytes = Array("日".utf8)
        #expect(reader.keys(in: Array(bytes[..<1])) == [] && reader.keys(in: Array(bytes[1...])) == [.character("日")])
    }

    @Test func `what no key of ours sends is passed over`() {
        #expect(Self.keys("\u{1B}[13~q") == [.character("q")])
        #expect(Self.keys("\u{1B}xq") == [.character("q")])
        var reader = TopKeyReader()
        #expect(reader.keys(in: [0xFF, 0x80, 0x01, UInt8(ascii: "q")]) == [.character("q")])
    }

    @Test func `a sequence that never ends does not swallow keys for ever`() {
        var reader = TopKeyReader()
        #expect(reader.keys(in: [0x1B, 0x5B] + Array(repeating: 0x30, count: 100)) == [])
        #expect(reader.keys(in: [UInt8(ascii: "q")]) == [.character("q")])
    }
}
