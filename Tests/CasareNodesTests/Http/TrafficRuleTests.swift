import CasareEngine
import CasareNodes
import FoundationEssentials
import Testing

@Suite struct TrafficRuleTests {
    private let start = ContinuousClock.now

    private func admits(_ breaker: inout CircuitBreaker, at now: ContinuousClock.Instant) -> Bool {
        breaker.admits(at: now)
    }

    @Test func `a breaker opens with the fifth failure in a row and lets one through after a minute`() {
        var breaker = CircuitBreaker()
        for _ in 1...4 { breaker.requestFailed(at: self.start) }
        #expect(self.admits(&breaker, at: self.start))
        breaker.requestFailed(at: self.start)
        #expect(!self.admits(&breaker, at: self.start))
        #expect(!self.admits(&breaker, at: self.start + .seconds(59)))
        #expect(self.admits(&breaker, at: self.start + .seconds(60)))
        #expect(!self.admits(&breaker, at: self.start + .seconds(61)))
        breaker.requestFailed(at: self.start + .seconds(62))
        #expect(!self.admits(&breaker, at: self.start + .seconds(121)))
        #expect(self.admits(&breaker, at: self.start + .seconds(122)))
        breaker.requestSucceeded()
        #expect(breaker.isFresh)
    }

    @Test func `an answer forgets the failures before it`() {
        var breaker = CircuitBreaker()
        for _ in 1...4 { breaker.requestFailed(at: self.start) }
        breaker.requestSucceeded()
        for _ in 1...4 { breaker.requestFailed(at: self.start) }
        #expect(self.admits(&breaker, at: self.start))
    }

    @Test func `a probe that is abandoned leaves the way to the next`() {
        var breaker = CircuitBreaker()
        for _ in 1...5 { breaker.requestFailed(at: self.start) }
        let later = self.start + .seconds(60)
        #expect(self.admits(&breaker, at: later))
        breaker.requestAbandoned(at: later)
        #expect(self.admits(&breaker, at: later))
        #expect(!self.admits(&breaker, at: later))
    }

    /// What that many requests must wait that come at the same time.
    private func waits(_ count: Int, _ rate: inout RequestRate, after duration: Duration = .zero) -> [Duration?] {
        var waits: [Duration?] = []
        for _ in 1...count { waits.append(rate.wait(at: self.start + duration)) }
        return waits
    }

    @Test func `ten requests go out within any second`() {
        var rate = RequestRate()
        let waits = self.waits(20, &rate)
        #expect(waits == Array(repeating: .zero, count: 10) + Array(repeating: .seconds(1), count: 10))
        #expect(self.waits(1, &rate, after: .milliseconds(500)) == [.milliseconds(1500)])
        #expect(rate.isFresh(at: self.start + .seconds(3)))
        #expect(self.waits(1, &rate, after: .seconds(3)) == [.zero])
    }

    @Test func `a request that would wait too long is refused`() {
        var rate = RequestRate()
        #expect(!self.waits(310, &rate).contains(nil))
        #expect(self.waits(1, &rate) == [nil])
        #expect(self.waits(1, &rate, after: .seconds(1)) == [.seconds(30)])
    }

    @Test func `waits double up to half a minute`() {
        let backoff = Backoff(first: .seconds(1))
        let waits = (1...7).map { backoff.delay(after: $0, jitter: 1) / .seconds(1) }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30])
        #expect(backoff.delay(after: 2, jitter: 0.8) == .milliseconds(1600))
        #expect(backoff.delay(after: 100, jitter: 1.2) == .seconds(30))
        #expect(Backoff(first: .seconds(90)).delay(after: 3, jitter: 1) == .seconds(90))
    }

    @Test(arguments: [
        ("7", 7.0), (" 0 ", 0), ("Thu, 01 Jan 1970 00:02:00 GMT", 20), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_677), ("soon", nil), ("-1", nil), ("", nil),
        ("Thu, 32 Jan 1970 00:00:00 GMT", nil), ("Thu, 01 Jan 1970 00:00 GMT", nil),
    ])
    func `Retry-After is seconds or a date`(field: String, seconds: Double?) {
        let wait = Backoff.retryAfter(field, now: Date(timeIntervalSince1970: 100))
        #expect(wait.map { $0 / .seconds(1) } == seconds)
    }

    @Test func `a device code is asked about at its interval until it expires`() {
        var polling = DeviceCodePolling(interval: 5, expiresIn: 20, timeout: 600, from: self.start)
        #expect(polling.wait(at: self.start) == .seconds(5))
        polling.mustSlowDown()
        #expect(polling.wait(at: self.start + .seconds(5)) == .seconds(10))
        #expect(polling.wait(at: self.start + .seconds(11)) == nil)
        #expect(polling.expiry.message == "OAuth error: expired_token - the code was good for 20 s")
        polling = DeviceCodePolling(interval: 1, expiresIn: 900, timeout: 30, from: self.start)
        polling.gotNoAnswer()
        #expect(polling.wait(at: self.start + .seconds(28)) == .seconds(2))
        #expect(polling.wait(at: self.start + .seconds(29)) == nil)
        #expect(polling.expiry.type == "TimeoutError")
    }
}
