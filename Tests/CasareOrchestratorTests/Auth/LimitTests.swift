import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Synchronization
import Testing

/// What is counted in memory, between two questions to the database.
struct LimitTests {
    private static let rule = LockoutRule(failuresMax: 20, within: .seconds(300), lockedFor: .seconds(900))

    private static func subject(
        _ token: String = "crpa_abcdefgh", from source: String? = "192.0.2.1"
    ) -> Lockouts.Subject {
        Lockouts.Subject(
            source.flatMap { NetworkAddress($0) }, ShownCredential(header: "Bearer \(token)"))
    }

    /// What was written, and how often something was asked.
    private final class Written: Sendable {
        let counts = Mutex<[Int]>([])
        let asked = Mutex(0)
        let isAway = Mutex(false)

        func ask() -> Int {
            self.asked.withLock { asked in
                asked += 1
                return asked
            }
        }
    }

    @Test func `failures are written in chunks, and what is left of them now and then`() async throws {
        let written = Written()
        let lockouts = Lockouts(rule: Self.rule) { _, count in
            written.counts.withLock { $0.append(count) }
            return nil
        }
        for _ in 0..<9 { await lockouts.failed(Self.subject()) }
        #expect(written.counts.withLock { $0 } == [4, 4])
        try await lockouts.flush()
        #expect(written.counts.withLock { $0 } == [4, 4, 1])
        try await lockouts.flush()
        #expect(written.counts.withLock { $0.count } == 3)
    }

    @Test func `whoever is locked out stays so until the time is over, and nobody else`() async {
        let lockouts = Lockouts(rule: Self.rule) { _, _ in 900 }
        let start = ContinuousClock.now
        let subject = Self.subject()
        lockouts.locked(subject, forSeconds: 900, at: start)
        #expect(lockouts.wait(of: subject, at: start + .seconds(899)) == 1)
        #expect(lockouts.wait(of: Self.subject(from: "192.0.2.2"), at: start) == nil)
        #expect(lockouts.wait(of: Self.subject("crpa_other"), at: start) == nil)
        #expect(lockouts.wait(of: subject, at: start + .seconds(900)) == nil)
    }

    @Test func `failures that cannot be written are not lost`() async throws {
        struct Away: Error {}
        let written = Written()
        written.isAway.withLock { $0 = true }
        let lockouts = Lockouts(rule: Self.rule) { _, count in
            if written.isAway.withLock({ $0 }) { throw Away() }
            written.counts.withLock { $0.append(count) }
            return nil
        }
        for _ in 0..<4 { await lockouts.failed(Self.subject()) }
        await #expect(throws: Away.self) { try await lockouts.flush() }
        written.isAway.withLock { $0 = false }
        try await lockouts.flush()
        #expect(written.counts.withLock { $0 } == [4])
    }

    private static let networkRule = LockoutRule(
        failuresMax: 20, networkFailuresMax: 50, within: .seconds(300), lockedFor: .seconds(900))

    /// Who failures were written of.
    private final class Counted: Sendable {
        let failures = Mutex<[Lockouts.Subject: Int]>([:])

        var ofNetworks: Int { self.failures.withLock { $0.filter { $0.key.isNetwork }.values.reduce(0, +) } }
        var beginnings: Int { self.failures.withLock { $0.keys.count(where: { !$0.isNetwork }) } }
    }

    private static func lockouts(_ counted: Counted) -> Lockouts {
        Lockouts(rule: self.networkRule) { subject, count in
            let failures = counted.failures.withLock { failures in
                failures[subject, default: 0] += count
                return failures[subject] ?? 0
            }
            return subject.isNetwork && failures >= 50 ? 900 : nil
        }
    }

    @Test func `whatever is shown counts for the network that it comes from, until that is locked`() async throws {
        let counted = Counted()
        let lockouts = Self.lockouts(counted)
        for number in 0..<50 {
            let seconds = await lockouts.failed(Self.subject("crpa_\(1000 + number)"))
            #expect(seconds == nil, "\(number)")
        }
        #expect(lockouts.wait(of: Self.subject().network) != nil)
        // Nothing of it is kept any more, however much comes.
        try await lockouts.flush()
        #expect(counted.ofNetworks == 50 && counted.beginnings == 49)
        for number in 0..<50 {
            let seconds = await lockouts.failed(Self.subject("crpa_\(2000 + number)"))
            #expect((899...900).contains(seconds ?? 0), "\(number)")
        }
        try await lockouts.flush()
        #expect(counted.ofNetworks == 50 && counted.beginnings == 49)
        // A beginning is not locked by that, and neither are other networks.
        #expect(lockouts.wait(of: Self.subject()) == nil)
        let elsewhere = await lockouts.failed(Self.subject(from: "192.0.2.2"))
        #expect(elsewhere == nil)
    }

    @Test func `beginnings that somebody makes up keep no network from being counted`() async throws {
        let counted = Counted()
        let lockouts = Self.lockouts(counted)
        // From many networks: none of them comes to a lock.
        for number in 0..<6000 {
            let source = "10.\(number / 250).0.\(number % 250)"
            await lockouts.failed(Self.subject("crpa_\(1000 + number)", from: source))
        }
        for _ in 0..<50 { await lockouts.failed(Self.subject()) }
        #expect(lockouts.wait(of: Self.subject().network) != nil)
        while try await self.flushed(lockouts, counted) {}
        #expect(counted.beginnings <= 5000 && counted.ofNetworks > 5000)
    }

    /// Whether anything was left to write.
    private func flushed(_ lockouts: Lockouts, _ counted: Counted) async throws -> Bool {
        let before = counted.failures.withLock { $0.values.reduce(0, +) }
        try await lockouts.flush()
        return counted.failures.withLock { $0.values.reduce(0, +) } > before
    }

    @Test func `a network of version 6 is what begins with the same 64 bits`() {
        #expect(Self.subject(from: "2001:db8:1:2::3").network == Self.subject("x", from: "2001:db8:1:2:f::9").network)
        #expect(Self.subject().network.description == "192.0.2.1 *")
        #expect(Self.subject().network != Self.subject() && !Self.subject().isNetwork)
        #expect(Self.subject(from: "192.0.2.2").network != Self.subject().network)
    }

    @Test func `failures are counted by the network of version 6, and by what was shown`() {
        #expect(Self.subject(from: "2001:db8:1:2::3") == Self.subject(from: "2001:db8:1:2:ffff::9"))
        #expect(Self.subject(from: "2001:db8:1:2::3") != Self.subject(from: "2001:db8:1:3::3"))
        #expect(Self.subject("crpa_abcdXXXX") == Self.subject("crpa_abcdYYYY"))
        #expect(Self.subject("crpa_abcdXXXX") != Self.subject("crpa_abceXXXX"))
        #expect(Self.subject("e30.e30.aaaa") != Self.subject("e30.e30.bbbb"))
        #expect(!Self.subject("crpa_abcdefghijkl").description.contains("efghijkl"))
        #expect(Self.subject(from: nil).description == "unknown crpa_abcd")
    }

    @Test func `a chunk is given out one by one, and whoever is refused asks nobody`() async throws {
        let written = Written()
        let limiter = RateLimiter(rate: RequestRate(perSecond: 30)) { _ in
            written.ask() == 1 ? .granted : .refused(wait: 60)
        }
        let ann = Principal(tenant: .default, name: "ann", kind: .token, role: .viewer)
        for _ in 0..<3 { try await limiter.pass(ann) }
        for _ in 0..<5 {
            let problem = await #expect(throws: APIProblem.self) { try await limiter.pass(ann) }
            #expect(problem?.code == .tooManyRequests && problem?.details?["reason"] == "rate_limit")
            #expect((59...60).contains(problem?.retryAfterSeconds ?? 0))
        }
        #expect(written.asked.withLock { $0 } == 2)
    }

    @Test func `many requests at the same moment ask once`() async throws {
        let written = Written()
        let limiter = RateLimiter(rate: RequestRate(perSecond: 1000)) { _ in
            _ = written.ask()
            for _ in 0..<20 { await Task.yield() }
            return .granted
        }
        let ann = Principal(tenant: .default, name: "ann", kind: .token, role: .viewer)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<100 { tasks.addTask { try await limiter.pass(ann) } }
            try await tasks.waitForAll()
        }
        #expect(written.asked.withLock { $0 } == 1)
    }

    @Test func `uses of a token are taken once, the last one of each`() {
        let uses = TokenUses()
        let (early, late) = (Self.noon, Self.noon.addingTimeInterval(5))
        uses.note(7, of: .default, from: NetworkAddress("192.0.2.1"), at: early)
        uses.note(7, of: .default, from: NetworkAddress("192.0.2.2"), at: late)
        let taken = uses.take()
        #expect(taken == [TokenUse(tenant: .default, token: 7, at: late, source: "192.0.2.2")])
        #expect(uses.take().isEmpty)
        // What could not be written comes again, unless something later has come.
        uses.putBack(taken)
        #expect(uses.take() == taken)
    }

    private static let noon = Date(timeIntervalSince1970: 1_767_268_800)
}
