import Testing

@testable import CasareNodes

@Suite struct AttachmentNameTests {
    @Test(
        arguments: [
            ("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("C:\\a\\b.txt", "b.txt"),
            (".profile", "profile"),
            ("..", nil), ("", nil), ("a/", "a"),
            // To Swift a slash and the mark behind it are one character.
            ("a/\u{301}b", "\u{301}b"), ("a\\\u{301}b", "\u{301}b"), (".\u{301}b", "\u{301}b"),
        ] as [(String, String?)])
    func `of a sender's path only the last name is kept`(given: String, kept: String?) {
        #expect(AttachmentFiles.harmlessName(given) == kept)
    }
}
