import CasareDomain
@testable import CasareRobot
import FoundationEssentials
import Testing

struct JobProgressTests {
    private static let start = ContinuousClock.now

    private static func after(_ seconds: Double) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    @Test(arguments: [(160.0, nil), (161, 100.0)])
    func `a job is overdue when it outlives its time limit by the grace`(at seconds: Double, since: Double?) {
        let progress = JobProgress(timeLimit: .seconds(100), at: Self.start)
        #expect(progress.overdueSince(at: Self.after(seconds)) == since.map(Self.after))
    }

    @Test func `a step is overdue by its own limit, and no more once it has ended`() {
        var progress = JobProgress(timeLimit: .seconds(3600), at: Self.start)
        progress.happened(.stepBegan(timeLimit: .seconds(20)), at: Self.after(10))
        #expect(progress.overdueSince(at: Self.after(90)) == nil)
        #expect(progress.overdueSince(at: Self.after(91)) == Self.after(30))
        progress.happened(.moved, at: Self.after(92))
        #expect(progress.lastAt == Self.after(92) && progress.overdueSince(at: Self.after(93)) == Self.after(30))
        progress.happened(.stepEnded, at: Self.after(94))
        #expect(progress.overdueSince(at: Self.after(95)) == nil)
    }

    private static func lease(_ number: Int64) -> Lease {
        Lease(job: Job.ID(rawValue: UUID()), token: Lease.Token(rawValue: number))
    }

    @Test func `the renewal tells of the job that is overdue the longest and of the longest silence`() {
        let running = RunningJobs(slots: 3, at: Self.start)
        let (quick, slow) = (Self.lease(1), Self.lease(2))
        running.began(quick, timeLimit: .seconds(50), at: Self.after(0)) {}
        running.began(slow, timeLimit: .seconds(20), at: Self.after(0)) {}
        running.asked(at: Self.after(200))
        running.happened(.moved, to: quick, at: Self.after(190))
        let progress = running.progress(at: Self.after(205))
        #expect(progress.overdueJob == slow.job && progress.secondsOverdue == 185)
        #expect(progress.secondsSilent == 205 && progress.secondsUnasked == 5)
        running.ended(slow, at: Self.after(206))
        #expect(running.progress(at: Self.after(210)).overdueJob == quick.job)
        running.ended(quick, at: Self.after(211))
        #expect(running.progress(at: Self.after(212)).overdueJob == nil)
    }

    @Test func `a robot without a free slot need not ask, and counts from the slot that falls free`() {
        let running = RunningJobs(slots: 1, at: Self.start)
        #expect(running.progress(at: Self.after(4)).secondsUnasked == 4)
        let lease = Self.lease(1)
        running.began(lease, at: Self.after(5)) {}
        #expect(running.progress(at: Self.after(500)).secondsUnasked == nil)
        running.ended(lease, at: Self.after(600))
        #expect(running.progress(at: Self.after(607)).secondsUnasked == 7)
        running.asked(at: Self.after(608))
        #expect(running.progress(at: Self.after(609)).secondsUnasked == 1)
    }

    @Test func `fewer slots let go on what runs, and more are used at once`() {
        let running = RunningJobs(slots: 1)
        running.began(Self.lease(1)) {}
        #expect(running.freeSlots == 0)
        running.changeSlots(to: 3)
        #expect(running.freeSlots == 2)
        running.began(Self.lease(2)) {}
        running.changeSlots(to: 1)
        #expect(running.freeSlots == -1 && running.count == 2)
    }
}
