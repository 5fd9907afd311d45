import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct SessionTests {
    @Test func `a robot must be registered first`() async throws {
        try await withFixture { store in
            let robot = try #require(Robot.ID(rawValue: "nobody"))
            await #expect(throws: StoreError.notFound(.robot, "nobody")) {
                try await store.run {
                    _ = try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 1, on: $0)
                }
            }
        }
    }

    @Test func `closing a session hands its jobs back`() async throws {
        try await withFixture { store in
            try await store.submit((0..<3).map { _ in store.job() })
            let jobs = try await store.lease(2)
            let released = try await store.run { try LeaseStore.closeSession(store.session, on: $0) }
            #expect(released == Set(jobs.map(\.lease.job)))
            let other = try await store.openSession()
            let again = try await store.lease(9, session: other)
            #expect(again.count == 3 && Set(again.map(\.attempt)) == [1])
            #expect(try await store.run { try LeaseStore.closeSession(store.session, on: $0) }.isEmpty)
        }
    }

    @Test func `a renewal puts the end off and names what is lost`() async throws {
        try await withFixture { store in
            try await store.submit((0..<2).map { _ in store.job() })
            let jobs = try await store.lease(2)
            try await store.run {
                _ = try JobStore.cancel(jobs[0].lease.job, by: "ann", reason: nil, on: $0)
            }
            let renewal = try await store.run { try LeaseStore.renew(store.session, held: jobs.map(\.lease), on: $0) }
            #expect(renewal.lost == [jobs[0].lease.job] && renewal.leaseSeconds == 30)
        }
    }

    @Test func `an ended session cannot be renewed`() async throws {
        try await withFixture { store in
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            await #expect(throws: StoreError.sessionEnded(store.session)) {
                try await store.run { _ = try LeaseStore.renew(store.session, held: [], on: $0) }
            }
        }
    }

    @Test func `another session of the same boot ends the first`() async throws {
        try await withFixture { store in
            let boot = UUID()
            let (first, second, other) = try await store.run { connection in
                let open = { (boot: UUID) in
                    try LeaseStore.openSession(
                        StoreFixture.robot, boot: boot, kind: .api, slots: 1, on: connection)
                }
                return (try open(boot), try open(boot), try open(UUID()))
            }
            let open = try await store.run { connection in
                try [first, second, other].map { try LeaseStore.isOpen($0, on: connection) }
            }
            #expect(open == [false, true, true])
        }
    }

    @Test(arguments: [(29.999, false), (30, true)])
    func `a session that is not renewed ends after its lease's length`(seconds: Double, ends: Bool) async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let job = try await store.lease(session: session, now: noon)[0]
            let report = try await store.sweep(now: noon.addingTimeInterval(seconds))
            let requeued = report.requeued.map(\.job)
            #expect(requeued == (ends ? [job.lease.job] : []))
            #expect(try await store.status(job.lease.job) == (ends ? .pending : .running))
        }
    }

    @Test func `a robot whose job was given away is told by its renewal and refused in its writes`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            _ = try await store.submit(store.job())
            let job = try await store.lease(session: session, now: noon)[0]
            _ = try await store.sweep(now: noon.addingTimeInterval(31))
            await #expect(throws: StoreError.sessionEnded(session)) {
                try await store.run { _ = try LeaseStore.renew(session, held: [job.lease], on: $0) }
            }
            await #expect(throws: StoreError.leaseLost(job.lease.job)) {
                try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            }
        }
    }

    @Test func `a session whose connection is gone ends when nobody takes it up again`() async throws {
        try await withFixture { store in
            let connection = try await store.database.connect()
            let session = try await Database.asTenant(store.tenant, on: connection) {
                try LeaseStore.openSession(StoreFixture.robot, boot: UUID(), kind: .sql, slots: 1, on: $0)
            }
            _ = try await store.submit(store.job())
            let job = try await store.lease(session: session)[0]
            #expect(try await store.sweep().sessionsEnded == 0)
            #expect(try await store.status(job.lease.job) == .running)

            let process = await connection.backendProcessID
            await connection.close()
            try await store.database.asSystem { system in
                // The server ends a session a moment after its client has gone.
                while try !system.execute(
                    "SELECT FROM pg_stat_activity WHERE pid = @process::int4", ["process": .int4(process)]
                ).isEmpty {}
            }
            let grace = Double(LeaseStore.lostSessionGrace.components.attoseconds) / 1e18 + 1
            let found = try await store.sweep(now: noon)
            #expect(found.sessionsLost == 1 && found.sessionsEnded == 0)
            let early = try await store.sweep(now: noon.addingTimeInterval(grace - 0.001))
            #expect(early.sessionsLost == 0 && early.sessionsEnded == 0)
            let report = try await store.sweep(now: noon.addingTimeInterval(grace))
            #expect(report.sessionsEnded == 1 && report.requeued.map(\.job) == [job.lease.job])
            #expect(try await store.status(job.lease.job) == .pending)
            let late = try await store.database.connect()
            await #expect(throws: StoreError.sessionEnded(session)) {
                try await Database.asTenant(store.tenant, on: late) {
                    _ = try LeaseStore.resumeSession(session, on: $0)
                }
            }
            await late.close()
        }
    }

    @Test func `a session whose connection is gone does not end soon after the server's start`() async throws {
        try await withFixture { store in
            let connection = try await store.database.connect()
            let session = try await Database.asTenant(store.tenant, on: connection) {
                try LeaseStore.openSession(StoreFixture.robot, boot: UUID(), kind: .sql, slots: 1, on: $0)
            }
            let process = await connection.backendProcessID
            await connection.close()
            try await store.database.asSystem { system in
                // The server ends a session a moment after its client has gone.
                while try !system.execute(
                    "SELECT FROM pg_stat_activity WHERE pid = @process::int4", ["process": .int4(process)]
                ).isEmpty {}
            }
            try await store.asOwner(
                "UPDATE robot_sessions SET lost_at = now() - interval '1 minute' WHERE session_id = \(session.rawValue)"
            )
            // No server of a test has been running for so long.
            let early = try await store.database.asSystem {
                try LeaseStore.sweep(startGrace: .seconds(100 * 365 * 86_400), on: $0)
            }
            #expect(early.sessionsEnded == 0)
            let late = try await store.database.asSystem { try LeaseStore.sweep(startGrace: .zero, on: $0) }
            #expect(late.sessionsEnded == 1)
            let again = try await store.database.connect()
            await #expect(throws: StoreError.sessionEnded(session)) {
                try await Database.asTenant(store.tenant, on: again) {
                    _ = try LeaseStore.resumeSession(session, on: $0)
                }
            }
            await again.close()
        }
    }

    @Test func `a session that is taken up again keeps its jobs`() async throws {
        try await withFixture { store in
            let first = try await store.database.connect()
            let session = try await Database.asTenant(store.tenant, on: first) {
                try LeaseStore.openSession(StoreFixture.robot, boot: UUID(), kind: .sql, slots: 1, on: $0)
            }
            _ = try await store.submit(store.job())
            let job = try await store.lease(session: session)[0]
            let second = try await store.database.connect()
            // Not while the first connection is there.
            let early = try await Database.asTenant(store.tenant, on: second) {
                try LeaseStore.resumeSession(session, on: $0)
            }
            #expect(!early)
            await first.close()
            while try await !Database.asTenant(
                store.tenant, on: second, { try LeaseStore.resumeSession(session, on: $0) })
            {}
            let report = try await store.sweep()
            #expect(report.sessionsLost == 0 && report.sessionsEnded == 0)
            #expect(try await store.status(job.lease.job) == .running)
            await second.close()
        }
    }

    @Test func `jobs that a robot never speaks of are taken from it, and dead-lettered in the end`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            var taken: [Set<Job.ID>] = []
            for round in 1...LeaseStore.crashesMax {
                let at = noon.addingTimeInterval(Double(round) * 3600)
                let session = try await store.openSession(now: at)
                let lease = try await store.lease(session: session, now: at)[0].lease
                func take(_ held: [Lease], after seconds: Double) async throws -> Set<Job.ID> {
                    try await store.run {
                        try LeaseStore.takeUnclaimed(
                            of: session, held: held, now: at.addingTimeInterval(seconds), on: $0
                        ).taken
                    }
                }
                #expect(try await take([], after: 59).isEmpty)
                #expect(try await take([lease], after: 61).isEmpty)
                taken.append(try await take([], after: 61))
            }
            #expect(taken == Array(repeating: [id], count: LeaseStore.crashesMax))
            let letter = try #require(try await store.run { try DeadLetterStore.get(id, on: $0) })
            #expect(letter.failure.kind == .crashLoop)
            #expect(letter.failure.message.hasSuffix("The robot did not report how the job ended."))
        }
    }

    @Test func `a job that cannot be taken from a robot does not keep it from the others`() async throws {
        try await withFixture { store in
            let ids = try await store.submit((0..<3).map { _ in store.job() }).map(\.id)
            _ = try await store.lease(3, now: noon)
            // It cannot become ready: it is, behind the store's back.
            try await store.asOwner(
                "INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)"
                    + " SELECT tenant_id, job_id, queue_id, 0, 5 FROM jobs WHERE job_id = '\(ids[1])'")
            let report = try await store.run {
                try LeaseStore.takeUnclaimed(of: store.session, held: [], now: noon.addingTimeInterval(61), on: $0)
            }
            #expect(report.taken == [ids[0], ids[2]])
            #expect(report.failures.map(\.job) == [ids[1]])
            #expect(try await store.count("SELECT count(*) FROM leases") == 1)
        }
    }
}

struct SweepTests {
    /// Leases a job in a session that is over at once, and sweeps.
    private func crash(
        _ store: StoreFixture, entries: [JournalRow] = []
    ) async throws -> (job: LeasedJob, report: SweepReport) {
        let session = try await store.openSession(now: noon)
        let job = try await store.lease(session: session, now: noon)[0]
        try await store.run { try LeaseStore.checkpoint(job.lease, entries: entries, on: $0) }
        return (job, try await store.sweep(now: noon.addingTimeInterval(40)))
    }

    @Test func `a job whose robots die five times in a row is dead-lettered`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            for attempt in 1...4 {
                let (job, report) = try await self.crash(store)
                #expect(job.attempt == attempt)
                #expect(report.requeued.map(\.job) == [id] && report.deadLettered.isEmpty)
            }
            let (_, report) = try await self.crash(store)
            #expect(report.requeued.isEmpty && report.deadLettered.map(\.job) == [id])
            let letter = try #require(try await store.run { try DeadLetterStore.get(id, on: $0) })
            #expect(letter.failure.kind == .crashLoop && letter.attempts.count == 5)
            #expect(try await store.status(id) == .failed)
        }
    }

    @Test func `a step that was journaled shows progress`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            for attempt in 1...4 { _ = (attempt, try await self.crash(store)) }
            let (_, report) = try await self.crash(store, entries: [.step(0, "effect")])
            #expect(report.requeued.map(\.job) == [id])
            for _ in 1...4 { _ = try await self.crash(store) }
            let (_, last) = try await self.crash(store)
            #expect(last.deadLettered.map(\.job) == [id])
            #expect(try await store.run { try JobStore.steps(id, on: $0) } == [.step(0, "effect")])
        }
    }

    @Test func `a step that was only begun shows none`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            for _ in 1...4 { _ = try await self.crash(store) }
            let (_, report) = try await self.crash(store, entries: [.step(0, "effect", nil)])
            #expect(report.requeued.isEmpty && report.deadLettered.map(\.job) == [id])
        }
    }

    @Test func `crashes use up no retries`() async throws {
        try await withFixture { store in
            _ = try await store.submit(store.job())
            for _ in 1...4 { _ = try await self.crash(store) }
            let job = try await store.lease()[0]
            #expect(job.attempt == 5)
            #expect(try await store.fail(job, now: noon) == .retrying(at: noon.addingTimeInterval(10)))
        }
    }

    @Test func `a released job's crashes still count`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            for _ in 1...4 { _ = try await self.crash(store) }
            let job = try await store.lease()[0]
            try await store.run { try LeaseStore.release(job.lease, reason: "drain", on: $0) }
            #expect(try await self.crash(store).report.deadLettered.map(\.job) == [id])
        }
    }

    @Test func `one job that cannot be dealt with does not keep the sweep from the others`() async throws {
        try await withFixture { store in
            let ids = try await store.submit((0..<5).map { _ in store.job() }).map(\.id)
            let session = try await store.openSession(now: noon)
            _ = try await store.lease(5, session: session, now: noon)
            // It cannot become ready: it is, behind the store's back.
            try await store.asOwner(
                "INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)"
                    + " SELECT tenant_id, job_id, queue_id, 0, 5 FROM jobs WHERE job_id = '\(ids[1])'")
            let report = try await store.sweep(now: noon.addingTimeInterval(40))
            #expect(Set(report.requeued.map(\.job)) == [ids[0], ids[2], ids[3], ids[4]])
            #expect(report.failures.map(\.job.job) == [ids[1]])
            #expect((report.failures.first?.error as? PostgresError)?.sqlState == .uniqueViolation)
        }
    }

    @Test func `a lease whose session is forgotten is taken back`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            // As if the robot had been removed while the lease was under way.
            try await store.asOwner("DELETE FROM robot_sessions")
            let report = try await store.sweep()
            #expect(report.sessionsEnded == 0 && report.requeued.map(\.job) == [job.lease.job])
            #expect(try await store.status(job.lease.job) == .pending)
            #expect(try await store.sweep().requeued.isEmpty)
        }
    }

    @Test func `sweeps at the same time deal with each job once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let ids = try await store.submit((0..<40).map { _ in store.job() }).map(\.id)
            let session = try await store.openSession(now: noon)
            _ = try await store.lease(40, session: session, now: noon)
            let requeued = try await withThrowingTaskGroup(of: [Job.ID].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let report = try await store.sweep(now: noon.addingTimeInterval(40))
                        #expect(report.failures.isEmpty)
                        return report.requeued.map(\.job)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(requeued.count == 40 && Set(requeued) == Set(ids))
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `partitions are made ahead, and rows move to them`() async throws {
        try await withFixture { store in
            let farAhead = noon.addingTimeInterval(400 * 86_400)
            var job = store.job()
            job.id = .new(at: farAhead)
            let id = try await store.submit(job)
            try await store.database.asSystem { connection in
                let tables = try connection.execute("SELECT count(*) AS n FROM casare_weekly_tables()").only().int("n")
                #expect(tables >= 7)
                #expect(try LeaseStore.maintainPartitions(weeks: 1, now: farAhead, on: connection) == 2 * tables)
                #expect(try LeaseStore.maintainPartitions(weeks: 1, now: farAhead, on: connection) == 0)
                let place = try connection.execute(
                    "SELECT tableoid::regclass::text AS place FROM jobs WHERE job_id = @job",
                    ["job": .uuid(id.rawValue)]
                ).only().string("place")
                #expect(place.hasPrefix("jobs_20") && place.contains("w"))
            }
            #expect(try await store.lease()[0].lease.job == id)
        }
    }
}
