import CasareDomain
import Testing

/// A session of 30 s with a heartbeat every 10: trusted for 27 s, because a tenth is kept for stopping.
struct LeaseTrustTests {
    let start = ContinuousClock.now
    var trust: LeaseTrust

    init() {
        self.trust = LeaseTrust(duration: .seconds(30), interval: .seconds(10), openedAt: self.start)
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    @Test mutating func `the first renewal is due after one interval`() {
        #expect(self.trust.nextTimer == self.at(10))
        #expect(self.trust.timerFired(at: self.at(9.9)) == .none)
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
    }

    @Test(arguments: [26.9, 27, 27.1])
    mutating func `a session is trusted to the end and no longer`(second: Double) {
        let action = self.trust.timerFired(at: self.at(second))
        #expect(action == (second < 27 ? .sendRenewal(giveUpAt: self.at(27)) : .stopJobs))
        #expect(self.trust.isLost == (second >= 27))
    }

    @Test mutating func `a renewal counts from when it was asked for, not from when the answer came`() {
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalSucceeded()
        #expect(self.trust.nextTimer == self.at(20))
        #expect(self.trust.timerFired(at: self.at(20)) == .sendRenewal(giveUpAt: self.at(37)))
    }

    @Test mutating func `a failed renewal is tried again while there is time`() {
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalFailed(at: self.at(12))
        #expect(self.trust.nextTimer == self.at(13))
        #expect(self.trust.timerFired(at: self.at(13)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalFailed(at: self.at(26.5))
        #expect(self.trust.nextTimer == self.at(27))
        #expect(self.trust.timerFired(at: self.at(27)) == .stopJobs)
    }

    @Test mutating func `a refused renewal is tried again after an interval, while there is time`() {
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalRefused(at: self.at(12))
        #expect(self.trust.nextTimer == self.at(22))
        #expect(self.trust.timerFired(at: self.at(22)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalRefused(at: self.at(22.5))
        #expect(self.trust.nextTimer == self.at(27))
        #expect(self.trust.timerFired(at: self.at(27)) == .stopJobs)
        self.trust.renewalRefused(at: self.at(28))
        #expect(self.trust.isLost)
    }

    @Test mutating func `an answer that comes too late changes nothing`() {
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
        #expect(self.trust.timerFired(at: self.at(27)) == .stopJobs)
        self.trust.renewalSucceeded()
        #expect(self.trust.isLost)
        #expect(self.trust.nextTimer == nil)
        #expect(self.trust.timerFired(at: self.at(40)) == .none)
    }

    @Test mutating func `news has the session renewed at once, and no later than it would be anyway`() {
        self.trust.newsCame(at: self.at(4))
        #expect(self.trust.nextTimer == self.at(4))
        #expect(self.trust.timerFired(at: self.at(4)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.renewalSucceeded()
        #expect(self.trust.nextTimer == self.at(14))
        self.trust.newsCame(at: self.at(20))
        #expect(self.trust.nextTimer == self.at(14))
    }

    @Test mutating func `much news one after the other becomes few renewals`() {
        self.trust.newsCame(at: self.at(4))
        _ = self.trust.timerFired(at: self.at(4))
        self.trust.renewalSucceeded()
        self.trust.newsCame(at: self.at(4.01))
        self.trust.newsCame(at: self.at(4.02))
        #expect(self.trust.nextTimer == self.at(4) + .milliseconds(50))
    }

    @Test mutating func `news changes nothing about a renewal under way or a lost session`() {
        _ = self.trust.timerFired(at: self.at(10))
        self.trust.newsCame(at: self.at(11))
        #expect(self.trust.nextTimer == self.at(27))
        self.trust.sessionRefused()
        self.trust.newsCame(at: self.at(12))
        #expect(self.trust.isLost && self.trust.nextTimer == nil)
    }

    @Test mutating func `a refused session is lost at once`() {
        #expect(self.trust.timerFired(at: self.at(10)) == .sendRenewal(giveUpAt: self.at(27)))
        self.trust.sessionRefused()
        #expect(self.trust.isLost)
    }

    @Test mutating func `a process that slept past its lease stops its jobs first`() {
        #expect(self.trust.timerFired(at: self.at(600)) == .stopJobs)
    }
}
