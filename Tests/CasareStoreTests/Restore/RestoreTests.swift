import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct RestoreTests {
    private func declare(
        _ store: StoreFixture, holdsWaiting: Bool = true, tokenSeen: Int64? = nil, now: Date? = nil
    ) async throws -> RestoreStore.Epoch {
        try await store.database.inSystem {
            try RestoreStore.declare(
                .init(by: "ann", why: "disk lost", tokenSeen: tokenSeen, holdsWaiting: holdsWaiting),
                zones: StoreFixture.zones, now: now, on: $0)
        }
    }

    private func finding(_ store: StoreFixture) async throws -> DoctorFinding {
        try #require(try await Doctor.examine(store.database.configuration).first { $0.check == .restore })
    }

    @Test func `what ran waits for a person, and what waited stands still`() async throws {
        try await withFixture { store in
            let running = try await store.leased()
            try await store.run { connection in
                try LeaseStore.checkpoint(
                    running.lease, entries: [.step(0, "captured"), .step(1, "effect", nil)], on: connection)
            }
            let waiting = try await store.waiting(3)
            let due = try await store.submit(store.job(due: .after(.seconds(60))), now: Date() - 120)
            let later = try await store.submit(store.job(due: .after(.seconds(3600))))
            let epoch = try await self.declare(store)
            #expect(epoch.number == 2 && epoch.jobsBlocked == 1 && epoch.jobsHeld == 4)
            let job = try #require(try await store.get(running.lease.job))
            #expect(job.status == .blocked && job.attempt == 1)
            // The step that may or may not have happened is the one that is asked about.
            #expect(job.asked?.step == 1 && job.asked?.node == "n1")
            #expect(try await store.statuses(waiting + [due]).allSatisfy { $0 == .paused })
            #expect(try await store.status(later) == .pending)
            #expect(try await store.jobsAreInOnePlaceEach())
            // The robot of before writes nothing more, and must open another session.
            await #expect(throws: StoreError.leaseLost(running.lease.job)) {
                try await store.run { try LeaseStore.complete(running.lease, result: .ok(), on: $0) }
            }
            await #expect(throws: StoreError.sessionEnded(store.session)) {
                _ = try await store.run { try LeaseStore.renew(store.session, held: [], on: $0) }
            }
        }
    }

    @Test func `what stands still says why among its events`() async throws {
        try await withFixture { store in
            let running = try await store.leased()
            let waiting = try #require(try await store.waiting(1).first)
            _ = try await self.declare(store)
            func last(of job: Job.ID) async throws -> (kind: String, detail: Value) {
                try await store.run { connection in
                    let row = try connection.execute(
                        """
                        SELECT kind, detail::text AS detail FROM events
                        WHERE tenant_id = casare_tenant() AND job_id = @job ORDER BY event_id DESC LIMIT 1
                        """, ["job": .uuid(job.rawValue)]
                    ).only()
                    return (kind: try row.string("kind"), detail: try Value(parsingJSON: try row.string("detail")))
                }
            }
            let blocked = try await last(of: running.lease.job)
            #expect(blocked.kind == "blocked" && blocked.detail["restored"] == true, "\(blocked)")
            let paused = try await last(of: waiting)
            #expect(paused.kind == "paused" && paused.detail["by"] == .string(RestoreStore.name), "\(paused)")
            #expect(paused.detail["reason"]?.string?.contains("restored from a backup") == true, "\(paused)")
        }
    }

    @Test func `a person lets it go on, and no token and session is given twice`() async throws {
        try await withFixture { store in
            let running = try await store.leased()
            _ = try await self.declare(store, tokenSeen: running.lease.token.rawValue + 500)
            let job = try #require(try await store.get(running.lease.job))
            let question = try #require(job.asked)
            _ = try await store.run {
                try JobStore.resolve(
                    running.lease.job, step: question.step, as: .retry, by: "ann", reason: "it did not run", on: $0)
            }
            let session = try await store.openSession()
            #expect(session.rawValue > store.session.rawValue + 100_000)
            let again = try #require(try await store.lease(session: session).first)
            #expect(again.lease.job == running.lease.job)
            #expect(again.lease.token.rawValue > running.lease.token.rawValue + 500 + 1_000_000)
        }
    }

    @Test func `jobs that are known not to have run go on`() async throws {
        try await withFixture { store in
            let waiting = try await store.waiting(2)
            let epoch = try await self.declare(store, holdsWaiting: false)
            #expect(epoch.jobsHeld == 0)
            #expect(try await store.statuses(waiting) == [.pending, .pending])
        }
    }

    @Test func `schedules skip the ticks of the time that was lost, and fire from then on`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule("minutely")
            let paused = try await store.schedule("paused", isPaused: true)
            let epoch = try await self.declare(store, now: noon + 330)
            #expect(epoch.schedulesMoved == 1)
            #expect(try await store.schedule(schedule.id)?.nextTick == noon + 360)
            #expect(try await store.schedule(paused.id)?.pause != nil)
            let history = try await store.run { connection in
                try connection.execute(
                    "SELECT result, reason, ticks FROM schedule_ticks WHERE tenant_id = casare_tenant()"
                ).map { "\(try $0.string("result")) \(try $0.string("reason")) \(try $0.int64("ticks"))" }
            }
            #expect(history == ["skipped restored 5"])
            #expect(try await store.fireDue(at: noon + 359).fired == 0)
            #expect(try await store.fireDue(at: noon + 360).fired == 1)
        }
    }

    @Test func `numbers that went back prove that something was lost, and a new epoch ends that`() {
        let before = RestoreStore.Marks(epoch: 1, timeline: 1, token: 100, event: 100)
        #expect(RestoreStore.Marks(epoch: 1, timeline: 2, token: 100, event: 101).loss(since: before) == nil)
        #expect(RestoreStore.Marks(epoch: 1, timeline: 1, token: 99, event: 100).loss(since: before) != nil)
        #expect(RestoreStore.Marks(epoch: 1, timeline: 1, token: 100, event: 99).loss(since: before) != nil)
        #expect(RestoreStore.Marks(epoch: 2, timeline: 1, token: 1, event: 1).loss(since: before) == nil)
    }

    @Test func `a robot that holds a token which was never given tells of it, and doctor explains`() async throws {
        try await withFixture { store in
            #expect(try await self.finding(store).level == .ok)
            let running = try await store.leased()
            let known = Lease(job: running.lease.job, token: running.lease.token)
            _ = try await store.run { try LeaseStore.renew(store.session, held: [known], on: $0) }
            #expect(try await self.finding(store).level == .ok)
            let lost = Lease(job: .new(at: Date()), token: .init(rawValue: running.lease.token.rawValue + 7))
            _ = try await store.run { try LeaseStore.renew(store.session, held: [lost], on: $0) }
            let suspicion = try await self.finding(store)
            #expect(suspicion.level == .critical && suspicion.summary.contains("\(lost.token.rawValue)"))
            #expect(suspicion.advice.contains { $0.hasPrefix("casarectl db restored") })
            _ = try await self.declare(store)
            let told = try await self.finding(store)
            #expect(told.level == .warning && told.summary.contains("disk lost"), "\(told)")
            #expect(told.facts["blocked_left"] == 1)
            let question = try #require(try await store.get(running.lease.job)?.asked)
            _ = try await store.run {
                try JobStore.resolve(
                    running.lease.job, step: question.step, as: .fail, by: "ann", reason: "it ended", on: $0)
            }
            let session = try await store.openSession()
            _ = try await store.lease(session: session)
            #expect(try await self.finding(store).level == .ok)
        }
    }

    @Test func `a new timeline is suspected, and somebody may say that nothing was lost`() async throws {
        try await withFixture { store in
            let first = try await store.database.inSystem { try RestoreStore.look(on: $0) }
            #expect(first.suspectedWhy == nil && first.timeline != nil)
            try await store.asOwner("UPDATE installation SET timeline = timeline + 1")
            let second = try await store.database.inSystem { try RestoreStore.look(on: $0) }
            #expect(second.suspectedWhy?.contains("timeline") == true)
            try await store.database.inSystem { try RestoreStore.dismiss(on: $0) }
            #expect(try await store.database.inSystem { try RestoreStore.look(on: $0) }.suspectedWhy == nil)
        }
    }
}

extension Job {
    /// What a blocked job asks.
    fileprivate var asked: Question? {
        if case .blocked(let question, since: _) = self.state { question } else { nil }
    }
}
