import CasareDomain
import CasareStore
import FoundationEssentials
import Synchronization
import Testing

@testable import CasareRobot

struct WriteGroupTests {
    /// Takes batches one by one, when it is told to.
    private actor Server {
        private(set) var batches: [[Job.ID]] = []
        private var refused: Set<Job.ID> = []
        private var lost: Set<Job.ID> = []
        private var isClosed = false
        private var waiter: CheckedContinuation<Void, Never>?

        func refuse(_ job: Job.ID) { self.refused.insert(job) }
        func lose(_ job: Job.ID) { self.lost.insert(job) }
        func close() { self.isClosed = true }

        func open() {
            self.isClosed = false
            self.waiter?.resume()
            self.waiter = nil
        }

        func commit(_ writes: [WriteGroup.Write]) async -> Result<Set<Job.ID>, BrokerError> {
            let jobs = writes.map(\.job)
            self.batches.append(jobs)
            if self.isClosed { await withCheckedContinuation { self.waiter = $0 } }
            if !self.refused.isDisjoint(with: jobs) { return .failure(.refused("bad row")) }
            return .success(self.lost.intersection(jobs))
        }
    }

    private let server = Server()
    private let jobs = (0..<5).map { _ in Job.ID.new(at: Date()) }

    private func group() -> WriteGroup { WriteGroup { [server] in await server.commit($0) } }

    private static func write(_ job: Job.ID, token: Int64 = 1) -> WriteGroup.Write {
        .checkpoint(LeaseStore.Checkpoint(lease: Lease(job: job, token: .init(rawValue: token)), entries: []))
    }

    /// Sends the first job's write, and the others while that is on its way.
    private func writeAll(_ writes: [WriteGroup.Write]) async -> [Result<Void, BrokerError>] {
        let group = self.group()
        await self.server.close()
        return await withTaskGroup(of: (Int, Result<Void, BrokerError>).self) { tasks in
            for (index, write) in writes.enumerated() {
                tasks.addTask {
                    do throws(BrokerError) {
                        try await group.write(write)
                        return (index, .success(()))
                    } catch {
                        return (index, .failure(error))
                    }
                }
                // In order, and behind the first, which is being sent.
                while await group.waitingCount < index { await Task.yield() }
                while await self.server.batches.isEmpty { await Task.yield() }
            }
            await self.server.open()
            var results = [Result<Void, BrokerError>](repeating: .success(()), count: writes.count)
            for await (index, result) in tasks { results[index] = result }
            return results
        }
    }

    private static func errors(_ results: [Result<Void, BrokerError>]) -> [BrokerError?] {
        results.map { if case .failure(let error) = $0 { error } else { nil } }
    }

    @Test func `what waits goes together`() async {
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, nil, nil, nil])
        #expect(await self.server.batches == [[self.jobs[0]], Array(self.jobs[1...])])
    }

    @Test func `a bad row is found, and keeps nobody else back`() async {
        await self.server.refuse(self.jobs[3])
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, nil, .refused("bad row"), nil])
    }

    @Test func `a lost lease concerns its own job`() async {
        await self.server.lose(self.jobs[2])
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, .leaseLost(self.jobs[2]), nil, nil])
    }

    @Test func `two leases on one job never share a batch`() async {
        let results = await self.writeAll(
            [self.jobs[0], self.jobs[1], self.jobs[1], self.jobs[2]].enumerated().map {
                Self.write($0.element, token: Int64($0.offset))
            })
        #expect(Self.errors(results) == [nil, nil, nil, nil])
        #expect(
            await self.server.batches == [[self.jobs[0]], [self.jobs[1]], [self.jobs[1], self.jobs[2]]])
    }
}
