import CasareDomain
import Synchronization

/// The jobs that a robot is running, so that the lease keeper can name and stop them, and tell how they get on.
final class RunningJobs: Sendable {
    /// A job that was stopped and did not end. Nobody waits for it any more; it takes a slot until it does.
    struct GivenUp: Sendable {
        let lease: Lease
        let stoppedAt: ContinuousClock.Instant
        let run: JobRun
    }

    private struct Running {
        let lease: Lease
        let stop: @Sendable () -> Void
        var run: JobRun?
        var progress: JobProgress
        /// Its lease was of an earlier session.
        var isGivenUp = false
        /// Its lease has passed on, and the robot knows.
        var isLost = false
        /// It ends after the step that it is in.
        var isToPause = false
    }

    private struct State {
        /// A job may run under a lease while it is still there, given up, under an earlier one.
        var jobs: [Lease: Running] = [:]
        var slots: Int
        var isStopping = false
        /// Since when nothing may run any more, nor begin.
        var overSince: ContinuousClock.Instant?
        var givenUp: [GivenUp] = []
        /// Wakes whoever waits for a slot.
        var waiter: CheckedContinuation<Void, Never>?
        /// Since when there has been a free slot without a call for jobs.
        var unaskedSince: ContinuousClock.Instant?

        mutating func noteFreeSlots(at now: ContinuousClock.Instant) {
            if self.jobs.count >= self.slots {
                self.unaskedSince = nil
            } else if self.unaskedSince == nil {
                self.unaskedSince = now
            }
        }
    }

    private let state: Mutex<State>
    /// Opens when nothing may run any more.
    let isOver = Latch()

    init(slots: Int, at now: ContinuousClock.Instant = .now) {
        self.state = Mutex(State(slots: slots, unaskedSince: now))
    }

    /// Those of this session.
    var leases: [Lease] { self.state.withLock { $0.jobs.values.filter { !$0.isGivenUp }.map(\.lease) } }
    /// The same without those that are known to be lost, and stopped.
    var held: [Lease] {
        self.state.withLock { $0.jobs.values.filter { !$0.isGivenUp && !$0.isLost }.map(\.lease) }
    }
    var count: Int { self.state.withLock { $0.jobs.count } }
    /// Below zero while more jobs run than there are slots now.
    var freeSlots: Int { self.state.withLock { $0.slots - $0.jobs.count } }
    var isStopping: Bool { self.state.withLock(\.isStopping) }

    /// A job that began when it was over already is stopped at once.
    func began(
        _ lease: Lease, timeLimit: Duration = .seconds(Job.Options.timeoutSecondsDefault),
        at now: ContinuousClock.Instant = .now, run: JobRun? = nil, stop: @escaping @Sendable () -> Void
    ) {
        let isOver = self.state.withLock { state in
            state.jobs[lease] = Running(
                lease: lease, stop: stop, run: run, progress: JobProgress(timeLimit: timeLimit, at: now))
            if state.jobs.count >= state.slots { state.unaskedSince = nil }
            return state.overSince != nil
        }
        if isOver { stop() }
    }

    func ended(_ lease: Lease, at now: ContinuousClock.Instant = .now) {
        let waiter = self.state.withLock { state in
            state.jobs[lease] = nil
            state.noteFreeSlots(at: now)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Stops what runs under leases that are lost. The same job may run under a later lease, which holds.
    func stop(_ lost: [Lease]) {
        let stops = self.state.withLock { state in
            lost.compactMap { lease in
                state.jobs[lease]?.isLost = true
                return state.jobs[lease]?.stop
            }
        }
        for stop in stops { stop() }
    }

    /// Lets those of the leases end after the step that they are in whose jobs are to be paused, and the others go on.
    func pause(_ jobs: Set<Job.ID>, of leases: [Lease]) {
        self.state.withLock { state in
            for lease in leases { state.jobs[lease]?.isToPause = jobs.contains(lease.job) }
        }
    }

    /// Whether the job of this lease ends after the step that it is in, as one that is to be paused.
    func isToPause(_ lease: Lease) -> Bool { self.state.withLock { $0.jobs[lease]?.isToPause ?? false } }

    /// Whether it does so for this or another reason.
    func isToEnd(_ lease: Lease) -> Bool {
        self.state.withLock { $0.isStopping || $0.jobs[lease]?.isToPause ?? false }
    }

    /// Stops all jobs, and each that begins from now on.
    func stopAll(at now: ContinuousClock.Instant = .now) {
        let stops = self.state.withLock { state in
            state.overSince = state.overSince ?? now
            return state.jobs.values.map(\.stop)
        }
        for stop in stops { stop() }
        self.isOver.open()
    }

    // MARK: - Jobs that do not end

    /// What was given up, and has not ended since as far as is known here.
    var givenUp: [GivenUp] { self.state.withLock(\.givenUp) }

    /// A job that an earlier session gave up has its slot here, and is told of as overdue.
    ///
    /// - Returns: its run, to be waited for and told by `ended`.
    func takeOver(_ job: GivenUp) -> (lease: Lease, run: JobRun) {
        let run = JobRun(waitingAgainFor: job.run)
        self.state.withLock { state in
            state.jobs[job.lease] = Running(
                lease: job.lease, stop: { run.task.cancel() }, run: run,
                progress: JobProgress(timeLimit: .zero, at: job.stoppedAt), isGivenUp: true)
            if state.jobs.count >= state.slots { state.unaskedSince = nil }
        }
        return (job.lease, run)
    }

    /// Those that an earlier session gave up are waited for no longer here either.
    func giveUpAgain() {
        self.giveUp(\.isGivenUp, at: .now)
    }

    /// Those that were stopped and have not ended are waited for no longer.
    ///
    /// - Returns: their leases.
    func giveUp(at now: ContinuousClock.Instant = .now) -> [Lease] {
        self.giveUp({ !$0.isGivenUp }, at: now)
    }

    @discardableResult
    private func giveUp(_ condition: (Running) -> Bool, at now: ContinuousClock.Instant) -> [Lease] {
        let left = self.state.withLock { state in
            let left = state.jobs.values.filter(condition).compactMap { job in
                job.run.map { run in
                    GivenUp(
                        lease: job.lease, stoppedAt: job.isGivenUp ? job.progress.lastAt : state.overSince ?? now,
                        run: run)
                }
            }
            state.givenUp += left
            return left
        }
        for job in left { job.run.isOver.open() }
        return left.map(\.lease)
    }

    /// From here on jobs end after the step they are in.
    func beginStopping() {
        let waiter = self.state.withLock { state in
            state.isStopping = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Jobs to run at once from now on. Those that run go on, also where they are more.
    func changeSlots(to slots: Int, at now: ContinuousClock.Instant = .now) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard slots != state.slots else { return nil }
            state.slots = slots
            state.noteFreeSlots(at: now)
            guard state.jobs.count < slots else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns at once when a slot is free or the robot is stopping; else after the next job's end. One waiter only.
    func slotMayBeFree() async {
        await withCheckedContinuation { continuation in
            let isFree = self.state.withLock { state in
                if state.isStopping || state.jobs.count < state.slots { return true }
                precondition(state.waiter == nil, "Only the leasing loop waits for slots")
                state.waiter = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    // MARK: - Progress

    /// The leasing loop asks for jobs.
    func asked(at now: ContinuousClock.Instant = .now) {
        self.state.withLock { $0.unaskedSince = now }
    }

    /// A job's executor got somewhere.
    func happened(_ event: JobProgress.Event, to lease: Lease, at now: ContinuousClock.Instant = .now) {
        self.state.withLock { state in
            state.jobs[lease]?.progress.happened(event, at: now)
        }
    }

    /// What the renewals tell of it.
    func progress(at now: ContinuousClock.Instant = .now) -> Robot.Progress {
        self.state.withLock { state in
            let overdue = state.jobs.compactMap { lease, job in
                job.progress.overdueSince(at: now).map { (lease.job, $0) }
            }.min { $0.1 < $1.1 }
            let isAsking = !state.isStopping && state.jobs.count < state.slots
            return Robot.Progress(
                secondsUnasked: isAsking ? state.unaskedSince.map { ($0.duration(to: now)) / .seconds(1) } : .none,
                secondsSilent: state.jobs.values.map(\.progress.lastAt).min().map {
                    $0.duration(to: now) / .seconds(1)
                },
                overdueJob: overdue?.0, secondsOverdue: overdue.map { $0.1.duration(to: now) / .seconds(1) })
        }
    }
}
