import CasareEngine
import Testing

@testable import CasareNodes

/// Texts of workflows in the lines of protocols.
@Suite struct CommandTextTests {
    @Test(arguments: [
        ("plain", #""plain""#), ("", "\"\""), (#"a "b" \c"#, #""a \"b\" \\c""#), (#"\""#, #""\\\"""#),
        // One character with its accent, and a quote all the same.
        ("a\"\u{301} b", "\"a\\\"\u{301} b\""), ("a\\\u{301}", "\"a\\\\\u{301}\""),
    ])
    func `nothing in a text ends its quotes`(text: String, quoted: String) {
        #expect(Array(CommandText.quoted(text).utf8) == Array(quoted.utf8))
    }

    @Test func `an SFTP path stays one word of its command`() throws {
        let (old, new) = (try RemotePath("a\"\u{301} b"), try RemotePath("c d"))
        let lines = RemoteCommand.rename(old, to: new).lines(.sftp)
        #expect(lines.map { Array($0.utf8) } == [Array("rename \"a\\\"\u{301} b\" \"c d\"".utf8)])
    }

    @Test(arguments: ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\u{1B}b", "a\u{7F}b", "\r\n\u{301}"])
    func `nothing in a text ends its line`(text: String) {
        let failure = #expect(throws: NodeFailure.self) { try CommandText.check(text, of: "subject") }
        #expect(failure?.message == "subject must not contain line breaks or other control characters")
    }

    @Test func `tabs and letters of all kinds may stand in a line`() throws {
        try CommandText.check("a\tb ö \u{1F600}", of: "subject")
    }

    @Test(arguments: [
        ("/a b/ö~", "%2Fa%20b/%C3%B6~"), ("a/b", "a/b"), ("a%2Fb", "a%252Fb"), ("", ""), ("/", "%2F"),
        ("/\u{301}", "%2F%CC%81"),
    ])
    func `a remote path stands in a URL as it is, its first slash apart`(path: String, encoded: String) throws {
        #expect(try RemotePath(path).percentEncoded(leadingSlash: "%2F") == encoded)
    }
}
