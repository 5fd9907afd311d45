import CasareDomain
import CasareEngine
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Whatever is done to the queue in whatever order, it does what the model does: no job lost, none run by two, none
/// ended twice, no write by a lease that has passed on, and the order kept.
struct QueueProperties {
    /// All in all; `make properties` runs 10,000. Each goes on from an empty queue.
    private static let sequences =
        ProcessInfo.processInfo.environment["CASARE_TEST_SEQUENCES"].flatMap(Int.init) ?? 2_000
    private static let workers = 2

    @Test(arguments: 0..<Self.workers)
    func `random operations do what they do to the model`(worker: Int) async throws {
        try await withFixture(connectionsMax: 1) { store in
            for sequence in stride(from: worker, to: Self.sequences, by: Self.workers) {
                var run = QueueSequence(store, number: sequence)
                // What it leaves behind would be found by those that follow.
                guard try await run.isAsTheModel() else { return }
                // Nobody else does it here, and thousands of sequences leave much behind.
                if sequence / Self.workers % 200 == 199 {
                    try await store.asOwner("VACUUM ready, scheduled, leases, robot_sessions, blocked")
                }
            }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }
}

/// One sequence of operations, in a queue of its own.
private struct QueueSequence {
    private struct Session {
        let id: Robot.SessionID
        var cursor = LeaseCursor()
    }

    private struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private static let priorities: [Priority] = [.low, .normal, .normal, .high]
    private static let operationsMax = 16
    private static let drainRoundsMax = 40
    private static let options: Job.Options = {
        // The numbers are within what a policy may have.
        let policy = try? RetryPolicy(.list([QueueModel.retrySeconds]), attemptsMax: QueueModel.attemptsMax, jitter: 0)
        return Job.Options(retry: policy)
    }()

    private let store: StoreFixture
    private let number: Int
    private let environment: String
    private let robot: Robot.ID
    private var random: SeededRandom
    private var model: QueueModel
    private var sessions: [Session] = []
    /// Every lease that ever was: those that have passed on are tried as well.
    private var leases: [Lease] = []
    private var log: [String] = []

    init(_ store: StoreFixture, number: Int) {
        self.store = store
        self.number = number
        self.environment = "e\(number)"
        self.robot = Robot.ID(rawValue: "r\(number)")!  // A letter and digits are a robot's ID.
        self.random = SeededRandom(seed: UInt64(number))
        // Later than the sequences before, so that a sweep finds nothing alive of theirs.
        self.model = QueueModel(at: noon + Double(number) * 10_000)
    }

    /// Runs it, and records where the store first does something else.
    mutating func isAsTheModel() async throws -> Bool {
        do {
            try await self.open()
            for _ in 0..<Int.random(in: 4...Self.operationsMax, using: &self.random) {
                try await self.operate()
            }
            try await self.compare()
            try await self.drain()
            return true
        } catch let difference as Difference {
            Issue.record("sequence \(self.number): \(difference)\n\(self.log.joined(separator: "\n"))")
            return false
        }
    }

    private mutating func operate() async throws {
        let jobs = self.model.jobs
        let session = Int.random(in: 0..<self.sessions.count, using: &self.random)
        switch Int.random(in: 0..<22, using: &self.random) {
        case 0...3: try await self.submit()
        case 4...8: try await self.lease(session, limit: Int.random(in: 1...3, using: &self.random))
        case 9...16:
            guard let lease = self.someLease() else { return try await self.submit() }
            try await self.write(by: lease)
        case 17:
            guard let job = jobs.randomElement(using: &self.random) else { return }
            try await self.cancel(job)
        case 18:
            guard let job = jobs.randomElement(using: &self.random) else { return }
            try await self.retry(job)
        case 19:
            switch Int.random(in: 0..<5, using: &self.random) {
            case 0: try await self.open()
            case 1: try await self.close(session)
            default: try await self.renew(session)
            }
        case 20: try await self.pause(!self.model.isPaused)
        default:
            let times: [Double] = [1, 9, 10, 11, 29, 30, 31]
            let seconds = times.randomElement(using: &self.random) ?? 1
            self.note("\(seconds) s pass")
            self.model.pass(seconds)
            try await self.promote()
            try await self.sweep()
        }
    }

    /// Mostly one that is held.
    private mutating func someLease() -> Lease? {
        let held = self.model.leases()
        let isHeld = Int.random(in: 0..<4, using: &self.random) > 0
        return (isHeld && !held.isEmpty ? held : self.leases).randomElement(using: &self.random)
    }

    // MARK: - Operations

    private mutating func open() async throws {
        let (robot, environment, now) = (self.robot, self.environment, self.model.now)
        let session = try await self.store.run { connection in
            _ = try RobotStore.register(
                robot, environment: environment, tags: [], capabilities: [], slots: 9, on: connection)
            return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 9, now: now, on: connection)
        }
        self.sessions.append(Session(id: session))
        self.note("session \(self.model.open()) is opened")
    }

    private mutating func submit() async throws {
        let jobs = (0..<Int.random(in: 1...3, using: &self.random)).map { _ in
            self.store.job(
                priority: Self.priorities.randomElement(using: &self.random) ?? .normal, options: Self.options,
                due: Int.random(in: 0..<5, using: &self.random) == 0 ? .after(.seconds(10)) : .now,
                environment: self.environment)
        }
        try await self.store.submit(jobs, now: self.model.now)
        for job in jobs {
            self.note("\(job.id) is submitted, priority \(job.priority.rawValue), due \(job.due)")
            self.model.submit(job.id, job.priority, delay: job.due == .now ? nil : 10)
        }
    }

    private mutating func lease(_ session: Int, limit: Int) async throws {
        let (before, now) = (self.sessions[session], self.model.now)
        let expected = self.model.next(limit, for: session)
        let (jobs, cursor) = try await self.store.run { connection in
            var cursor = before.cursor
            // What the last answer says of the queue may be out of date: then it gets nothing, and asks once more.
            for _ in 0..<2 {
                let jobs = try LeaseStore.lease(before.id, limit: limit, cursor: &cursor, now: now, on: connection)
                if !jobs.isEmpty { return (jobs, cursor) }
            }
            return ([], cursor)
        }
        self.sessions[session].cursor = cursor
        for job in jobs {
            self.note("session \(session) leases \(job.lease.job), token \(job.lease.token), attempt \(job.attempt)")
            try self.expect(
                self.leases.allSatisfy { $0.job != job.lease.job || $0.token < job.lease.token }, "the token grows")
            try self.expect(self.model.isNextOfItsPriority(job.lease.job, attempt: job.attempt), "its turn has come")
            self.leases.append(job.lease)
            self.model.lease(job.lease, session: session)
        }
        let isPlain = cursor.mode == .plain
        try self.expect(
            isPlain ? jobs.map(\.lease.job) == expected.map(\.job) : jobs.count <= expected.count,
            "session \(session) leases \(expected.map(\.job))\(isPlain ? "" : ", or fewer, or as urgent ones")")
    }

    private mutating func write(by lease: Lease) async throws {
        let now = self.model.now
        let kind = Int.random(in: 0..<8, using: &self.random)
        self.note("by token \(lease.token) of \(lease.job): operation \(kind)")
        let isWritten: Bool
        do {
            try await self.store.run { connection in
                switch kind {
                case 0, 1: try LeaseStore.complete(lease, result: .ok(), now: now, on: connection)
                case 2, 3:
                    _ = try LeaseStore.fail(
                        lease, failure: .broken, result: nil, randomFraction: 0.5, now: now, on: connection)
                case 4:
                    _ = try LeaseStore.fail(lease, failure: .business, result: nil, now: now, on: connection)
                case 5: try LeaseStore.release(lease, reason: "for a test", now: now, on: connection)
                case 6: try LeaseStore.checkpoint(lease, entries: [.step(0, "effect")], on: connection)
                default:
                    try LeaseStore.block(
                        lease, question: Job.Question(step: 0, node: "n", nodeType: "T", text: "Was it done?"),
                        now: now, on: connection)
                }
            }
            isWritten = true
        } catch StoreError.leaseLost(lease.job) {
            isWritten = false
        }
        let shouldBe =
            switch kind {
            case 0, 1: self.model.complete(lease)
            case 2, 3: self.model.fail(lease, isRetryable: true)
            case 4: self.model.fail(lease, isRetryable: false)
            case 5: self.model.release(lease)
            case 6: self.model.checkpoint(lease)
            default: self.model.block(lease)
            }
        try self.expect(isWritten == shouldBe, shouldBe ? "it is written" : "it is refused")
    }

    private mutating func cancel(_ job: Job.ID) async throws {
        self.note("\(job) is cancelled")
        let now = self.model.now
        let isDone: Bool
        do {
            _ = try await self.store.run { try JobStore.cancel(job, by: "ann", reason: nil, now: now, on: $0) }
            isDone = true
        } catch StoreError.invalidTransition {
            isDone = false
        }
        let shouldBe = self.model.cancel(job)
        try self.expect(isDone == shouldBe, shouldBe ? "it is" : "it is refused")
    }

    private mutating func retry(_ job: Job.ID) async throws {
        self.note("\(job) is tried anew")
        let now = self.model.now
        let new: Job.ID?
        do {
            new = try await self.store.run { try JobStore.retry(job, by: "ann", now: now, on: $0) }
        } catch let error as StoreError {
            switch error {
            case .invalidTransition, .alreadyReplayed: new = nil
            default: throw error
            }
        }
        let shouldBe = self.model.mayRetry(job)
        if let new { self.model.retry(job, as: new) }
        try self.expect((new != nil) == shouldBe, shouldBe ? "there is a new job" : "it is refused")
    }

    private mutating func renew(_ session: Int) async throws {
        let held = Array(self.leases.shuffled(using: &self.random).prefix(3))
        self.note("session \(session) is renewed, with tokens \(held.map(\.token))")
        let (id, now) = (self.sessions[session].id, self.model.now)
        let lost: Set<Job.ID>?
        do {
            lost = try await self.store.run { try LeaseStore.renew(id, held: held, now: now, on: $0).lost }
        } catch StoreError.sessionEnded {
            lost = nil
        }
        let expected = self.model.renew(session, held: held)
        try self.expect(lost == expected, "lost are \(expected.map { "\($0)" } ?? "all, as the session has ended")")
    }

    private mutating func close(_ session: Int) async throws {
        self.note("session \(session) is closed")
        let (id, now) = (self.sessions[session].id, self.model.now)
        let released = try await self.store.run { try LeaseStore.closeSession(id, now: now, on: $0) }
        let expected = self.model.close(session)
        try self.expect(released == expected, "released are \(expected)")
        try await self.open()
    }

    private mutating func pause(_ isPaused: Bool) async throws {
        self.note(isPaused ? "the queue is paused" : "the queue goes on")
        let (environment, now) = (self.environment, self.model.now)
        _ = try await self.store.run { connection in
            if isPaused {
                _ = try QueueStore.pause(environment, by: "ann", reason: nil, until: nil, now: now, on: connection)
            } else {
                _ = try QueueStore.resume(environment, now: now, on: connection)
            }
        }
        self.model.pause(isPaused)
    }

    private mutating func promote() async throws {
        let expected = self.model.promote()
        let report = try await self.store.promote(now: self.model.now)
        try self.expect(report.failures.isEmpty && report.promoted == expected, "\(expected) jobs became due")
    }

    private mutating func sweep() async throws {
        let expected = self.model.sweep()
        let report = try await self.store.sweep(now: self.model.now)
        try self.expect(
            report.failures.isEmpty && Set(report.requeued.map(\.job)) == expected.requeued
                && Set(report.deadLettered.map(\.job)) == expected.deadLettered, "the sweep finds \(expected)")
    }

    /// Runs all that is left to its end: nothing may stay behind.
    private mutating func drain() async throws {
        self.note("all that is left is run")
        if self.model.isPaused { try await self.pause(false) }
        for job in self.model.jobs where self.model.entries[job]?.place == .blocked { try await self.cancel(job) }
        for session in self.sessions.indices { _ = try await self.close(session) }
        self.model.pass(QueueModel.retrySeconds)
        try await self.promote()
        let session = self.sessions.count - 1
        for _ in 0..<Self.drainRoundsMax where !self.model.next(1, for: session).isEmpty {
            try await self.lease(session, limit: 100)
            for lease in self.model.leases() {
                let now = self.model.now
                try await self.store.run { try LeaseStore.complete(lease, result: .ok(), now: now, on: $0) }
                _ = self.model.complete(lease)
            }
            // A lane that was found empty is left alone for so long at most.
            self.model.pass(6)
            try await self.renew(session)
        }
        for session in self.sessions.indices {
            let (id, now) = (self.sessions[session].id, self.model.now)
            _ = try await self.store.run { try LeaseStore.closeSession(id, now: now, on: $0) }
        }
        try await self.compare()
        try self.expect(self.model.entries.values.allSatisfy { $0.status.isTerminal }, "every job has ended")
    }

    // MARK: - Helpers

    /// Whether the store has every job where the model has it.
    private func compare() async throws {
        let jobs = self.model.jobs
        let statuses = try await self.store.run { try JobStore.statuses(of: jobs, on: $0) }
        for job in jobs {
            let expected = self.model.entries[job]?.status
            try self.expect(
                statuses[job] == expected,
                "\(job) is \(expected.map(\.rawValue) ?? "unknown"), not \(statuses[job]?.rawValue ?? "unknown")")
        }
    }

    private mutating func note(_ line: String) { self.log.append(line) }

    private func expect(_ holds: Bool, _ what: String) throws(Difference) {
        if !holds { throw Difference(description: "it does not hold that \(what)") }
    }
}
