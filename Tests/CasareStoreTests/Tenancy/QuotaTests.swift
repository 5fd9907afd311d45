import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct QuotaTests {
    private func exceeded(_ body: () async throws -> Void) async -> QuotaExceeded? {
        do {
            try await body()
            return nil
        } catch StoreError.quotaExceeded(let exceeded) {
            return exceeded
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test func `as many workflows, robots and schedules may be made as the quota says, and not one more`() async throws
    {
        try await withFixture { store in
            // The fixture has one workflow and one robot.
            try await store.bound([.workflows: 2, .robots: 2, .schedules: 1])
            _ = try await store.run { try WorkflowStore.push(name: "second", document: "{}", by: "ann", on: $0) }
            let workflows = await self.exceeded {
                _ = try await store.run { try WorkflowStore.push(name: "third", document: "{}", by: "ann", on: $0) }
            }
            #expect(workflows == QuotaExceeded(.workflows, limit: 2, used: 2, asked: 1))
            // A new version is no new workflow.
            _ = try await store.run { try WorkflowStore.push(name: "second", document: #"{"v":2}"#, by: "ann", on: $0) }
            try await store.register("r2")
            let robots = await self.exceeded { try await store.register("r3") }
            #expect(robots == QuotaExceeded(.robots, limit: 2, used: 2, asked: 1))
            try await store.register("r2")
            try await store.schedule("one")
            let schedules = await self.exceeded { try await store.schedule("two") }
            #expect(schedules == QuotaExceeded(.schedules, limit: 1, used: 1, asked: 1))
        }
    }

    @Test func `jobs wait up to the quota, and there is room again when a robot takes one`() async throws {
        try await withFixture { store in
            try await store.bound([.queuedJobs: 3])
            _ = try await store.waiting(3)
            let exceeded = await self.exceeded { _ = try await store.waiting(1) }
            #expect(exceeded?.quota == .queuedJobs && exceeded?.used == 3 && exceeded?.limit == 3)
            #expect(exceeded?.retryAfterSeconds != nil)
            #expect(try await store.run { try JobStore.counts(on: $0) }.ready == 3)
            #expect(try await store.lease(2).count == 2)
            _ = try await store.waiting(2)
            #expect(await self.exceeded { _ = try await store.waiting(1) } != nil)
        }
    }

    @Test func `jobs that ask for more are counted, and those that are due later`() async throws {
        try await withFixture { store in
            try await store.bound([.queuedJobs: 2])
            _ = try await store.submit(store.job(queueKey: "k"))
            _ = try await store.submit(store.job(due: .after(.seconds(600))))
            #expect(await self.exceeded { _ = try await store.submit(store.job(queueKey: "l")) }?.used == 2)
        }
    }

    @Test func `an hour of the clock has so many jobs, and the next one as many`() async throws {
        try await withFixture { store in
            try await store.bound([.executionsPerHour: 2], now: noon)
            try await store.submit([store.job(), store.job()], now: noon)
            let exceeded = await self.exceeded { try await store.submit([store.job()], now: noon + 3599) }
            #expect(exceeded?.used == 2 && exceeded?.retryAfterSeconds == 1)
            try await store.submit([store.job(), store.job()], now: noon + 3600)
            #expect(await self.exceeded { try await store.submit([store.job()], now: noon + 3600) } != nil)
        }
    }

    @Test func `a retry counts as a job that is made`() async throws {
        try await withFixture { store in
            let failed = try await store.leased(now: noon)
            _ = try await store.fail(failed, .business, now: noon)
            try await store.bound([.executionsPerHour: 1], now: noon)
            _ = try await store.run { try JobStore.retry(failed.lease.job, by: "ann", now: noon, on: $0) }
            #expect(await self.exceeded { try await store.submit([store.job()], now: noon) }?.used == 1)
        }
    }

    @Test func `two submits at once do not both get the last place`() async throws {
        try await withFixture { store in
            try await store.bound([.queuedJobs: 5])
            let stored = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<12 {
                    group.addTask { (try? await store.waiting(1)) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(stored == 5)
            #expect(try await store.run { try JobStore.counts(on: $0) }.ready == 5)
        }
    }

    @Test func `of many that are made at once no more stay than the quota says`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            // The fixture has one workflow.
            try await store.bound([.workflows: 4])
            let made = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let pushed = try? await store.run {
                            try WorkflowStore.push(name: "w\(number)", document: "{}", by: "ann", on: $0)
                        }
                        return pushed != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(made == 3)
            #expect(try await store.run { try WorkflowStore.list(limit: 99, on: $0) }.count == 4)
        }
    }

    @Test func `robots that lease at once run no more together than the quota says`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.bound([.concurrency: 3])
            _ = try await store.waiting(12)
            var sessions: [Robot.SessionID] = []
            for number in 0..<6 {
                let robot = try #require(Robot.ID(rawValue: "r\(number + 10)"))
                sessions.append(
                    try await store.run { connection in
                        _ = try RobotStore.register(
                            robot, environment: "default", tags: [], capabilities: [], slots: 2, on: connection)
                        return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 2, on: connection)
                    })
            }
            let leased = try await withThrowingTaskGroup(of: Int.self) { group in
                for session in sessions {
                    group.addTask { try await store.lease(2, session: session).count }
                }
                return try await group.reduce(0, +)
            }
            #expect(leased == 3)
        }
    }

    @Test(arguments: [false, true])
    func `no more jobs run at once than the quota says`(isRuled: Bool) async throws {
        try await withFixture { store in
            if isRuled {
                try await store.asOwner(
                    "SELECT set_config('casare.tenant', '1', false); SELECT casare_rule_queue(queue_id) FROM queues")
            }
            try await store.bound([.concurrency: 2])
            _ = try await store.waiting(5)
            let first = try await store.lease(5)
            #expect(first.count == 2)
            #expect(try await store.lease(5).isEmpty)
            try await store.run { try LeaseStore.complete(first[0].lease, result: .ok(), on: $0) }
            #expect(try await store.lease(5).count == 1)
            try await store.bound([:])
            #expect(try await store.lease(5).count == 2)
        }
    }

    @Test func `a robot that knew of no quota learns of it, and of its end`() async throws {
        try await withFixture { store in
            _ = try await store.waiting(6)
            let first = try await store.leaseTwice(1) { try await store.bound([.concurrency: 2]) }
            #expect(first.map(\.count) == [1, 1])
        }
    }

    @Test func `what is stored is bounded by what was measured and what came since`() async throws {
        try await withFixture { store in
            try await store.bound([.storageBytes: 100_000])
            let tenant = store.tenant
            // Never measured: nobody is refused for what is not known.
            _ = try await store.submit(store.job(["text": .string(String(repeating: "x", count: 90_000))]))
            #expect(try await store.database.asSystem { try QuotaStore.unmeasured(limit: 9, on: $0) } == [tenant])
            try await store.database.asSystem { try QuotaStore.measured(95_000, of: tenant, on: $0) }
            #expect(try await store.database.asSystem { try QuotaStore.unmeasured(limit: 9, on: $0) } == [])
            _ = try await store.submit(store.job(["text": "small"]))
            let large = store.job(["text": .string(String(repeating: "x", count: 9_000))])
            #expect(await self.exceeded { _ = try await store.submit(large) }?.quota == .storageBytes)
        }
    }

    @Test func `the usage is what there is, beside what there may be`() async throws {
        try await withFixture { store in
            try await store.bound([.robots: 7])
            _ = try await store.waiting(3)
            _ = try await store.lease(1)
            let usage = try await store.run { try QuotaStore.usage(measuresStorage: true, on: $0) }
            #expect(usage.quotas == Quotas([.robots: 7]))
            #expect(usage.used[.robots] == 1 && usage.used[.workflows] == 1 && usage.used[.schedules] == 0)
            #expect(usage.used[.queuedJobs] == 2 && usage.used[.concurrency] == 1)
            #expect(usage.used[.executionsPerHour] == 3)
            #expect(usage.used[.storageBytes].map { $0 > 0 } == true)
        }
    }

    @Test func `a tenant without quotas has no row that anybody could wait for`() async throws {
        try await withFixture { store in
            try await store.bound([.robots: 7])
            try await store.bound([:])
            let rows = try await store.database.asSystem { connection in
                try connection.execute("SELECT count(*) AS count FROM tenant_limits").only().int("count")
            }
            #expect(rows == 0)
        }
    }

    @Test func `one tenant's quota bounds no other`() async throws {
        try await withFixture { store in
            try await store.bound([.queuedJobs: 0, .concurrency: 0])
            let other = try await store.database.inSystem { try TenantStore.create(name: "other", on: $0) }
            let theirs = try await StoreFixture(store.database, tenant: other.id)
            _ = try await theirs.waiting(2)
            #expect(try await theirs.lease(2).count == 2)
        }
    }

    @Test func `as many secrets are kept as the quota says, and one that is deleted makes room until it comes back`()
        async throws
    {
        try await withFixture { store in
            try await store.bound([.secrets: 1])
            let one = QuotaExceeded(.secrets, limit: 1, used: 1, asked: 1)
            try await store.secret("a")
            #expect(await self.exceeded { try await store.secret("b") } == one)
            // A new version is no new secret, and what is there need not come back.
            try await store.put("a", "two")
            func undelete(_ name: String) async throws {
                _ = try await store.run { try SecretStore.undelete(name, by: "ann", reason: nil, on: $0) }
            }
            try await undelete("a")
            _ = try await store.run { try SecretStore.delete("a", by: "ann", reason: nil, on: $0) }
            try await store.secret("b")
            #expect(await self.exceeded { try await undelete("a") } == one)
            let kept = try await store.run { try SecretStore.get("a", on: $0) }
            #expect(kept.deletedAt != nil)
            _ = try await store.run { try SecretStore.delete("b", by: "ann", reason: nil, on: $0) }
            try await undelete("a")
        }
    }
}

extension StoreFixture {
    /// Sets all quotas of the fixture's tenant.
    func bound(_ quotas: [Quota: Int64], now: Date? = nil) async throws {
        let tenant = self.tenant
        _ = try await self.database.inSystem { connection in
            let name = try connection.execute(
                "SELECT name FROM tenants WHERE tenant_id = @tenant", ["tenant": .int4(tenant.rawValue)]
            ).only().string("name")
            return try TenantStore.setQuotas(Quotas(quotas), tier: nil, of: name, now: now, on: connection)
        }
    }

    fileprivate func register(_ name: String) async throws {
        let robot = try #require(Robot.ID(rawValue: name))
        _ = try await self.run {
            try RobotStore.register(robot, environment: "default", tags: [], capabilities: [], slots: 1, on: $0)
        }
    }

    /// Leases as a robot does that goes on with what it knows, without a transaction where none is needed.
    fileprivate func leaseTwice(
        _ limit: Int, between change: () async throws -> Void
    ) async throws -> [[LeasedJob]] {
        let session = self.session
        let connection = try await self.database.connect(as: self.tenant)
        let first: ([LeasedJob], LeaseCursor) = try await connection.run { connection in
            var cursor = LeaseCursor()
            return (try LeaseStore.lease(session, limit: limit, cursor: &cursor, on: connection), cursor)
        }
        try await change()
        // It finds nothing, and learns why.
        let second: ([LeasedJob], LeaseCursor) = try await connection.run { connection in
            var cursor = first.1
            return (try LeaseStore.lease(session, limit: 5, cursor: &cursor, on: connection), cursor)
        }
        #expect(second.0.isEmpty && !second.1.isPlain && second.1.lookIn == .zero)
        let third = try await Database.asTenant(self.tenant, on: connection) { connection in
            var cursor = second.1
            return try LeaseStore.lease(session, limit: 5, cursor: &cursor, on: connection)
        }
        await connection.close()
        return [first.0, third]
    }
}
