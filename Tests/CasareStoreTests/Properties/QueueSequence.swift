import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// One sequence of operations, in a queue of its own.
struct QueueSequence {
    private struct Session {
        let id: Robot.SessionID
        var cursor = LeaseCursor()
    }

    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private static let priorities: [Priority] = [.low, .normal, .normal, .high]
    private static let operationsMax = 16
    private static let drainRoundsMax = 40
    /// A key's second lane gets what the first left of its room with the next lease.
    private static let looksMax = 3
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

    /// - Throws: `Difference` where the store first does something else.
    mutating func run() async throws {
        do {
            try await self.open()
            if Bool.random(using: &self.random) { try await self.limit(self.someLimits()) }
            for _ in 0..<Int.random(in: 4...Self.operationsMax, using: &self.random) {
                try await self.operate()
            }
            try await self.compare()
            try await self.drain()
        } catch let difference as Difference {
            throw Difference(
                description: "sequence \(self.number): \(difference)\n\(self.log.joined(separator: "\n"))")
        }
    }

    /// Rules by which a job waits a day to be as urgent as the next priority: the order is then that of priorities.
    private mutating func someLimits() -> QueueLimits {
        let rates = [QueueRate(everySeconds: 5, burst: 2), QueueRate(everySeconds: 0.5, burst: 4)]
        func maybe<Value>(_ value: Value?) -> Value? { Bool.random(using: &self.random) ? value : nil }
        return QueueLimits(
            concurrency: maybe(Int.random(in: 0...4, using: &self.random)),
            rate: maybe(maybe(rates.randomElement(using: &self.random))),
            keyConcurrency: maybe(Int.random(in: 1...2, using: &self.random)),
            keyRate: maybe(maybe(rates.randomElement(using: &self.random))), ageingSeconds: 86_400)
    }

    private mutating func operate() async throws {
        let jobs = self.model.jobs
        let session = Int.random(in: 0..<self.sessions.count, using: &self.random)
        switch Int.random(in: 0..<24, using: &self.random) {
        case 22, 23:
            guard let job = jobs.randomElement(using: &self.random) else { return }
            if Bool.random(using: &self.random) { return try await self.pause(job: job) }
            let paused = jobs.filter { self.model.entries[$0]?.status == .paused }
            try await self.resume(job: paused.randomElement(using: &self.random) ?? job)
        case 0...3: try await self.submit()
        case 4...8: try await self.lease(session, limit: Int.random(in: 1...3, using: &self.random))
        case 9...16:
            guard let lease = self.someLease() else { return try await self.submit() }
            try await self.write(by: lease)
        case 17:
            guard let job = jobs.randomElement(using: &self.random) else { return }
            if Bool.random(using: &self.random) { return try await self.cancel(job) }
            let asking = jobs.filter { self.model.entries[$0]?.place == .blocked }
            try await self.resolve(asking.randomElement(using: &self.random) ?? job)
        case 18:
            guard let job = jobs.randomElement(using: &self.random) else { return }
            try await self.retry(job)
        case 19:
            switch Int.random(in: 0..<5, using: &self.random) {
            case 0: try await self.open()
            case 1: try await self.close(session)
            default: try await self.renew(session)
            }
        case 20 where self.model.hasLimits && Bool.random(using: &self.random):
            try await self.limit(self.someLimits())
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
                environment: self.environment,
                queueKey: self.model.hasLimits ? ["a", "b", nil].randomElement(using: &self.random) ?? nil : nil)
        }
        try await self.store.submit(jobs, now: self.model.now)
        for job in jobs {
            self.note(
                "\(job.id) is submitted, priority \(job.priority.rawValue), due \(job.due), key \(job.queueKey ?? "none")"
            )
            self.model.submit(job.id, job.priority, key: job.queueKey, delay: job.due == .now ? nil : 10)
        }
    }

    private mutating func lease(_ session: Int, limit: Int) async throws {
        let expected = self.model.room(limit, for: session)
        let inOrder = self.model.next(expected, for: session)
        var leased: [Job.ID] = []
        // What the last answer says of the queue may be out of date: then it gets nothing, and asks once more. With keys
        // a single lease may leave room, too.
        for _ in 0..<(expected == 0 ? 2 : Self.looksMax) where leased.count < limit {
            let jobs = try await self.leaseOnce(session, limit: limit - leased.count)
            leased += jobs
            if !self.model.hasLimits, !jobs.isEmpty { break }
        }
        try self.expect(
            leased.count == expected, "session \(session) leases \(expected) of \(limit), not \(leased.count)")
        if !self.model.hasKeys {
            try self.expect(leased == inOrder, "session \(session) leases \(inOrder)")
        }
    }

    private mutating func leaseOnce(_ session: Int, limit: Int) async throws -> [Job.ID] {
        let (before, now) = (self.sessions[session], self.model.now)
        let (jobs, cursor) = try await self.store.run { connection in
            var cursor = before.cursor
            // The time that a sequence states does not pass by the clock that this goes by.
            cursor.turns = nil
            let jobs = try LeaseStore.lease(before.id, limit: limit, cursor: &cursor, now: now, on: connection)
            return (jobs, cursor)
        }
        self.sessions[session].cursor = cursor
        for job in jobs {
            self.note("session \(session) leases \(job.lease.job), token \(job.lease.token), attempt \(job.attempt)")
            try self.expect(
                self.leases.allSatisfy { $0.job != job.lease.job || $0.token < job.lease.token }, "the token grows")
            try self.expect(self.model.isNextOfItsLane(job.lease.job, attempt: job.attempt), "its turn has come")
            try self.expect(self.model.room(1, of: job.lease.job) == 1, "no limit is in its way")
            self.leases.append(job.lease)
            self.model.lease(job.lease, session: session)
        }
        return jobs.map(\.lease.job)
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

    private mutating func resolve(_ job: Job.ID) async throws {
        let answers: [Job.Resolution] = [.done(outputs: ["x": 1]), .retry, .skip, .fail]
        let answer = answers.randomElement(using: &self.random) ?? .skip
        self.note("\(job) is answered: \(answer.answer.rawValue)")
        let now = self.model.now
        let isDone: Bool
        do {
            _ = try await self.store.run {
                try JobStore.resolve(job, step: 0, as: answer, by: "ann", reason: "seen", now: now, on: $0)
            }
            isDone = true
        } catch let error as StoreError {
            switch error {
            case .invalidTransition, .alreadyResolved: isDone = false
            default: throw error
            }
        }
        let shouldBe = self.model.resolve(job)
        try self.expect(isDone == shouldBe, shouldBe ? "it goes on" : "it is refused")
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

    private mutating func pause(job: Job.ID) async throws {
        self.note("\(job) is paused")
        let (now, shouldBe) = (self.model.now, self.model.pause(job))
        try await self.change(to: shouldBe) { connection in
            _ = try JobStore.pause(job, by: "ann", reason: nil, now: now, on: connection)
        }
    }

    private mutating func resume(job: Job.ID) async throws {
        self.note("\(job) is resumed")
        let (now, shouldBe) = (self.model.now, self.model.resume(job))
        try await self.change(to: shouldBe) { connection in
            _ = try JobStore.resume(job, by: "ann", now: now, on: connection)
        }
    }

    /// Does what the model says that is done, or refused.
    private func change(
        to shouldBe: Bool, _ body: @Sendable (isolated PostgresConnection) throws -> Void
    ) async throws {
        let isDone: Bool
        do {
            try await self.store.run(body)
            isDone = true
        } catch StoreError.invalidTransition {
            isDone = false
        }
        try self.expect(isDone == shouldBe, shouldBe ? "it is done" : "it is refused")
    }

    private mutating func limit(_ limits: QueueLimits) async throws {
        self.note("the limits are \(limits)")
        let (environment, now) = (self.environment, self.model.now)
        _ = try await self.store.run { try QueueStore.limit(environment, now: now, on: $0) { $0 = limits } }
        self.model.limit(limits)
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
        if self.model.hasLimits { try await self.limit(QueueLimits(ageingSeconds: 86_400)) }
        for job in self.model.jobs where self.model.entries[job]?.place == .blocked { try await self.cancel(job) }
        for session in self.sessions.indices { _ = try await self.close(session) }
        for job in self.model.jobs where self.model.entries[job]?.status == .paused { try await self.resume(job: job) }
        self.model.pass(QueueModel.retrySeconds)
        try await self.promote()
        let session = self.sessions.count - 1
        for _ in 0..<Self.drainRoundsMax where self.model.room(1, for: session) > 0 {
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
