import CasareDomain
import FoundationEssentials
import Testing

struct SecretNameTests {
    @Test(arguments: ["a", "db/prod", "0", "smtp.mail-1_x/y.z", String(repeating: "a", count: 200)])
    func `names are parts of small letters and digits`(text: String) {
        #expect(Secret.Name(text)?.rawValue == text)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", "A", "a b", "-a", ".a", "a/.b", "ä", "a@1", "a\n",
        String(repeating: "a", count: 201), "0197f3a0-0000-7000-8000-000000000000",
    ])
    func `anything else is no name`(text: String) {
        #expect(Secret.Name(text) == nil)
    }

    @Test func `names are in the order of their bytes`() throws {
        let texts = ["a-b", "a.b", "a/b", "a0", "a_b", "ab"]
        let names = try texts.shuffled().map { try #require(Secret.Name($0)) }
        #expect(names.sorted().map(\.rawValue) == texts)
    }
}

struct SecretVersionTests {
    private static let now = Date(timeIntervalSince1970: 1000)
    private static let before = now.addingTimeInterval(-1)
    private static let after = now.addingTimeInterval(1)

    private static func state(
        pending: Bool = false, until: Date? = nil, deleted: Date? = nil, destroyed: Date? = nil
    ) -> SecretVersion.State {
        SecretVersion.state(
            isPending: pending, overlapUntil: until, deletedAt: deleted, destroyedAt: destroyed, at: self.now)
    }

    @Test func `a version is in the state that takes the most away`() {
        #expect(Self.state() == .live)
        #expect(Self.state(pending: true) == .pending)
        #expect(Self.state(until: Self.after) == .overlapping(until: Self.after))
        #expect(Self.state(until: Self.now) == .superseded(since: Self.now), "its time ends at that moment")
        #expect(Self.state(until: Self.before) == .superseded(since: Self.before))
        #expect(Self.state(pending: true, deleted: Self.before) == .deleted(at: Self.before))
        #expect(
            Self.state(until: Self.after, deleted: Self.before, destroyed: Self.now) == .destroyed(at: Self.now))
    }

    @Test func `only what is live or overlaps is given to jobs, and only what is there can be looked at`() {
        let states: [(SecretVersion.State, isUsable: Bool, isReadable: Bool)] = [
            (.pending, false, true), (.live, true, true), (.overlapping(until: Self.after), true, true),
            (.superseded(since: Self.before), false, true), (.deleted(at: Self.before), false, false),
            (.destroyed(at: Self.before), false, false),
        ]
        for (state, isUsable, isReadable) in states {
            #expect(state.isUsable == isUsable && state.isReadable == isReadable, "\(state.kind)")
        }
        #expect(Set(states.map(\.0.kind)) == Set(SecretVersion.Kind.allCases))
    }
}
