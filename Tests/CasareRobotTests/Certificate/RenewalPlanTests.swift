@testable import CasareRobot
import FoundationEssentials
import Testing

/// When a robot renews its certificate.
struct RenewalPlanTests {
    fileprivate static let start = Date(timeIntervalSince1970: 1_767_268_800)
    /// A life of 30 days: two thirds of it are 20.
    fileprivate static let end = Self.start + 30 * 86_400
    private static let due = Self.start + 20 * 86_400

    @Test func `it is renewed after two thirds of its life`() {
        var plan = RenewalPlan(jitter: 0)
        #expect(plan.step(at: Self.due - 1) == .wait(.seconds(1)))
        #expect(plan.step(at: Self.due) == .renew)
        #expect(plan.step(at: Self.end - 1) == .renew)
    }

    @Test func `it is looked at now and then, for another may be there`() {
        var plan = RenewalPlan(jitter: 0)
        #expect(plan.step(at: Self.start) == .wait(RenewalPlan.lookEvery))
    }

    @Test(arguments: [0.0, 0.5, 0.999])
    func `robots of one batch are spread, and none of them comes late`(jitter: Double) {
        var plan = RenewalPlan(jitter: jitter)
        let own = Self.due + 30 * 86_400 * 0.05 * jitter
        #expect(plan.step(at: own + 1) == .renew)
        if jitter > 0 { #expect(plan.step(at: Self.due) != .renew) }
        #expect(own < Self.end - 7 * 86_400)
    }

    @Test func `after a failure it waits, and tries again until the end`() {
        var plan = RenewalPlan(jitter: 0)
        #expect(plan.step(at: Self.due) == .renew)
        #expect(plan.renewalFailed(now: Self.due, until: Self.end) == .seconds(3600))
        #expect(plan.step(at: Self.due + 3599) == .wait(.seconds(1)))
        #expect(plan.step(at: Self.due + 3600) == .renew)
        // The nearer the end, the sooner again; but not without a pause.
        #expect(plan.renewalFailed(now: Self.end - 100, until: Self.end) == .seconds(5))
        #expect(plan.renewalFailed(now: Self.end - 1, until: Self.end) == .seconds(1))
    }

    @Test func `another certificate begins anew`() {
        var plan = RenewalPlan(jitter: 0)
        _ = plan.renewalFailed(now: Self.due, until: Self.end)
        #expect(plan.step(at: Self.due, serial: "b") == .renew)
    }

    @Test func `one that has ended cannot be renewed`() {
        var plan = RenewalPlan(jitter: 0)
        #expect(plan.step(at: Self.end) == .ended(.seconds(60)))
    }
}

extension RenewalPlan {
    fileprivate mutating func step(at now: Date, serial: String = "a") -> Step {
        self.looked(at: serial, from: RenewalPlanTests.start, until: RenewalPlanTests.end, now: now)
    }
}
