import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// A second tenant, and everything that it might try on the first one's jobs.
struct TenantIsolationTests {
    private static let other = Tenant.ID(rawValue: 2)

    private func withTwoTenants(_ body: (StoreFixture, StoreFixture) async throws -> Void) async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            try await body(store, try await StoreFixture(store.database, tenant: Self.other))
        }
    }

    private static let tables = [
        "tenants", "robots", "tokens", "workflows", "workflow_versions", "queues", "jobs", "idempotency_keys",
        "scheduled", "ready", "robot_sessions", "leases", "outcomes", "job_results", "attempts", "dead_letters",
        "blocked", "paused", "journal", "journal_values", "journal_packed", "job_logs", "events", "operations",
        "operation_chunks", "operation_items", "selections", "schedules", "schedule_revisions", "schedule_ticks",
        "backfills", "calendars", "windows", "window_items", "triggers", "trigger_secrets", "trigger_deliveries",
        "trigger_keys", "trigger_jobs", "trigger_watches",
        "item_queues", "item_queue_jobs", "work_items", "applied", "roles", "secrets",
        "secret_versions", "secret_holds", "secret_rotations", "robot_enrolments", "robot_certificates", "robot_logs",
        "robot_log_heads",
    ]

    /// One row or more in every table.
    private func fill(_ store: StoreFixture) async throws -> [Job.ID] {
        let completed = try await store.leased()
        let large = #"{"outputs":{"text":""# + String(repeating: "x", count: 50_000) + #""}}"#
        try await store.run {
            try LeaseStore.complete(
                completed.lease, result: .ok(), entries: [.step(0, "effect"), .step(1, "captured", large)], on: $0)
        }
        _ = try await store.database.asSystem { connection in
            var cursor = PackingCursor()
            return try JournalStore.pack(
                endedFor: .zero, cursor: &cursor, now: Date().addingTimeInterval(60), on: connection)
        }
        let failed = try await store.leased()
        _ = try await store.fail(failed, .business)
        let blocked = try await store.leased()
        let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
        try await store.run { try LeaseStore.block(blocked.lease, question: question, on: $0) }
        let paused = try await store.submit(store.job())
        _ = try await store.run { try JobStore.pause(paused, by: "ann", reason: nil, on: $0) }
        let running = try await store.leased()
        try await store.run { try LeaseStore.checkpoint(running.lease, entries: [.step(0, "captured")], on: $0) }
        let line = Job.LogLine(number: 1, at: Date(), level: .info, node: "n", message: "mine")
        _ = try await store.run { try JobLogStore.append([line], under: running.lease, on: $0) }
        let logged = Robot.LogLine(number: 1, at: Date(), level: .info, label: "casare.robot", message: "mine")
        _ = try await store.run {
            try RobotLogStore.append([logged], of: StoreFixture.robot, stream: UUID(), on: $0)
        }
        let ready = try await store.submit(store.job(idempotency: .init(key: "k", request: "")))
        let scheduled = try await store.submit(store.job(due: .after(.seconds(600))))
        _ = try await store.run { try TokenStore.create(name: "t", role: .viewer, on: $0) }
        try await store.work(try await store.operation(.acknowledge, .ids([failed.lease.job])).id)
        _ = try await store.run { try SelectionStore.save([:], as: "mine", by: "ann", on: $0) }
        try await store.secret("mine")
        _ = try await store.run { connection in
            try connection.execute(
                """
                INSERT INTO secret_holds (secret_id, version, job_id, token, at)
                SELECT secret_id, 1, @job, 1, now() FROM secrets
                """, ["job": .uuid(running.lease.job.rawValue)])
        }
        try await store.run { connection in
            let secret = try SecretStore.get("mine", on: connection)
            try SecretRotationStore.begin(
                2, of: secret, overlap: .zero, lasting: .seconds(60), by: "ann", on: connection)
        }
        _ = try await store.run { try EnrolmentStore.create(NewRobotEnrolment(), by: "ann", on: $0) }
        try await store.certificate("1", by: try await store.authority())
        try await self.fillTriggers(store)
        try await self.fillSchedules(store)
        _ = try await store.run { connection in
            try AppliedStore.record([.init(.workflow, "orders")], owner: "mine", by: "ann", on: connection)
        }
        _ = try await store.run { connection in
            let name = try #require(Role.Name(rawValue: "mine"))
            return try RoleStore.create(
                try CustomRole(name: name, description: nil, permissions: [.itemRead]), by: "ann", on: connection)
        }
        try await store.itemQueue("mine", performer: ItemQueue.Performer(workflow: "orders"))
        try await store.add(references: ["mine"], to: "mine")
        try await store.perform(at: noon)
        return [completed.lease.job, failed.lease.job, blocked.lease.job, paused, running.lease.job, ready, scheduled]
    }

    private func fillTriggers(_ store: StoreFixture) async throws {
        let spec = TriggerSpec(
            source: .webhook(Webhook(auth: WebhookAuth(kind: .bearer))), workflow: "orders", concurrencyMax: 1)
        let secret = SealingKey.Sealed(bytes: [1], keyID: "k")
        _ = try await store.run { connection in
            let trigger = try TriggerStore.create(
                .init(name: "mine", spec: spec), secret: secret, by: "ann", on: connection)
            _ = try TriggerStore.create(
                .init(name: "files", spec: TriggerSpec(source: .file(FileSource(path: "/in")), workflow: "orders")),
                secret: nil, by: "ann", on: connection)
            _ = try WatchStore.watches(of: store.session, holding: [], limit: 1, keys: nil, on: connection)
            return try TriggerDeliveries.fire(
                .init(trigger: trigger.id, keys: [.init("k", "v", remembered: 60)]), on: connection)
        }
    }

    private func fillSchedules(_ store: StoreFixture) async throws {
        let schedule = try await store.schedule("mine")
        _ = try await store.run { connection in
            _ = try CalendarStore.save(BusinessCalendar(name: "mine"), by: "ann", on: connection)
            _ = try ScheduleStore.trigger(schedule.id, by: "ann", reason: nil, on: connection)
            _ = try BackfillStore.create(
                BackfillStore.New(schedule: schedule.id, from: noon, to: noon + 600, ratePerSecond: 1), by: "ann",
                zones: StoreFixture.zones, on: connection)
            return try WindowStore.open(
                WindowStore.New(
                    until: nil, lasting: 60, reason: nil, selection: [:], schedules: [schedule.id]),
                by: "ann", zones: StoreFixture.zones, now: noon, on: connection)
        }
    }

    @Test func `no store call sees another tenant's rows`() async throws {
        try await self.withTwoTenants { mine, other in
            let ids = try await self.fill(mine)
            for id in ids {
                #expect(try await other.get(id) == nil)
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run { _ = try JobStore.steps(id, on: $0) }
                }
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run { _ = try JobLogStore.page(of: id, after: 0, limit: 9, on: $0) }
                }
                #expect(try await other.run { try DeadLetterStore.get(id, on: $0) } == nil)
            }
            for status in Job.Status.allCases {
                #expect(try await other.run { try JobStore.list(.init(status: status), limit: 9, on: $0) }.isEmpty)
            }
            try await other.run { connection in
                #expect(try JobStore.list(limit: 9, on: connection).isEmpty)
                #expect(try JobStore.list(.init(workflow: mine.workflow), limit: 9, on: connection).isEmpty)
                #expect(try DeadLetterStore.list(limit: 9, on: connection).letters.isEmpty)
                #expect(try WorkflowStore.get(mine.workflow, on: connection) == nil)
                #expect(try WorkflowStore.list(limit: 9, on: connection).map(\.id) == [other.workflow])
                #expect(try TokenStore.list(limit: 9, on: connection).isEmpty)
                #expect(try EnrolmentStore.list(limit: 9, on: connection).isEmpty)
                #expect(try CertificateStore.list(limit: 9, on: connection).isEmpty)
                #expect(try RobotStore.list(limit: 9, on: connection).count == 1)
                let log = try RobotLogStore.page(
                    RobotLogQuestion(limit: 9), of: StoreFixture.robot, on: connection)
                #expect(log.lines.isEmpty)
                let counts = try JobStore.counts(on: connection)
                #expect(counts.ready + counts.scheduled + counts.running + counts.blocked + counts.paused == 0)
                #expect(counts.deadLettersOpen == 0)
                #expect(try JobStore.longestBlocked(limit: 9, on: connection).isEmpty)
                #expect(try JobStore.results(of: ids, bytesMax: 1 << 20, on: connection).isEmpty)
                #expect(throws: StoreError.self) {
                    try WorkflowStore.version(1, of: mine.workflow, on: connection)
                }
                #expect(try OperationStore.list(limit: 9, on: connection).isEmpty)
                #expect(try SelectionStore.list(limit: 9, on: connection).isEmpty)
                #expect(try ItemQueueStore.list(limit: 9, on: connection).isEmpty)
                #expect(throws: StoreError.notFound(.itemQueue, "mine")) {
                    try WorkItemStore.list(of: "mine", limit: 9, on: connection)
                }
                #expect(throws: StoreError.notFound(.selection, "mine")) {
                    try SelectionStore.get("mine", on: connection)
                }
                #expect(try ScheduleStore.list(limit: 9, on: connection).isEmpty)
                #expect(try BackfillStore.list(limit: 9, on: connection).isEmpty)
                #expect(try WindowStore.list(limit: 9, on: connection).isEmpty)
                #expect(try CalendarStore.get("mine", on: connection) == nil)
                #expect(try SecretStore.list(.init(isDeleted: nil), limit: 9, on: connection).isEmpty)
                #expect(throws: StoreError.notFound(.secret, "mine")) {
                    try SecretStore.sealed("mine", for: .reading, on: connection)
                }
                #expect(throws: StoreError.notFound(.schedule, "mine")) {
                    try ScheduleStore.get(idOrName: "mine", on: connection)
                }
            }
        }
    }

    @Test func `no store call changes another tenant's jobs`() async throws {
        try await self.withTwoTenants { mine, other in
            let ids = try await self.fill(mine)
            let before = try await mine.run { try JobStore.list(limit: 9, on: $0) }
            let token = try await mine.database.asSystem { connection in
                try connection.execute("SELECT token FROM leases").only().int64("token")
            }
            let lease = Lease(job: ids[3], token: .init(rawValue: token))
            #expect(try await other.lease(9).isEmpty)
            #expect(try await other.lease(9, session: mine.session).isEmpty)
            for write in EndingTests.Write.allCases {
                await #expect(throws: StoreError.leaseLost(ids[3])) {
                    try await other.run { try write.perform(lease, on: $0) }
                }
            }
            await #expect(throws: StoreError.leaseLost(ids[3])) {
                try await other.run { _ = try JobLogStore.append([], under: lease, on: $0) }
            }
            for id in ids {
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run { _ = try JobStore.cancel(id, by: "eve", reason: nil, on: $0) }
                }
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run { _ = try JobStore.retry(id, by: "eve", on: $0) }
                }
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run { _ = try JobStore.fork(id, from: 0, by: "eve", on: $0) }
                }
                await #expect(throws: StoreError.notFound(.job, id.description)) {
                    try await other.run {
                        _ = try JobStore.resolve(id, step: 0, as: .skip, by: "eve", reason: "mine", on: $0)
                    }
                }
            }
            await #expect(throws: StoreError.sessionEnded(mine.session)) {
                try await other.run { _ = try LeaseStore.renew(mine.session, held: [], on: $0) }
            }
            #expect(try await other.run { try LeaseStore.closeSession(mine.session, on: $0) }.isEmpty)
            await #expect(throws: StoreError.notFound(.token, "t")) {
                try await other.run { _ = try TokenStore.revoke(name: "t", on: $0) }
            }
            await #expect(throws: StoreError.notFound(.selection, "mine")) {
                try await other.run { _ = try SelectionStore.delete("mine", by: "eve", on: $0) }
            }
            var stolen = other.job()
            stolen.workflow = mine.workflow
            let submitted = stolen
            await #expect(throws: StoreError.notFound(.workflowVersion, "1 of \(mine.workflow)")) {
                try await other.submit([submitted])
            }
            #expect(try await mine.run { try JobStore.list(limit: 9, on: $0) } == before)
        }
    }

    @Test func `an idempotency key is a tenant's own`() async throws {
        try await self.withTwoTenants { mine, other in
            _ = try await mine.submit(mine.job(idempotency: .init(key: "k", request: "a")))
            let submitted = try await other.submit([other.job(idempotency: .init(key: "k", request: "b"))])
            #expect(!submitted[0].isDuplicate)
        }
    }

    @Test(arguments: Self.tables)
    func `plain SQL as the service's role stays within the tenant`(table: String) async throws {
        try await self.withTwoTenants { mine, other in
            _ = try await self.fill(mine)
            let count = Query(assembled: "SELECT count(*) AS count FROM \(table) WHERE tenant_id = 1")
            #expect(try await other.run { try $0.execute(count).only().int("count") } == 0)
            #expect(try await mine.run { try $0.execute(count).only().int("count") } > 0)
            // Without a tenant nothing is visible at all.
            let all = Query(assembled: "SELECT count(*) AS count FROM \(table)")
            #expect(try await mine.database.app.execute(all).only().int("count") == 0)
            for change in ["DELETE FROM \(table)", "UPDATE \(table) SET tenant_id = 2"] {
                let statement = Query(assembled: change + " WHERE tenant_id = 1")
                do {
                    #expect(try await other.run { try $0.execute(statement).affectedRows } == 0)
                } catch let error as PostgresError {
                    #expect(error.sqlState == .insufficientPrivilege)
                }
            }
            #expect(try await mine.run { try $0.execute(count).only().int("count") } > 0)
        }
    }

    @Test func `a row cannot be given to another tenant`() async throws {
        try await self.withTwoTenants { _, other in
            let error = await #expect(throws: PostgresError.self) {
                try await other.run { connection in
                    try connection.execute("INSERT INTO queues (tenant_id, name) VALUES (1, 'stolen')")
                }
            }
            #expect(error?.sqlState == .insufficientPrivilege)
        }
    }

    @Test func `partitions cannot be read around their parents`() async throws {
        try await self.withTwoTenants { mine, _ in
            _ = try await self.fill(mine)
            let partitions = try await mine.database.asSystem { connection in
                try connection.execute(
                    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'jobs'::regclass"
                ).map { try $0.string("name") }
            }
            #expect(partitions.count == 6)
            for partition in partitions {
                let error = await #expect(throws: PostgresError.self) {
                    try await mine.run { try $0.execute(Query(assembled: "SELECT count(*) FROM \(partition)")) }
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }

    @Test func `every table forces row-level security`() async throws {
        try await withFixture { store in
            let without = try await store.database.asSystem { connection in
                try connection.execute(
                    """
                    SELECT relname::text AS name FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                        AND NOT (relrowsecurity AND relforcerowsecurity)
                    """
                ).map { try $0.string("name") }
            }
            #expect(without == [])
        }
    }

    @Test(
        arguments: [
            "jobs", "outcomes", "events", "attempts", "workflow_versions", "job_results", "journal_packed", "job_logs",
            "robot_logs",
        ])
    func `what is written once cannot be changed by the service`(table: String) async throws {
        try await withFixture { store in
            for statement in ["DELETE FROM \(table)", "UPDATE \(table) SET tenant_id = 1"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await store.run { try $0.execute(Query(assembled: statement)) }
                }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }

    @Test func `the sweep works for all tenants, each in its own`() async throws {
        try await self.withTwoTenants { mine, other in
            var ids: [Job.ID] = []
            for store in [mine, other] {
                let session = try await store.openSession(now: noon)
                ids.append(try await store.submit(store.job()))
                _ = try await store.lease(session: session, now: noon)
            }
            let report = try await mine.sweep(now: noon.addingTimeInterval(40))
            #expect(report.requeued.map(\.tenant) == [mine.tenant, other.tenant])
            #expect(report.requeued.map(\.job) == ids)
            #expect(try await mine.lease(9).map(\.lease.job) == [ids[0]])
            #expect(try await other.lease(9).map(\.lease.job) == [ids[1]])
        }
    }
}
