package import CasareDomain

/// Group commit: what comes while a batch is on its way waits for it, and goes together in the next.
///
/// A lone write goes at once. Where completions have been seen to come together, the next ones wait a little for each
/// other too; checkpoints never do, because the job behind one stands still until it is durable. A batch is bounded in
/// count and in bytes; how many writes wait is bounded by who makes them: a robot's slots, for a job makes one at a
/// time, and its slot falls free only when its last one is durable, or a server's requests.
///
/// A batch that fails is split, until the write at fault is alone and the others have gone through: it may be refused,
/// or wait for a row that somebody has locked. While that lasts, others go beside it.
package actor WriteGroup<Failure: Error> {
    package struct Bounds: Sendable {
        /// As many as a statement takes without the first having to wait long for the last.
        let count: Int
        /// A batch holds more only when a single write does.
        let bytes: Int
        /// How long a completion waits for others.
        let linger: Duration
        /// For how long after completions came together others are waited for. A robot that runs one job at a time never
        /// waits.
        let companyMemory: Duration
        /// A batch that takes longer is held up: the next goes beside it.
        let patience: Duration
        /// So many batches are on their way at once, at the most; of each that fails, the parts are.
        let sendersMax: Int

        package init(
            count: Int = 256, bytes: Int = 4 << 20, linger: Duration = .milliseconds(2),
            companyMemory: Duration = .milliseconds(50), patience: Duration = .milliseconds(250), sendersMax: Int = 3
        ) {
            self.count = count
            self.bytes = bytes
            self.linger = linger
            self.companyMemory = companyMemory
            self.patience = patience
            self.sendersMax = sendersMax
        }
    }

    private struct Waiter {
        let write: LeaseWrite
        let bytes: Int
        let continuation: CheckedContinuation<Result<Void, Failure>, Never>
    }

    private let commit: @Sendable ([LeaseWrite]) async -> Result<[Job.ID: Failure], Failure>
    private let mayConcernOne: @Sendable (Failure) -> Bool
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

    /// - Parameters:
    ///   - sleep: returns after the time, or when its task is cancelled.
    ///   - mayConcernOne: whether a batch may have failed by one write's fault, so that others would go through without it.
    ///   - commit: makes all of it durable or nothing, except for what is refused by itself: for the jobs that it returns
    ///     nothing is written.
    package init(
        bounds: Bounds = Bounds(),
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        mayConcernOne: @escaping @Sendable (Failure) -> Bool = { _ in true },
        commit: @escaping @Sendable ([LeaseWrite]) async -> Result<[Job.ID: Failure], Failure>
    ) {
        self.bounds = bounds
        self.sleep = sleep
        self.mayConcernOne = mayConcernOne
        self.commit = commit
    }

    /// How many have not been sent yet.
    package var waitingCount: Int { self.waiters.count }

    /// Returns once the write is durable.
    package func write(_ write: LeaseWrite) async throws(Failure) {
        let result: Result<Void, Failure> = await withCheckedContinuation { continuation in
            self.waiters.append(Waiter(write: write, bytes: write.bytes, continuation: continuation))
            if !self.mayLinger { self.lingering?.cancel() }
            if self.senders == 0 { self.startSender() } else { self.watch() }
        }
        try result.get()
    }

    // MARK: - Sending

    private func startSender() {
        self.senders += 1
        // Not the writer's own task: it may be cancelled, and others wait for the batch as well.
        Task { await self.sendAll() }
    }

    private func sendAll() async {
        while !self.waiters.isEmpty {
            if let companyAt, .now - companyAt < self.bounds.companyMemory, self.mayLinger { await self.linger() }
            let batch = self.nextBatch()
            // Another sender has taken it meanwhile.
            if batch.isEmpty { continue }
            if batch.count > 1 { self.companyAt = .now }
            self.batches += 1
            await self.send(batch)
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

    private func send(_ batch: ArraySlice<Waiter>) async {
        switch await self.commit(batch.map(\.write)) {
        case .success(let refused):
            for waiter in batch {
                if let failure = refused[waiter.write.lease.job] {
                    waiter.continuation.resume(returning: .failure(failure))
                } else {
                    waiter.continuation.resume(returning: .success(()))
                }
            }
        case .failure(let error) where batch.count > 1 && self.mayConcernOne(error):
            // Both at once: one half may wait for long.
            let middle = batch.startIndex + batch.count / 2
            async let first: Void = self.send(batch[..<middle])
            await self.send(batch[middle...])
            await first
        case .failure(let error):
            for waiter in batch { waiter.continuation.resume(returning: .failure(error)) }
        }
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
