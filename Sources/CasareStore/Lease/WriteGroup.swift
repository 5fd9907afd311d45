package import CasareDomain
import Instrumentation

/// Group commit: what comes while a batch is on its way waits for it, and goes together in the next.
///
/// A lone write goes at once. Where completions have been seen to come together, the next ones wait a little for each
/// other too; checkpoints never do, because the job behind one stands still until it is durable. A batch is bounded in
/// count and in bytes; how many writes wait is bounded by who makes them: a robot's slots, for a job makes one at a
/// time, and its slot falls free only when its last one is durable, or a server's requests.
///
/// A batch that fails is split, until the write at fault is alone and the others have gone through, part by part:
/// however many are at fault, a batch takes one connection. What waits for something that somebody has locked is set
/// aside, and tried again and again by itself, so that it keeps back nothing but what belongs to its own job.
package actor WriteGroup<Failure: Error> {
    package struct Bounds: Sendable {
        /// As many as a statement takes without the first having to wait long for the last.
        let count: Int
        /// A batch holds more only when a single write does.
        let bytes: Int
        /// How long a completion waits for others.
        let linger: Duration
        /// For how long after completions came together others are waited for. A robot that runs one job at a time
        /// never waits.
        let companyMemory: Duration
        /// A batch that takes longer is held up: the next goes beside it.
        let patience: Duration
        /// So many batches are on their way at once, at the most, beside what is set aside.
        let sendersMax: Int
        /// How long a batch waits for a lock.
        let lockWait: Duration
        /// How long the parts of one that waited in vain do: what is free needs no longer, and each that somebody holds
        /// up delays those behind it by that.
        let lockWaitOfPart: Duration
        /// How long a write that somebody holds up is tried.
        let heldMax: Duration

        package init(
            count: Int = 256, bytes: Int = 4 << 20, linger: Duration = .milliseconds(2),
            companyMemory: Duration = .milliseconds(50), patience: Duration = .milliseconds(250),
            sendersMax: Int = 3, lockWait: Duration = Database.reportLockWaitMax,
            lockWaitOfPart: Duration = .milliseconds(20), heldMax: Duration = Database.statementMaxDefault
        ) {
            self.count = count
            self.bytes = bytes
            self.linger = linger
            self.companyMemory = companyMemory
            self.patience = patience
            self.sendersMax = sendersMax
            self.lockWait = lockWait
            self.lockWaitOfPart = lockWaitOfPart
            self.heldMax = heldMax
        }
    }

    private struct Waiter {
        let write: LeaseWrite
        let bytes: Int
        let continuation: CheckedContinuation<Result<Void, Failure>, Never>
    }

    private struct Held {
        let waiter: Waiter
        /// Why it was set aside.
        let error: Failure
        let until: ContinuousClock.Instant
    }

    private let commit: @Sendable ([LeaseWrite], _ lockWait: Duration) async -> Result<[Job.ID: Failure], Failure>
    private let fault: @Sendable (Failure) -> WriteFault
    private let bounds: Bounds
    private let sleep: @Sendable (Duration) async -> Void
    private var waiters: [Waiter] = []
    /// Tasks that send what waits, batch by batch: mostly one.
    private var senders = 0
    /// How many batches have been begun.
    private var batches = 0
    private var companyAt: ContinuousClock.Instant?
    /// Ends the lingering that is under way.
    private var lingering: Task<Void, Never>?
    /// Waits for a batch that others wait for.
    private var watching: Task<Void, Never>?
    /// What is set aside; the first is being tried.
    private var held: [Held] = []

    /// - Parameters:
    ///   - sleep: returns after the time, or when its task is cancelled.
    ///   - fault: whose fault it was that a batch failed.
    ///   - commit: makes all of it durable or nothing, except for what is refused by itself: for the jobs that it
    ///     returns nothing is written. It waits for a lock for as long as it is told, and fails as `held` then.
    package init(
        bounds: Bounds = Bounds(),
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        fault: @escaping @Sendable (Failure) -> WriteFault,
        commit: @escaping @Sendable ([LeaseWrite], _ lockWait: Duration) async -> Result<[Job.ID: Failure], Failure>
    ) {
        self.bounds = bounds
        self.sleep = sleep
        self.fault = fault
        self.commit = commit
    }

    /// How many have not been sent yet.
    package var waitingCount: Int { self.waiters.count }

    /// How many are set aside.
    var heldCount: Int { self.held.count }

    /// Returns once the write is durable.
    package func write(_ write: LeaseWrite) async throws(Failure) {
        let result: Result<Void, Failure> = await withCheckedContinuation { continuation in
            let waiter = Waiter(write: write, bytes: write.bytes, continuation: continuation)
            // Sent anew by a robot that got no answer: it would only hold up others.
            if let held = self.held.first(where: { $0.waiter.write.lease.job == write.lease.job }) {
                return self.setAside(waiter, held.error)
            }
            self.waiters.append(waiter)
            if !self.mayLinger { self.lingering?.cancel() }
            if self.senders == 0 { self.startSender() } else { self.watch() }
        }
        try result.get()
    }

    // MARK: - Sending

    private func startSender() {
        self.senders += 1
        // Not the writer's own task: it may be cancelled, and others wait for the batch as well. Nor is it of the writer's
        // trace alone, and so of nobody's.
        ServiceContext.withValue(nil) { _ = Task { await self.sendAll() } }
    }

    private func sendAll() async {
        while !self.waiters.isEmpty {
            if let companyAt, .now - companyAt < self.bounds.companyMemory, self.mayLinger { await self.linger() }
            let batch = self.nextBatch()
            // Another sender has taken it meanwhile.
            if batch.isEmpty { continue }
            if batch.count > 1 { self.companyAt = .now }
            self.batches += 1
            await self.send(batch, waitingForLocks: self.bounds.lockWait)
        }
        self.senders -= 1
        if self.senders == 0 {
            self.watching?.cancel()
            self.watching = nil
        }
    }

    /// Whether what waits could be joined by more, and nobody stands still for it.
    private var mayLinger: Bool {
        self.waiters.count < self.bounds.count && self.waiters.allSatisfy(\.write.isCompletion)
            && self.waiters.reduce(0) { $0 + $1.bytes } < self.bounds.bytes
    }

    private func linger() async {
        let lingering = Task { [sleep, bounds] in await sleep(bounds.linger) }
        self.lingering = lingering
        await lingering.value
        self.lingering = nil
    }

    /// The longest waiting, each job once: of two leases on a job, one after the other, only the later is good.
    private func nextBatch() -> ArraySlice<Waiter> {
        var jobs: Set<Job.ID> = []
        var bytes = 0
        let count = self.waiters.prefix(self.bounds.count).prefix { waiter in
            bytes += waiter.bytes
            return jobs.insert(waiter.write.lease.job).inserted && (jobs.count == 1 || bytes <= self.bounds.bytes)
        }.count
        defer { self.waiters.removeFirst(count) }
        return self.waiters.prefix(count)
    }

    private func send(_ batch: ArraySlice<Waiter>, waitingForLocks lockWait: Duration) async {
        switch await self.commit(batch.map(\.write), lockWait) {
        case .success(let refused): Self.answer(batch, refused)
        case .failure(let error):
            switch (self.fault(error), batch.count) {
            case (.held, 1): self.setAside(batch[batch.startIndex], error)
            case (.held, _):
                for position in batch.indices {
                    await self.send(batch[position...position], waitingForLocks: self.bounds.lockWaitOfPart)
                }
            case (.ofOne, 2...):
                // One after the other: the connections are there for others, too.
                let middle = batch.startIndex + batch.count / 2
                await self.send(batch[..<middle], waitingForLocks: lockWait)
                await self.send(batch[middle...], waitingForLocks: lockWait)
            case (.ofOne, _), (.everyones, _):
                for waiter in batch { waiter.continuation.resume(returning: .failure(error)) }
            }
        }
    }

    private static func answer(_ batch: ArraySlice<Waiter>, _ refused: [Job.ID: Failure]) {
        for waiter in batch {
            if let failure = refused[waiter.write.lease.job] {
                waiter.continuation.resume(returning: .failure(failure))
            } else {
                waiter.continuation.resume(returning: .success(()))
            }
        }
    }

    // MARK: - Set aside

    private func setAside(_ waiter: Waiter, _ error: Failure) {
        self.held.append(Held(waiter: waiter, error: error, until: .now + self.bounds.heldMax))
        guard self.held.count == 1 else { return }
        ServiceContext.withValue(nil) { _ = Task { await self.tryHeld() } }
    }

    /// Tries what is set aside in turn, one at a time: it takes one connection, however much there is.
    private func tryHeld() async {
        while true {
            self.refuseOverdue()
            guard let next = self.held.first else { return }
            let result = await self.commit([next.waiter.write], self.bounds.lockWait)
            self.held.removeFirst()
            switch result {
            case .success(let refused): Self.answer([next.waiter], refused)
            case .failure(let error) where self.fault(error) == .held:
                self.held.append(next)
                await self.sleep(self.bounds.linger)
            case .failure(let error): next.waiter.continuation.resume(returning: .failure(error))
            }
        }
    }

    /// All at once, and none is tried once more: each takes as long as a wait for a lock does, and were they many, none
    /// would be answered in time.
    private func refuseOverdue() {
        let now = ContinuousClock.now
        let overdue = self.held.filter { $0.until <= now }
        guard !overdue.isEmpty else { return }
        self.held.removeAll { $0.until <= now }
        for held in overdue { held.waiter.continuation.resume(returning: .failure(held.error)) }
    }

    // MARK: - Held up

    /// Sees to it that what waits is not kept back for long by the batch before it.
    private func watch() {
        guard self.watching == nil, self.senders < self.bounds.sendersMax else { return }
        let batches = self.batches
        self.watching = Task { [sleep, bounds] in
            await sleep(bounds.patience)
            self.patienceEnded(since: batches)
        }
    }

    private func patienceEnded(since batches: Int) {
        // Nobody waits any more, and the next one to do so is watched anew.
        guard !Task.isCancelled else { return }
        self.watching = nil
        guard !self.waiters.isEmpty else { return }
        if self.batches == batches { self.startSender() }
        self.watch()
    }
}
