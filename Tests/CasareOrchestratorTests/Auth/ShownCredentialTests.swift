@testable import CasareOrchestrator
import Testing

struct ShownCredentialTests {
    private static func isSigned(_ text: String) -> Bool {
        if case .signed = ShownCredential(header: "Bearer \(text)").kind { return true }
        return false
    }

    @Test func `a signed token has three parts, and 16 KiB at the most`() {
        func token(ofBytes count: Int) -> String { "a.b." + String(repeating: "c", count: count - 4) }
        #expect(Self.isSigned(token(ofBytes: 5)))
        #expect(Self.isSigned(token(ofBytes: 16_384)))
        #expect(!Self.isSigned(token(ofBytes: 16_385)))
        #expect(!Self.isSigned("a.b") && !Self.isSigned("a.b.c.d"))
    }
}
