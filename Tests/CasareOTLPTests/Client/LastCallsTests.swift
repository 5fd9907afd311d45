@testable import CasareOTLP
import Testing

/// What is tried at the end of a process where nobody is reached.
struct LastCallsTests {
    private static let start = ContinuousClock.now

    private var calls = LastCalls()

    private static func time(_ milliseconds: Int) -> ContinuousClock.Instant {
        Self.start + .milliseconds(milliseconds)
    }

    private mutating func isGivenUp(_ milliseconds: Int) -> Bool {
        self.calls.reachedNobody(callFrom: Self.time(milliseconds))
    }

    private mutating func end(_ milliseconds: Int = 0) -> Bool { self.calls.endBegan(at: Self.time(milliseconds)) }

    @Test mutating func `while the process runs nothing is given up`() {
        let calls = [0, 1000, 60_000].map { self.isGivenUp($0) }
        #expect(calls == [false, false, false])
    }

    @Test mutating func `at the end a call is repeated once, and then no other is`() {
        let hurries = self.end()
        let calls = [0, 20, 499, 500, 1000, 1001].map { self.isGivenUp($0) }
        #expect(!hurries && calls == [false, false, false, true, true, true])
    }

    @Test mutating func `where nobody was reached before, those who wait call once more`() {
        _ = self.isGivenUp(0)
        let hurries = self.end(100)
        let again = self.end(200)
        let call = self.isGivenUp(100)
        #expect(hurries && !again && call)
    }

    @Test mutating func `whoever answers is called again`() {
        _ = self.isGivenUp(0)
        self.calls.reached()
        let hurries = self.end(100)
        let first = self.isGivenUp(100)
        self.calls.reached()
        let later = self.isGivenUp(2000)
        let repeated = self.isGivenUp(3000)
        #expect(!hurries && !first && !later && repeated)
    }
}
