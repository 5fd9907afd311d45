import CasareDomain
import Testing

/// What can happen, and to what.
struct EventKindTests {
    @Test(arguments: EventKind.allCases)
    func `a kind has the noun before it, unless it is of jobs`(kind: EventKind) {
        let words = kind.rawValue.split(separator: ".")
        switch kind.subject {
        case .job: #expect(words.count == 1)
        case .secret: #expect(words.count == 2 && words[0] == "secret")
        case .vault: #expect(words.count == 2 && words[0] == "vault")
        }
        if kind.subject != .job { #expect(!kind.endsJob) }
    }

    @Test func `something happens to each of them`() {
        #expect(Set(EventKind.allCases.map(\.subject)) == Set(EventKind.Subject.allCases))
    }
}
