import CasareDomain
import CasareStore

/// Group commit: what comes while a batch is on its way waits for it, and goes together in the next.
///
/// A lone write goes at once. Where completions have been seen to come together, the next ones wait a little for each
/// other too; checkpoints never do, because the job behind one stands still until it is durable. A batch is bounded in
/// count and in bytes; how many writes wait is bounded by the robot's slots, for a job makes one at a time, and its slot
/// falls free only when its last one is durable.
///
/// A batch that fails is split, until the write at fault is alone and the others have gone through: it may be refused,
/// or wait for a row that somebody has locked.
actor WriteGroup {
    enum Write: Sendable {
        case checkpoint(LeaseStore.Checkpoint)
        case completion(LeaseStore.Completion)

        var job: Job.ID {
            switch self {
            case .checkpoint(let checkpoint): checkpoint.lease.job
            case .completion(let completion): completion.lease.job
            }
        }

        var isCompletion: Bool {
            switch self {
            case .checkpoint: false
            case .completion: true
            }
        }

        /// About as long as its parameters are.
        var bytes: Int {
            let (rows, result) =
                switch self {
                case .checkpoint(let checkpoint): (checkpoint.entries, 0)
                case .completion(let completion): (completion.entries, completion.result.textBytes)
                }
            return rows.reduce(result) { $0 + ($1.result?.utf8.count ?? 0) }
        }
    }

    struct Bounds: Sendable {
        /// As many as a statement takes without the first having to wait long for the last.
        var count = 256
        /// A batch holds more only when a single write does.
        var bytes = 4 << 20
        /// How long a completion waits for others.
        var linger = Duration.milliseconds(2)
        /// For how long after completions came together others are waited for. A robot that runs one job at a time never
        /// waits.
        var companyMemory = Duration.milliseconds(50)
    }

    private struct Waiter {
        let write: Write
        let bytes: Int
        let continuation: CheckedContinuation<Result<Void, BrokerError>, Never>
    }

    /// Makes all of it durable or nothing, and returns the jobs whose leases are lost: for those nothing is written.
    private let commit: @Sendable ([Write]) async -> Result<Set<Job.ID>, BrokerError>
    private let bounds: Bounds
    private let sleep: @Sendable (Duration) async -> Void
    private var waiters: [Waiter] = []
    private var isSending = false
    private var companyAt: ContinuousClock.Instant?
    /// Ends the lingering that is under way.
    private var lingering: Task<Void, Never>?

    /// - Parameter sleep: returns after the time, or when its task is cancelled.
    init(
        bounds: Bounds = Bounds(),
        sleep: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        commit: @escaping @Sendable ([Write]) async -> Result<Set<Job.ID>, BrokerError>
    ) {
        self.bounds = bounds
        self.sleep = sleep
        self.commit = commit
    }

    /// How many have not been sent yet.
    var waitingCount: Int { self.waiters.count }

    /// Returns once the write is durable.
    func write(_ write: Write) async throws(BrokerError) {
        let result = await withCheckedContinuation { continuation in
            self.waiters.append(Waiter(write: write, bytes: write.bytes, continuation: continuation))
            if !self.mayLinger { self.lingering?.cancel() }
            guard !self.isSending else { return }
            self.isSending = true
            // Not the writer's own task: it may be cancelled, and others wait for the batch as well.
            Task { await self.sendAll() }
        }
        try result.get()
    }

    private func sendAll() async {
        while !self.waiters.isEmpty {
            if let companyAt, .now - companyAt < self.bounds.companyMemory, self.mayLinger { await self.linger() }
            let batch = self.nextBatch()
            if batch.count > 1 { self.companyAt = .now }
            await self.send(batch)
        }
        self.isSending = false
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
            return jobs.insert(waiter.write.job).inserted && (jobs.count == 1 || bytes <= self.bounds.bytes)
        }.count
        defer { self.waiters.removeFirst(count) }
        return self.waiters.prefix(count)
    }

    private func send(_ batch: ArraySlice<Waiter>) async {
        switch await self.commit(batch.map(\.write)) {
        case .success(let lost):
            for waiter in batch {
                let job = waiter.write.job
                waiter.continuation.resume(returning: lost.contains(job) ? .failure(.leaseLost(job)) : .success(()))
            }
        case .failure where batch.count > 1:
            // Both at once: one half may wait for long.
            let middle = batch.startIndex + batch.count / 2
            async let first: Void = self.send(batch[..<middle])
            await self.send(batch[middle...])
            await first
        case .failure(let error):
            for waiter in batch { waiter.continuation.resume(returning: .failure(error)) }
        }
    }
}

extension RunResult {
    /// Of the texts in it, which are what can make it large.
    fileprivate var textBytes: Int {
        var bytes = self.logs.reduce(self.error?.utf8.count ?? 0) { $0 + $1.utf8.count }
        bytes += self.variables.textBytes + (self.nodeOutputs?.textBytes ?? 0)
        return (self.trace ?? []).reduce(bytes) { $0 + $1.utf8.count }
    }
}

extension Object {
    fileprivate var textBytes: Int { self.reduce(0) { $0 + $1.key.utf8.count + $1.value.textBytes } }
}

extension Value {
    fileprivate var textBytes: Int {
        switch self {
        case .null, .bool, .int, .double: 8
        case .string(let text): text.utf8.count
        case .list(let list): list.reduce(0) { $0 + $1.textBytes }
        case .object(let object): object.textBytes
        }
    }
}
