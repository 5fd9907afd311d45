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

    private func group(_ bounds: WriteGroup.Bounds = .init()) -> WriteGroup {
        WriteGroup(bounds: bounds) { [server] in await server.commit($0) }
    }

    private static func write(_ job: Job.ID, token: Int64 = 1) -> WriteGroup.Write {
        .checkpoint(LeaseStore.Checkpoint(lease: Lease(job: job, token: .init(rawValue: token)), entries: []))
    }

    private static func completion(_ job: Job.ID, logBytes: Int = 0) -> WriteGroup.Write {
        let result = RunResult(
            success: true, error: nil, variables: [:], logs: [String(repeating: "x", count: logBytes)], nodeErrors: [])
        return .completion(
            LeaseStore.Completion(lease: Lease(job: job, token: .init(rawValue: 1)), result: result))
    }

    /// Sends the first job's write, and the others while that is on its way.
    private func writeAll(
        _ writes: [WriteGroup.Write], by given: WriteGroup? = nil
    ) async -> [Result<Void, BrokerError>] {
        let group = given ?? self.group()
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
                while await !self.server.batches.joined().contains(writes[0].job) { await Task.yield() }
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

    @Test func `a batch is bounded in bytes, and one that is larger by itself goes alone`() async {
        let sizes = [0, 60, 60, 500, 10]
        let results = await self.writeAll(
            zip(self.jobs, sizes).map { Self.completion($0, logBytes: $1) },
            by: self.group(.init(bytes: 130, linger: .zero)))
        #expect(Self.errors(results) == [nil, nil, nil, nil, nil])
        #expect(
            await self.server.batches
                == [[self.jobs[0]], [self.jobs[1], self.jobs[2]], [self.jobs[3]], [self.jobs[4]]])
    }

    /// A timer that only being cancelled ends.
    private static func never(_: Duration) async {
        await withTaskCancellationHandler {
            while !Task.isCancelled { await Task.yield() }
        } onCancel: {
        }
    }

    @Test func `completions that came together are followed by ones that wait for each other`() async {
        let group = WriteGroup(
            bounds: .init(count: 2, companyMemory: .seconds(3600)), sleep: Self.never
        ) { [server] in await server.commit($0) }
        _ = await self.writeAll(self.jobs[..<3].map { Self.completion($0) }, by: group)
        #expect(await self.server.batches == [[self.jobs[0]], [self.jobs[1], self.jobs[2]]])
        // The first of these would go at once; the second makes the batch full, which ends the waiting.
        async let first: Void? = try? group.write(Self.completion(self.jobs[3]))
        while await group.waitingCount == 0 { await Task.yield() }
        async let second: Void? = try? group.write(Self.completion(self.jobs[4]))
        _ = await (first, second)
        #expect(await self.server.batches.last == [self.jobs[3], self.jobs[4]])
    }

    @Test func `a checkpoint takes the completions that wait along at once`() async {
        let group = WriteGroup(
            bounds: .init(companyMemory: .seconds(3600)), sleep: Self.never
        ) { [server] in await server.commit($0) }
        _ = await self.writeAll(
            [Self.write(self.jobs[0]), Self.completion(self.jobs[1]), Self.write(self.jobs[2])], by: group)
        async let completion: Void? = try? group.write(Self.completion(self.jobs[3]))
        while await group.waitingCount == 0 { await Task.yield() }
        async let checkpoint: Void? = try? group.write(Self.write(self.jobs[4]))
        _ = await (completion, checkpoint)
        #expect(await self.server.batches.last == [self.jobs[3], self.jobs[4]])
    }

    @Test func `a lone completion waits for nobody`() async throws {
        let group = WriteGroup(sleep: Self.never) { [server] in await server.commit($0) }
        for job in self.jobs { try await group.write(Self.completion(job)) }
        #expect(await self.server.batches == self.jobs.map { [$0] })
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
