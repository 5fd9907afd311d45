import CasareDomain
import Synchronization

/// The jobs that a robot is running, so that the lease keeper can name and stop them, and tell how they get on.
final class RunningJobs: Sendable {
    private struct Running {
        let lease: Lease
        let stop: @Sendable () -> Void
        var progress: JobProgress
    }

    private struct State {
        var jobs: [Job.ID: Running] = [:]
        var slots: Int
        var isStopping = false
        /// Nothing may run any more, nor begin.
        var isOver = false
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

    init(slots: Int, at now: ContinuousClock.Instant = .now) {
        self.state = Mutex(State(slots: slots, unaskedSince: now))
    }

    var leases: [Lease] { self.state.withLock { $0.jobs.values.map(\.lease) } }
    var count: Int { self.state.withLock { $0.jobs.count } }
    /// Below zero while more jobs run than there are slots now.
    var freeSlots: Int { self.state.withLock { $0.slots - $0.jobs.count } }
    var isStopping: Bool { self.state.withLock(\.isStopping) }

    /// A job that began when it was over already is stopped at once.
    func began(
        _ lease: Lease, timeLimit: Duration = .seconds(Job.Options.timeoutSecondsDefault),
        at now: ContinuousClock.Instant = .now, stop: @escaping @Sendable () -> Void
    ) {
        let isOver = self.state.withLock { state in
            state.jobs[lease.job] = Running(
                lease: lease, stop: stop, progress: JobProgress(timeLimit: timeLimit, at: now))
            if state.jobs.count >= state.slots { state.unaskedSince = nil }
            return state.isOver
        }
        if isOver { stop() }
    }

    func ended(_ lease: Lease, at now: ContinuousClock.Instant = .now) {
        let waiter = self.state.withLock { state in
            if state.jobs[lease.job]?.lease == lease { state.jobs[lease.job] = nil }
            state.noteFreeSlots(at: now)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Stops what runs under leases that are lost. The same job may run under a later lease, which holds.
    func stop(_ lost: [Lease]) {
        let stops = self.state.withLock { state in
            lost.compactMap { lease in state.jobs[lease.job].flatMap { $0.lease == lease ? $0.stop : nil } }
        }
        for stop in stops { stop() }
    }

    /// Stops all jobs, and each that begins from now on.
    func stopAll() {
        let stops = self.state.withLock { state in
            state.isOver = true
            return state.jobs.values.map(\.stop)
        }
        for stop in stops { stop() }
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
            guard state.jobs[lease.job]?.lease == lease else { return }
            state.jobs[lease.job]?.progress.happened(event, at: now)
        }
    }

    /// What the renewals tell of it.
    func progress(at now: ContinuousClock.Instant = .now) -> Robot.Progress {
        self.state.withLock { state in
            let overdue = state.jobs.compactMap { id, job in job.progress.overdueSince(at: now).map { (id, $0) } }
                .min { $0.1 < $1.1 }
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
