import CasareDomain
import FoundationEssentials
import Instrumentation
import Synchronization
import Testing

@testable import CasareStore

struct WriteGroupTests {
    private enum Refusal: Error, Hashable {
        case badRow, lost, unreachable, locked
    }

    private typealias Group = WriteGroup<Refusal>

    /// Takes batches one by one, when it is told to.
    private actor Server {
        private(set) var batches: [[Job.ID]] = []
        /// How long each of the batches was to wait for a lock.
        private(set) var lockWaits: [Duration] = []
        private var refused: Set<Job.ID> = []
        private var lost: Set<Job.ID> = []
        private var held: Set<Job.ID> = []
        private var locked: Set<Job.ID> = []
        /// On their way at once, and the most of them.
        private var commits = 0
        private(set) var commitsMax = 0
        private var isClosed = false
        private var isUnreachable = false
        private var waiters: [CheckedContinuation<Void, Never>] = []

        func refuse(_ job: Job.ID) { self.refused.insert(job) }
        func lose(_ job: Job.ID) { self.lost.insert(job) }
        func hold(_ job: Job.ID) { self.held.insert(job) }
        func lock(_ jobs: [Job.ID]) { self.locked = Set(jobs) }
        func close() { self.isClosed = true }
        func becomeUnreachable() { self.isUnreachable = true }

        func open() {
            self.isClosed = false
            self.held = []
            for waiter in self.waiters { waiter.resume() }
            self.waiters = []
        }

        func commit(_ writes: [LeaseWrite], _ lockWait: Duration) async -> Result<[Job.ID: Refusal], Refusal> {
            let jobs = writes.map(\.lease.job)
            self.batches.append(jobs)
            self.lockWaits.append(lockWait)
            self.commits += 1
            self.commitsMax = max(self.commitsMax, self.commits)
            defer { self.commits -= 1 }
            // As over a network: others come in between.
            for _ in 0..<10 { await Task.yield() }
            if self.isClosed || !self.held.isDisjoint(with: jobs) {
                await withCheckedContinuation { self.waiters.append($0) }
            }
            if self.isUnreachable { return .failure(.unreachable) }
            if !self.locked.isDisjoint(with: jobs) { return .failure(.locked) }
            if !self.refused.isDisjoint(with: jobs) { return .failure(.badRow) }
            let lost = self.lost.intersection(jobs)
            return .success(Dictionary(uniqueKeysWithValues: lost.map { ($0, Refusal.lost) }))
        }
    }

    private let server = Server()
    private let jobs = (0..<5).map { _ in Job.ID.new(at: Date()) }
    /// Nothing is held up for so long, unless a test wants it.
    private static let never = Duration.seconds(3600)

    private func group(_ bounds: Group.Bounds = .init(patience: Self.never)) -> Group {
        Group(bounds: bounds, fault: Self.fault) { [server] in await server.commit($0, $1) }
    }

    private static func fault(_ refusal: Refusal) -> WriteFault {
        switch refusal {
        case .unreachable: .everyones
        case .locked: .held
        case .badRow, .lost: .ofOne
        }
    }

    private static func write(_ job: Job.ID, token: Int64 = 1) -> LeaseWrite {
        LeaseWrite(Lease(job: job, token: .init(rawValue: token)), .checkpoint([]))
    }

    private static func completion(_ job: Job.ID, logBytes: Int = 0) -> LeaseWrite {
        let result = RunResult(
            success: true, error: nil, variables: [:], logs: [String(repeating: "x", count: logBytes)], nodeErrors: [])
        return LeaseWrite(Lease(job: job, token: .init(rawValue: 1)), .completion(result, []))
    }

    /// Sends the first job's write, and the others while that is on its way.
    private func writeAll(
        _ writes: [LeaseWrite], by given: Group? = nil
    ) async -> [Result<Void, Refusal>] {
        let group = given ?? self.group()
        await self.server.close()
        return await withTaskGroup(of: (Int, Result<Void, Refusal>).self) { tasks in
            for (index, write) in writes.enumerated() {
                tasks.addTask {
                    do throws(Refusal) {
                        try await group.write(write)
                        return (index, .success(()))
                    } catch {
                        return (index, .failure(error))
                    }
                }
                // In order, and behind the first, which is being sent.
                while await group.waitingCount < index { await Task.yield() }
                while await !self.server.batches.joined().contains(writes[0].lease.job) { await Task.yield() }
            }
            await self.server.open()
            var results = [Result<Void, Refusal>](repeating: .success(()), count: writes.count)
            for await (index, result) in tasks { results[index] = result }
            return results
        }
    }

    private static func errors(_ results: [Result<Void, Refusal>]) -> [Refusal?] {
        results.map { if case .failure(let error) = $0 { error } else { nil } }
    }

    @Test func `what waits goes together`() async {
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, nil, nil, nil])
        #expect(await self.server.batches == [[self.jobs[0]], Array(self.jobs[1...])])
    }

    @Test func `a batch is of nobody's trace, whoever's write it began with`() async throws {
        let places = Mutex<[Bool]>([])
        let group = Group(bounds: .init(patience: Self.never), fault: Self.fault) { _, _ in
            places.withLock { $0.append(ServiceContext.current != nil) }
            return .success([:])
        }
        try await ServiceContext.withValue(.topLevel) { () async throws in
            #expect(ServiceContext.current != nil)
            try await group.write(Self.write(self.jobs[0]))
        }
        #expect(places.withLock { $0 } == [false])
    }

    @Test func `a batch is bounded in bytes, and one that is larger by itself goes alone`() async {
        let sizes = [0, 60, 60, 500, 10]
        let results = await self.writeAll(
            zip(self.jobs, sizes).map { Self.completion($0, logBytes: $1) },
            by: self.group(.init(bytes: 130, linger: .zero, patience: Self.never)))
        #expect(Self.errors(results) == [nil, nil, nil, nil, nil])
        #expect(
            await self.server.batches
                == [[self.jobs[0]], [self.jobs[1], self.jobs[2]], [self.jobs[3]], [self.jobs[4]]])
    }

    /// A timer that only being cancelled ends.
    private static func untilCancelled(_: Duration) async {
        await withTaskCancellationHandler {
            while !Task.isCancelled { await Task.yield() }
        } onCancel: {
        }
    }

    @Test func `completions that came together are followed by ones that wait for each other`() async {
        let group = Group(
            bounds: .init(count: 2, companyMemory: .seconds(3600)), sleep: Self.untilCancelled, fault: Self.fault
        ) { [server] in await server.commit($0, $1) }
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
        let group = Group(
            bounds: .init(companyMemory: .seconds(3600)), sleep: Self.untilCancelled, fault: Self.fault
        ) { [server] in await server.commit($0, $1) }
        _ = await self.writeAll(
            [Self.write(self.jobs[0]), Self.completion(self.jobs[1]), Self.write(self.jobs[2])], by: group)
        async let completion: Void? = try? group.write(Self.completion(self.jobs[3]))
        while await group.waitingCount == 0 { await Task.yield() }
        async let checkpoint: Void? = try? group.write(Self.write(self.jobs[4]))
        _ = await (completion, checkpoint)
        #expect(await self.server.batches.last == [self.jobs[3], self.jobs[4]])
    }

    @Test func `a lone completion waits for nobody`() async throws {
        let group = Group(sleep: Self.untilCancelled, fault: Self.fault) { [server] in await server.commit($0, $1) }
        for job in self.jobs { try await group.write(Self.completion(job)) }
        #expect(await self.server.batches == self.jobs.map { [$0] })
    }

    @Test func `a bad row is found, and keeps nobody else back`() async {
        await self.server.refuse(self.jobs[3])
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, nil, .badRow, nil])
    }

    @Test func `the parts of a batch that fails go one after the other`() async {
        await self.server.refuse(self.jobs[1])
        await self.server.refuse(self.jobs[4])
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, .badRow, nil, nil, .badRow])
        #expect(await self.server.commitsMax == 1)
    }

    @Test func `what somebody holds up keeps nobody else back, however much it is, and goes when it can`() async {
        // More than batches may be on their way at once.
        let (held, free) = (self.jobs[..<3], self.jobs[3...])
        await self.server.lock(Array(held))
        let group = self.group(.init(patience: Self.never, sendersMax: 1, heldMax: Self.never))
        await withTaskGroup(of: Bool.self) { tasks in
            for job in held { tasks.addTask { await self.isWritten(job, by: group) } }
            while await group.heldCount < held.count { await Task.yield() }
            for job in free {
                let isWritten = await self.isWritten(job, by: group)
                #expect(isWritten)
            }
            // One after the other, beside those that are free.
            let commitsMax = await self.server.commitsMax
            #expect(commitsMax <= 2)
            await self.server.lock([])
            for await isWritten in tasks { #expect(isWritten) }
        }
    }

    @Test func `of a batch that somebody holds up the others go through`() async {
        await self.server.lock([self.jobs[2]])
        let group = self.group(.init(patience: Self.never, heldMax: Self.never))
        async let results = self.writeAll(self.jobs.map { Self.write($0) }, by: group)
        while await !self.server.batches.contains([self.jobs[4]]) { await Task.yield() }
        while await group.heldCount == 0 { await Task.yield() }
        await self.server.lock([])
        let errors = Self.errors(await results)
        #expect(errors == [nil, nil, nil, nil, nil])
    }

    @Test func `each part of a batch that somebody holds up waits for locks for a moment only`() async {
        await self.server.lock(Array(self.jobs[1...3]))
        let (whole, part) = (Duration.milliseconds(500), Duration.milliseconds(20))
        let group = self.group(.init(patience: Self.never, lockWait: whole, lockWaitOfPart: part, heldMax: .zero))
        let results = await self.writeAll(self.jobs.map { Self.write($0) }, by: group)
        #expect(Self.errors(results) == [nil, .locked, .locked, .locked, nil])
        // The first; the others together, and then each by itself.
        #expect(await self.server.lockWaits == [whole, whole, part, part, part, part])
    }

    @Test func `what is sent anew of a job that somebody holds up keeps nobody back either`() async {
        await self.server.lock([self.jobs[0]])
        let group = self.group(.init(patience: Self.never, heldMax: Self.never))
        async let held = self.isWritten(self.jobs[0], by: group)
        while await group.heldCount == 0 { await Task.yield() }
        await self.server.close()
        async let first = self.isWritten(self.jobs[1], by: group)
        while await !self.server.batches.joined().contains(self.jobs[1]) { await Task.yield() }
        async let anew = self.isWritten(self.jobs[0], by: group)
        async let second = self.isWritten(self.jobs[2], by: group)
        while await group.heldCount + group.waitingCount < 3 { await Task.yield() }
        await self.server.open()
        let others = await [first, second]
        #expect(others == [true, true])
        await self.server.lock([])
        let own = await [held, anew]
        #expect(own == [true, true])
        let batches = await self.server.batches
        #expect(batches.allSatisfy { $0.count == 1 })
    }

    @Test func `what is held up for too long is refused`() async {
        await self.server.lock([self.jobs[0]])
        let group = self.group(.init(patience: Self.never, heldMax: .zero))
        let isWritten = await self.isWritten(self.jobs[0], by: group)
        #expect(!isWritten)
    }

    @Test func `what was held up for its time is not tried once more, however much it is`() async {
        await self.server.lock(self.jobs)
        let group = self.group(.init(patience: Self.never, heldMax: .zero))
        let results = await self.writeAll(self.jobs.map { Self.write($0) }, by: group)
        #expect(Self.errors(results) == [Refusal?](repeating: .locked, count: 5))
        // The first; the others together, and then each by itself.
        let alone = self.jobs[1...].map { [$0] }
        let batches = await self.server.batches
        #expect(batches == [[self.jobs[0]], Array(self.jobs[1...])] + alone)
    }

    @Test func `a lost lease concerns its own job`() async {
        await self.server.lose(self.jobs[2])
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [nil, nil, .lost, nil, nil])
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

    @Test func `a database that is away is not asked again for each`() async {
        await self.server.becomeUnreachable()
        let results = await self.writeAll(self.jobs.map { Self.write($0) })
        #expect(Self.errors(results) == [Refusal?](repeating: .unreachable, count: 5))
        #expect(await self.server.batches == [[self.jobs[0]], Array(self.jobs[1...])])
    }

    private func isWritten(_ job: Job.ID, by group: Group) async -> Bool {
        (try? await group.write(Self.write(job))) != nil
    }

    @Test func `a batch that is held up keeps nobody behind it back`() async {
        await self.server.hold(self.jobs[0])
        let group = self.group(.init(patience: .zero))
        async let heldUp = self.isWritten(self.jobs[0], by: group)
        while await self.server.batches.isEmpty { await Task.yield() }
        // The first is not answered yet, and these are.
        for job in self.jobs[1...] {
            let isWritten = await self.isWritten(job, by: group)
            #expect(isWritten)
        }
        await self.server.open()
        let isWritten = await heldUp
        #expect(isWritten)
    }

    @Test func `only so many batches are on their way at once`() async {
        await self.server.close()
        let group = self.group(.init(patience: .zero, sendersMax: 2))
        await withTaskGroup(of: Bool.self) { tasks in
            for (index, job) in self.jobs[..<3].enumerated() {
                tasks.addTask { await self.isWritten(job, by: group) }
                // The third finds two on their way.
                while await self.server.batches.count < min(index + 1, 2) { await Task.yield() }
            }
            while await group.waitingCount == 0 { await Task.yield() }
            #expect(await self.server.batches == [[self.jobs[0]], [self.jobs[1]]])
            await self.server.open()
            for await isWritten in tasks { #expect(isWritten) }
        }
        #expect(await self.server.batches.count == 3)
    }
}
