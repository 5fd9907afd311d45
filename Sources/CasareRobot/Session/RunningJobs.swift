import CasareDomain
import Synchronization

/// The jobs that a robot is running, so that the lease keeper can name and stop them.
final class RunningJobs: Sendable {
    private struct State {
        var jobs: [Job.ID: (lease: Lease, stop: @Sendable () -> Void)] = [:]
        var isStopping = false
        /// Nothing may run any more, nor begin.
        var isOver = false
        /// Wakes whoever waits for a slot.
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let slots: Int

    init(slots: Int) { self.slots = slots }

    var leases: [Lease] { self.state.withLock { $0.jobs.values.map(\.lease) } }
    var count: Int { self.state.withLock { $0.jobs.count } }
    var freeSlots: Int { self.slots - self.count }
    var isStopping: Bool { self.state.withLock(\.isStopping) }

    /// A job that began when it was over already is stopped at once.
    func began(_ lease: Lease, stop: @escaping @Sendable () -> Void) {
        let isOver = self.state.withLock { state in
            state.jobs[lease.job] = (lease, stop)
            return state.isOver
        }
        if isOver { stop() }
    }

    func ended(_ lease: Lease) {
        let waiter = self.state.withLock { state in
            if state.jobs[lease.job]?.lease == lease { state.jobs[lease.job] = nil }
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

    /// Returns at once when a slot is free or the robot is stopping; else after the next job's end. One waiter only.
    func slotMayBeFree() async {
        await withCheckedContinuation { continuation in
            let isFree = self.state.withLock { state in
                if state.isStopping || state.jobs.count < self.slots { return true }
                precondition(state.waiter == nil, "Only the leasing loop waits for slots")
                state.waiter = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
    }
}
