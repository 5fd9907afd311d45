import CasareDomain
@testable import CasareRobot
import FoundationEssentials
import Synchronization
import Testing

struct RunningJobsTests {
    private static func lease(_ job: Job.ID = Job.ID(rawValue: UUID()), token: Int64 = 1) -> Lease {
        Lease(job: job, token: Lease.Token(rawValue: token))
    }

    @Test func `a lease that was lost does not stop the run under a newer one of the same job`() {
        let running = RunningJobs(slots: 2)
        let stopped = Mutex<[Lease.Token]>([])
        let former = Self.lease()
        let newer = Self.lease(former.job, token: 2)
        running.began(former) { stopped.withLock { $0.append(former.token) } }
        // The job failed, was tried again at once and leased anew while the renewal was on its way.
        running.ended(former)
        running.began(newer) { stopped.withLock { $0.append(newer.token) } }
        running.stop([former])
        #expect(stopped.withLock { $0 } == [])
        #expect(running.leases == [newer])
        running.stop([newer])
        #expect(stopped.withLock { $0 } == [newer.token])
    }

    @Test func `of several runs those are stopped whose leases are lost`() {
        let running = RunningJobs(slots: 3)
        let stopped = Mutex<[Lease]>([])
        let leases = (0..<3).map { _ in Self.lease() }
        for lease in leases { running.began(lease) { stopped.withLock { $0.append(lease) } } }
        running.stop([leases[2], Self.lease(), leases[0]])
        #expect(stopped.withLock { $0 } == [leases[2], leases[0]])
        running.stop([])
        #expect(stopped.withLock(\.count) == 2)
    }

    @Test func `a lease that is known to be lost is held no more, and named in renewals until its run ends`() {
        let running = RunningJobs(slots: 2)
        let leases = (0..<2).map { _ in Self.lease() }
        for lease in leases { running.began(lease) {} }
        running.stop([leases[0]])
        #expect(running.held == [leases[1]])
        #expect(Set(running.leases) == Set(leases))
    }

    @Test func `a job that is to be paused ends after its step, until it is to go on`() {
        let running = RunningJobs(slots: 2)
        let leases = (0..<2).map { _ in Self.lease() }
        for lease in leases { running.began(lease) {} }
        running.pause([leases[0].job], of: leases)
        #expect(running.isToPause(leases[0]) && running.isToEnd(leases[0]))
        #expect(!running.isToPause(leases[1]) && !running.isToEnd(leases[1]))
        running.pause([], of: leases)
        #expect(!running.isToEnd(leases[0]))
        running.beginStopping()
        #expect(running.isToEnd(leases[0]) && !running.isToPause(leases[0]))
    }

    @Test func `the end of a former lease leaves a newer one running`() {
        let running = RunningJobs(slots: 2)
        let former = Self.lease()
        let newer = Self.lease(former.job, token: 2)
        running.began(former) {}
        running.began(newer) {}
        running.ended(former)
        #expect(running.leases == [newer])
    }
}
