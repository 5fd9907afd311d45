@testable import CasareOrchestrator
import Testing

struct KeyRefreshTests {
    private let start = ContinuousClock.now
    private var refresh = KeyRefresh()

    @Test mutating func `keys are fetched before the first use, and used then`() {
        #expect(self.refresh.action(isKnown: false, at: self.start) == .fetch)
        self.refresh.fetched(at: self.start)
        #expect(self.refresh.action(isKnown: true, at: self.start) == .use)
    }

    @Test(arguments: [(29, KeyRefresh.Action.refuse), (30, .fetch)])
    mutating func `an unknown key brings about a fetch now and then only`(second: Int, expected: KeyRefresh.Action) {
        self.refresh.fetched(at: self.start)
        #expect(self.refresh.action(isKnown: false, at: self.start + .seconds(second)) == expected)
    }

    @Test(arguments: [(599, KeyRefresh.Action.use), (600, .fetch)])
    mutating func `keys are looked at again after a while`(second: Int, expected: KeyRefresh.Action) {
        self.refresh.fetched(at: self.start)
        #expect(self.refresh.action(isKnown: true, at: self.start + .seconds(second)) == expected)
    }

    @Test mutating func `keys count on while the provider is away, for a day`() {
        self.refresh.fetched(at: self.start)
        let late = self.start + .seconds(24 * 3600 - 1)
        self.refresh.failed(at: late)
        #expect(self.refresh.action(isKnown: true, at: late) == .use)
        #expect(self.refresh.action(isKnown: true, at: late + .seconds(1)) == .refuse)
        #expect(self.refresh.action(isKnown: true, at: late + .seconds(30)) == .fetch)
    }

    @Test mutating func `a failed fetch is not tried again at once`() {
        self.refresh.failed(at: self.start)
        #expect(self.refresh.action(isKnown: false, at: self.start + .seconds(29)) == .refuse)
        #expect(self.refresh.action(isKnown: false, at: self.start + .seconds(30)) == .fetch)
    }
}
