import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// What robots do: sessions, leases, and writes by leases.
extension QueueSequence {
    /// A key's second lane gets what the first left of its room with the next lease.
    private static let looksMax = 3

    mutating func open() async throws {
        let (robot, environment, now) = (self.robot, self.environment, self.model.now)
        let session = try await self.store.run { connection in
            _ = try RobotStore.register(
                robot, environment: environment, tags: [], capabilities: [], slots: 9, on: connection)
            return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 9, now: now, on: connection)
        }
        self.sessions.append(Session(id: session))
        self.note("session \(self.model.open()) is opened")
    }

    mutating func renew(_ session: Int) async throws {
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

    mutating func close(_ session: Int) async throws {
        self.note("session \(session) is closed")
        let (id, now) = (self.sessions[session].id, self.model.now)
        let released = try await self.store.run { try LeaseStore.closeSession(id, now: now, on: $0) }
        let expected = self.model.close(session)
        try self.expect(released == expected, "released are \(expected)")
        try await self.open()
    }

    mutating func lease(_ session: Int, limit: Int) async throws {
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

    mutating func write(by lease: Lease) async throws {
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
}
