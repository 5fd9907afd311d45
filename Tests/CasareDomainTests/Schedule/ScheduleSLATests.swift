import CasareDomain
import Testing

struct ScheduleSLATests {
    @Test func `a job that begins or ends in time breaks nothing`() {
        let sla = ScheduleSpec.SLA(startDelaySeconds: 300, durationSeconds: 60)
        #expect(sla.breaches(startDelay: 300, duration: 60) == [])
        #expect(sla.breaches(startDelay: 300.1, duration: 60) == [.startDelay])
        #expect(sla.breaches(startDelay: 300, duration: 60.1) == [.duration])
        #expect(sla.breaches(startDelay: 301, duration: 61) == [.startDelay, .duration])
    }

    @Test func `a job that has not begun can be too late, and has no duration`() {
        let sla = ScheduleSpec.SLA(startDelaySeconds: 300, durationSeconds: 60)
        #expect(sla.breaches(startDelay: 1000, duration: nil) == [.startDelay])
    }

    @Test func `what is not named is not watched`() {
        let sla = ScheduleSpec.SLA(successRate: 0.95)
        #expect(sla.breaches(startDelay: 1e9, duration: 1e9) == [])
        #expect(!ScheduleSpec.SLA(durationSeconds: 1).breaksSuccessRate([false, false, false]))
    }

    @Test(arguments: [
        (0.95, 20, 1, false), (0.95, 20, 2, true), (1, 20, 0, false), (1, 20, 1, true), (0.9, 10, 1, false),
        (0.9, 10, 2, true), (0.7, 10, 3, false), (0.7, 10, 4, true), (0.5, 1, 0, false), (0.5, 1, 1, true),
    ])
    func `the rate is broken once it cannot be reached any more`(
        rate: Double, runs: Int, failures: Int, isBroken: Bool
    ) {
        let sla = ScheduleSpec.SLA(successRate: rate, runs: runs)
        let all = Array(repeating: false, count: failures) + Array(repeating: true, count: runs - failures)
        #expect(sla.breaksSuccessRate(all) == isBroken)
        // Those to come are given credit for.
        #expect(sla.breaksSuccessRate(Array(repeating: false, count: failures)) == isBroken)
        #expect(!sla.breaksSuccessRate([]))
    }

    @Test func `jobs before the window do not count`() {
        let sla = ScheduleSpec.SLA(successRate: 1, runs: 3)
        #expect(sla.breaksSuccessRate([true, true, false, true]))
        #expect(!sla.breaksSuccessRate([true, true, true, false]))
    }

    @Test func `a broken rate is told once, and again when it was kept between`() {
        let sla = ScheduleSpec.SLA(successRate: 1, runs: 3)
        #expect(sla.beginsToBreakSuccessRate([false, true, true, true]))
        #expect(!sla.beginsToBreakSuccessRate([true, false, true, true]))
        #expect(!sla.beginsToBreakSuccessRate([false, false, true, true]))
        #expect(!sla.beginsToBreakSuccessRate([true, true, true, false]))
        #expect(sla.beginsToBreakSuccessRate([false, true, true, true, false]))
        #expect(sla.beginsToBreakSuccessRate([false]))
    }
}
