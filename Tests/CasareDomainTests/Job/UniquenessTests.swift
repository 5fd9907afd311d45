@testable import CasareDomain
import Testing

struct UniquenessTests {
    private static func make(
        scope: Job.UniqueKey.ScopeName? = nil, window: Double? = nil,
        conflict: Job.Uniqueness.ConflictName? = nil, debounce: Double? = nil, max: Double? = nil
    ) throws(Job.Uniqueness.Invalid) -> Job.Uniqueness {
        try Job.Uniqueness(
            key: "k", scope: scope, windowSeconds: window, onConflict: conflict, debounceSeconds: debounce,
            debounceMaxSeconds: max)
    }

    @Test func `what is not said follows from what is`() throws {
        let plain = try Self.make()
        #expect(plain.key == Job.UniqueKey(key: "k", scope: .unfinished) && plain.conflict == .returnExisting)
        #expect(try Self.make(window: 5).key.scope == .window(seconds: 5))
        let debounced = try Self.make(debounce: 5, max: 5)
        #expect(debounced == (try Job.Uniqueness("k", debounceSeconds: 5, secondsMax: 5)))
        #expect(debounced.key.scope == .waiting && debounced.conflictName == .replace)
    }

    @Test(arguments: [0, -1, .nan, .infinity, Job.spanSecondsMax + 1])
    func `spans are above zero and at most 30 days`(seconds: Double) {
        let message = "expected seconds above 0, up to 2592000, got \(seconds)"
        #expect(throws: Job.Uniqueness.Invalid(member: .windowSeconds, description: message)) {
            try Self.make(window: seconds)
        }
        #expect(throws: Job.Uniqueness.Invalid(member: .debounceSeconds, description: message)) {
            try Self.make(debounce: seconds)
        }
        #expect(throws: Job.Uniqueness.Invalid(member: .debounceMaxSeconds, description: message)) {
            try Self.make(debounce: 1, max: seconds)
        }
    }

    @Test func `members that contradict each other are refused`() {
        func refused(_ member: Job.Uniqueness.Invalid.Member, _ body: () throws -> Job.Uniqueness) -> Bool {
            do {
                _ = try body()
                return false
            } catch {
                return (error as? Job.Uniqueness.Invalid)?.member == member
            }
        }
        #expect(refused(.windowSeconds) { try Self.make(scope: .window) })
        #expect(refused(.windowSeconds) { try Self.make(scope: .waiting, window: 5) })
        #expect(refused(.onConflict) { try Self.make(conflict: .reject, debounce: 5) })
        #expect(refused(.onConflict) { try Self.make(conflict: .return, debounce: 5) })
        #expect(refused(.scope) { try Self.make(scope: .unfinished, debounce: 5) })
        #expect(refused(.debounceMaxSeconds) { try Self.make(max: 5) })
        #expect(refused(.debounceMaxSeconds) { try Self.make(debounce: 6, max: 5) })
    }

    @Test func `requirements are the same in any order, and to the byte`() {
        let one = Job.Requirements(tags: ["b", "a", "b", "é", "e\u{301}"])
        #expect(one.tags.map { $0.unicodeScalars.count } == [1, 1, 2, 1])
        #expect(one == Job.Requirements(tags: ["e\u{301}", "a", "é", "b"]))
        #expect(Job.Requirements(tags: []) == .anyRobot && Job.Requirements(capabilities: ["x"]) != .anyRobot)
    }
}
