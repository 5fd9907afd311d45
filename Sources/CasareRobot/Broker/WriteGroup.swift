import CasareDomain
import CasareStore

/// Group commit: what comes while a batch is on its way waits for it, and goes together in the next.
///
/// A lone write goes at once. A batch that is refused is split, until the write at fault is alone and the others have
/// gone through.
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
    }

    private struct Waiter {
        let write: Write
        let continuation: CheckedContinuation<Result<Void, BrokerError>, Never>
    }

    /// As many as a statement takes without the first having to wait long for the last.
    private static let batchMax = 256

    /// Makes all of it durable or nothing, and returns the jobs whose leases are lost: for those nothing is written.
    private let commit: @Sendable ([Write]) async -> Result<Set<Job.ID>, BrokerError>
    private var waiters: [Waiter] = []
    private var isSending = false

    init(commit: @escaping @Sendable ([Write]) async -> Result<Set<Job.ID>, BrokerError>) {
        self.commit = commit
    }

    /// How many have not been sent yet.
    var waitingCount: Int { self.waiters.count }

    /// Returns once the write is durable.
    func write(_ write: Write) async throws(BrokerError) {
        let result = await withCheckedContinuation { continuation in
            self.waiters.append(Waiter(write: write, continuation: continuation))
            guard !self.isSending else { return }
            self.isSending = true
            // Not the writer's own task: it may be cancelled, and others wait for the batch as well.
            Task { await self.sendAll() }
        }
        try result.get()
    }

    private func sendAll() async {
        while !self.waiters.isEmpty { await self.send(self.nextBatch()) }
        self.isSending = false
    }

    /// The longest waiting, each job once: of two leases on a job, one after the other, only the later is good.
    private func nextBatch() -> ArraySlice<Waiter> {
        var jobs: Set<Job.ID> = []
        let count = self.waiters.prefix(Self.batchMax).prefix { jobs.insert($0.write.job).inserted }.count
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
        case .failure(.refused) where batch.count > 1:
            let middle = batch.startIndex + batch.count / 2
            await self.send(batch[..<middle])
            await self.send(batch[middle...])
        case .failure(let error):
            for waiter in batch { waiter.continuation.resume(returning: .failure(error)) }
        }
    }
}
