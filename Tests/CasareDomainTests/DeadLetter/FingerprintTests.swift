import Testing

@testable import CasareDomain

struct FingerprintTests {
    private static func failure(_ message: String, type: String = "HttpError") -> Failure {
        Failure(kind: .application, message: message, type: type)
    }

    @Test(arguments: [
        ("Timeout after 30 s", "Timeout after 45.5 s"),
        ("row 12 of 300 failed", "row 299 of 300 failed"),
        ("no file 'a.txt' here", "no file 'my b' here"),
        (#"key "x" is missing"#, #"key "customer" is missing"#),
        ("no `x` there", "no `yy` there"),
        ("job 01934b2c-7d1e-7abc-8def-0123456789ab died", "job 01934b2c-7d1e-7abc-9def-ffffffffffff died"),
        ("commit deadbeef is gone", "commit cafecafe is gone"),
        ("at 2026-01-02T03:04:05Z: refused", "at 2027-11-12T13:14:15Z: refused"),
        ("cannot open /tmp/x17/y", "cannot open /tmp/x18/z"),
        ("two  words\n", "two words"),
    ])
    func `messages that differ in particulars share a fingerprint`(left: String, right: String) {
        #expect(Self.failure(left).fingerprint == Self.failure(right).fingerprint)
    }

    @Test(arguments: [
        ("connection refused", "connection reset"), ("it can't open", "it can't close"), ("added", "removed"),
        ("a 'quoted", "a 'quotes"), ("", "x"),
    ])
    func `messages that say different things have different fingerprints`(left: String, right: String) {
        #expect(Self.failure(left).fingerprint != Self.failure(right).fingerprint)
    }

    @Test func `the error's type belongs to the fingerprint`() {
        #expect(Self.failure("x", type: "A").fingerprint != Self.failure("x", type: "B").fingerprint)
    }

    @Test func `a fingerprint is sixteen hex digits and never changes`() {
        #expect(Self.failure("row 12 failed").fingerprint == "0c5bfb32b33cc8ff")
        #expect(Self.failure("").fingerprint.utf8.count == 16)
    }

    @Test func `only the particulars are taken out`() {
        let message = #"It can't read "a b" (line 7, café) of user's 'x y': 10:42"#
        #expect(MessagePattern(message).text == #"It can't read "" (line #, café) of user's "": #"#)
    }

    @Test func `the end of a very long message does not count`() {
        let long = String(repeating: "ab ", count: 3000)
        #expect(Self.failure(long + "x").fingerprint == Self.failure(long + "y").fingerprint)
    }
}
