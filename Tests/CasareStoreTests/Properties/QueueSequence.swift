import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// One sequence of operations, in a queue of its own: which of them come, and that nothing is left behind.
struct QueueSequence {
    struct Session {
        let id: Robot.SessionID
        var cursor = LeaseCursor()
    }

    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private static let operationsMax = 16
    private static let drainRoundsMax = 40

    let store: StoreFixture
    private let number: Int
    let environment: String
    let robot: Robot.ID
    var random: SeededRandom
    var model: QueueModel
    var sessions: [Session] = []
    /// Every lease that ever was: those that have passed on are tried as well.
    var leases: [Lease] = []
    private var log: [String] = []

    /// Where jobs have keys, their order is not looked at: limits are in every second sequence, and keys in half of those.
    var mayHaveKeys: Bool { self.number / 2 % 2 == 0 }

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

    // MARK: - The end

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

    mutating func note(_ line: String) { self.log.append(line) }

    func expect(_ holds: Bool, _ what: String) throws(Difference) {
        if !holds { throw Difference(description: "it does not hold that \(what)") }
    }
}
