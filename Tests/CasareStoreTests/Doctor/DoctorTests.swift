import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// The checks on real servers: what is broken is found, and what is advised mends it.
struct DoctorTests {
    private typealias Check = DoctorFinding.Check

    private static func examine(_ database: Database) async throws -> [Check: DoctorFinding] {
        let findings = try await Doctor.examine(database.configuration)
        #expect(findings.map(\.check) == Check.allCases)
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.check, $0) })
    }

    private static func finding(_ check: Check, _ database: Database) async throws -> DoctorFinding {
        try #require(try await Self.examine(database)[check])
    }

    /// Runs what a finding advises, statement by statement, as `psql` would.
    private static func follow(_ finding: DoctorFinding, _ database: Database) async throws {
        #expect(!finding.advice.isEmpty)
        let owner = try await PostgresConnection.connect(database.configuration)
        for statement in finding.advice where !statement.hasPrefix("--") { try await owner.script(statement) }
        await owner.close()
    }

    private static func asOwner(_ database: Database, _ sql: String) async throws {
        let owner = try await PostgresConnection.connect(database.configuration)
        try await owner.script(sql)
        await owner.close()
    }

    @Test func `a new database is sound, but for what a test server is`() async throws {
        try await withTestDatabase { database in
            let findings = try await Self.examine(database)
            for (check, finding) in findings where check != .settings && check != .autovacuum {
                #expect(finding.level == .ok, "\(check): \(finding.summary) \(finding.facts)")
                // The tests' user may do everything, which is enough and more than a service needs.
                #expect(finding.advice.isEmpty == (check != .privileges), "\(check)")
            }
            // It may forget everything at a crash, and does not vacuum by itself.
            let settings = try #require(findings[.settings])
            #expect(settings.level == .critical && settings.summary.contains("fsync is off"))
            #expect(settings.advice.contains("ALTER SYSTEM SET fsync = on;"))
            #expect(settings.facts["settings"]?["synchronous_commit"] == "off")
            let autovacuum = try #require(findings[.autovacuum])
            #expect(autovacuum.level == .critical && autovacuum.facts["is_on"] == false)
            #expect(findings[.migrations]?.facts["pending"] == [])
            let connections = try #require(findings[.connections])
            #expect(connections.facts["available"] == 197)
            let programs = connections.facts["by_application"]?.list?.compactMap { $0["application"]?.string }
            #expect(programs?.contains("casare-doctor") == true)
        }
    }

    @Test func `the list of indexes is that of the migrations`() async throws {
        try await withTestDatabase { database in
            let connection = try await PostgresConnection.connect(database.configuration)
            let made = try await connection.execute(
                """
                SELECT pg_get_indexdef(indexrelid, 0, true) AS definition
                FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
                WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
                """
            ).map { try $0.string("definition") }
            await connection.close()
            #expect(Set(made) == Set(ExpectedIndex.all.map(\.definition)))
        }
    }

    @Test func `an index that is missing is found and made again by what is advised`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database, "DROP INDEX leases_by_gate, jobs_by_workflow; ALTER TABLE ready DROP COLUMN crashes")
            let missing = try await Self.finding(.indexes, database)
            #expect(missing.level == .critical)
            let names = missing.facts["indexes"]?.list?.compactMap { $0["index"]?.string }
            #expect(names == ["jobs_by_workflow", "leases_by_gate"])
            try await Self.follow(missing, database)
            let mended = try await Self.finding(.indexes, database)
            #expect(mended.level == .ok, "\(mended)")
        }
    }

    @Test func `an index that is not valid, and one that is another, are found`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database,
                """
                UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dead_letters_open'::regclass;
                DROP INDEX scheduled_by_due; CREATE INDEX scheduled_by_due ON scheduled (due_at DESC);
                """)
            let finding = try await Self.finding(.indexes, database)
            #expect(finding.level == .critical)
            #expect(finding.facts["indexes"]?.list?.first?["problem"] == "invalid")
            #expect(finding.facts["indexes"]?.list?.last?["problem"] == "different")
            try await Self.follow(finding, database)
            let mended = try await Self.finding(.indexes, database)
            #expect(mended.level == .warning && mended.facts["indexes"]?.list?.count == 1)
        }
    }

    @Test func `who holds the oldest snapshot is named`() async throws {
        try await withTestDatabase { database in
            var configuration = database.configuration
            configuration.applicationName = "the report"
            let holder = try await PostgresConnection.connect(configuration)
            try await holder.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs")
            let finding = try await Self.finding(.oldestSnapshot, database)
            let first = finding.facts["holders"]?.list?.first
            #expect(first?["application"] == "the report" && first?["state"] == "idle in transaction")
            let pid = await holder.backendProcessID
            #expect(first?["pid"] == .int(Int(pid)))
            #expect(first?["since"]?.string?.isEmpty == false && first?["transactions"]?.int != nil)
            #expect(finding.summary.contains("the report"))
            try await holder.script("COMMIT")
            await holder.close()
            #expect(try await Self.finding(.oldestSnapshot, database).facts["holders"] == [])
        }
    }

    @Test(arguments: [
        (10.0, 0, DoctorFinding.Level.ok), (301, 0, .warning), (3601, 0, .critical), (1, 5_000_001, .warning),
        (1, 100_000_001, .critical),
    ])
    func `a snapshot is worse the older it is`(seconds: Double, transactions: Int, level: DoctorFinding.Level) {
        #expect(Doctor.level(ofSnapshot: seconds, transactions: transactions) == level)
    }

    @Test func `who waits for a lock and who holds it are named`() async throws {
        try await withTestDatabase { database in
            var configuration = database.configuration
            configuration.applicationName = "the holder"
            let holder = try await PostgresConnection.connect(configuration)
            try await holder.script("BEGIN; LOCK TABLE robots")
            configuration.applicationName = "the waiter"
            let waiter = try await PostgresConnection.connect(configuration)
            async let waited: Void = waiter.script("SELECT * FROM robots")
            let finding = try await eventually("somebody waits") {
                let finding = try await Self.finding(.lockWaits, database)
                return finding.facts["waits"]?.list?.isEmpty == false ? finding : nil
            }
            let wait = finding.facts["waits"]?.list?.first
            #expect(wait?["application"] == "the waiter" && wait?["table"] == "robots")
            #expect(wait?["waits_for"]?.list?.first?["application"] == "the holder")
            #expect(finding.summary.contains("in the end for the holder"), "\(finding.summary)")
            try await holder.script("COMMIT")
            try await waited
            await holder.close()
            await waiter.close()
            #expect(try await Self.finding(.lockWaits, database).level == .ok)
        }
    }

    /// What one check waits for keeps no other from being made.
    @Test func `who has a table to himself is named by every check that it holds up`() async throws {
        try await withTestDatabase { database in
            var configuration = database.configuration
            configuration.applicationName = "the holder"
            let holder = try await PostgresConnection.connect(configuration)
            try await holder.script("BEGIN; LOCK TABLE queue_rules IN ACCESS EXCLUSIVE MODE")
            let pid = await holder.backendProcessID
            let findings = try await Self.examine(database)
            for check in [Check.deadTuples, .indexes] {
                let finding = try #require(findings[check])
                #expect(finding.level == .warning, "\(finding)")
                #expect(finding.summary.contains("within 1 s: the holder"), "\(finding)")
                #expect(finding.summary.hasSuffix("keeps everybody from queue_rules."), "\(finding)")
                #expect(finding.advice.first?.hasPrefix("SELECT pg_terminate_backend(\(pid));") == true, "\(finding)")
            }
            #expect(findings[.connections]?.level == .ok && findings[.wraparound]?.level == .ok)
            // It was looked at before the examination itself waited.
            #expect(findings[.lockWaits]?.level == .ok)
            try await Self.follow(try #require(findings[.deadTuples]), database)
            await holder.close()
            #expect(try await Self.examine(database)[.indexes]?.level == .ok)
        }
    }

    @Test func `dead rows that nobody removes are found, and vacuum mends it`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database,
                """
                INSERT INTO idempotency_keys (tenant_id, key, job_id, request_hash, expires_at)
                SELECT 1, number::text, gen_random_uuid(), '', now() FROM generate_series(1, 25000) AS number;
                DELETE FROM idempotency_keys;
                SELECT pg_stat_force_next_flush();
                """)
            let finding = try await eventually("the statistics are there") {
                let finding = try await Self.finding(.deadTuples, database)
                return finding.level > .ok ? finding : nil
            }
            #expect(finding.facts["tables"]?.list?.first?["table"] == "idempotency_keys")
            #expect(finding.facts["tables"]?.list?.first?["dead_rows"] == 25000)
            try await Self.follow(finding, database)
            let mended = try await Self.finding(.deadTuples, database)
            #expect(mended.level == .ok, "\(mended.facts)")
        }
    }

    @Test func `a week without a partition is found and made`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database,
                "DO $$ BEGIN EXECUTE 'DROP TABLE ' || to_char(now() AT TIME ZONE 'UTC', '\"events_\"IYYY\"w\"IW'); END $$"
            )
            let missing = try await Self.finding(.partitions, database)
            #expect(missing.level == .critical && missing.summary.contains("for events"), "\(missing.summary)")
            try await Self.follow(missing, database)
            #expect(try await Self.finding(.partitions, database).level == .ok)
        }
    }

    @Test func `a table without autovacuum and a standing transaction of two phases are found`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database,
                "BEGIN; INSERT INTO tenants (name) VALUES ('x'); PREPARE TRANSACTION 'left behind in \(database.name)'")
            let finding = try await Self.finding(.preparedTransactions, database)
            #expect(finding.level == .warning && finding.facts["transactions"]?.list?.count == 1)
            try await Self.follow(finding, database)
            #expect(try await Self.finding(.preparedTransactions, database).level == .ok)
        }
    }

    @Test func `a due job that nobody moves and a lost robot's job that nobody takes tell of missing loops`()
        async throws
    {
        try await withFixture { store in
            _ = try await store.submit(store.job(due: .after(.seconds(60))))
            try await store.asOwner("UPDATE scheduled SET due_at = now() - interval '2 minutes'")
            let due = try await Self.finding(.backgroundLoops, store.database)
            #expect(due.level == .critical && due.facts["due_jobs"] == 1 && due.summary.contains("2 min"), "\(due)")
            _ = try await store.promote()
            #expect(try await Self.finding(.backgroundLoops, store.database).level == .ok)
            _ = try await store.leased()
            try await store.asOwner("UPDATE robot_sessions SET alive_until = now() - interval '20 seconds'")
            let lost = try await Self.finding(.backgroundLoops, store.database)
            #expect(lost.level == .warning && lost.facts["lost_sessions"] == 1, "\(lost)")
            _ = try await store.sweep()
            #expect(try await Self.finding(.backgroundLoops, store.database).level == .ok)
        }
    }

    @Test func `a job that waits for an answer for more than half an hour hurts`() async throws {
        try await withFixture { store in
            for _ in 0..<2 {
                let job = try await store.leased()
                let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
                try await store.run { try LeaseStore.block(job.lease, question: question, on: $0) }
            }
            #expect(try await Self.finding(.blockedJobs, store.database).level == .ok)
            try await store.asOwner("UPDATE blocked SET since = now() - interval '29 minutes'")
            #expect(try await Self.finding(.blockedJobs, store.database).level == .ok)
            try await store.asOwner("UPDATE blocked SET since = now() - interval '31 minutes'")
            let finding = try await Self.finding(.blockedJobs, store.database)
            #expect(finding.level == .critical && finding.facts["late_jobs"] == 2, "\(finding)")
            #expect(finding.summary.hasPrefix("2 jobs blocked for more than 30 min, the longest for 31 min"))
            #expect(finding.advice.contains { $0.contains("casarectl job resolve JOB") })
        }
    }

    @Test func `a tenant that has nearly as many dead letters as are kept is warned of`() async throws {
        try await withFixture { store in
            func finding(_ max: Int) async throws -> DoctorFinding {
                let findings = try await Doctor.examine(store.database.configuration, lettersMax: max)
                return try #require(findings.first { $0.check == .deadLetters })
            }
            for _ in 0..<9 { _ = try await store.letter() }
            #expect(try await finding(11).level == .ok)
            let warning = try await finding(10)
            #expect(warning.level == .warning && warning.facts["tenants"]?.list?.first?["letters"] == 9, "\(warning)")
            #expect(warning.summary.contains("The tenant default has 9 dead letters, and 10 are kept"))
            #expect(warning.advice.contains { $0.contains("casarectl dlq") })
            #expect(try await finding(9).level == .critical)
        }
    }

    @Test func `credentials of jobs that can be neither renewed nor given back hurt, and so do sick providers`()
        async throws
    {
        try await withFixture { store in
            let lease = try await store.leased().lease
            #expect(try await Self.finding(.secretProviders, store.database).level == .ok)
            let new = NewSecretLease(
                id: .new(at: Date()), secret: "db", provider: "corp", path: "database/creds/x", providerLease: "x/1",
                accessor: nil, attempt: lease, life: .seconds(600), tokenLife: nil, isRenewable: true)
            #expect(try await store.run { try SecretLeaseStore.insert(new, on: $0) })
            let made = try await Self.finding(.secretProviders, store.database)
            #expect(made.level == .ok && made.facts["credentials"] == 1, "\(made)")
            for level in [DoctorFinding.Level.warning, .warning, .critical] {
                try await store.database.asSystem { connection in
                    let due = try SecretLeaseStore.claim(now: Date().addingTimeInterval(100), on: connection)
                    for one in due { try SecretLeaseStore.failed(one, why: "Vault is sealed", on: connection) }
                }
                try await store.asOwner("UPDATE secret_leases SET look_at = now()")
                let finding = try await Self.finding(.secretProviders, store.database)
                #expect(finding.level == level && finding.summary.contains("corp first: Vault is sealed"), "\(finding)")
            }
        }
        let found = DoctorFinding(.secretProviders, .ok, "None.", facts: ["credentials": 0])
        let well = ProviderHealth(name: "a", kind: .files, problem: nil, checkedAt: noon)
        let sick = ProviderHealth(name: "b", kind: .hashiCorpVault, problem: "it is sealed", checkedAt: noon)
        #expect(Doctor.judged([found], with: []) == [found])
        let healthy = Doctor.judged([found], with: [well])[0]
        #expect(healthy.level == .ok && healthy.summary == "1 provider of secrets asked, and all give them out. None.")
        let judged = Doctor.judged([found], with: [well, sick])[0]
        #expect(
            judged.level == .critical && judged.summary.hasPrefix("b of 2 providers of secrets gives none out: it is"))
        #expect(judged.facts["providers"]?.list?.count == 2 && judged.facts["credentials"] == 0)
    }

    @Test func `who may not see other sessions is told so`() async throws {
        try await withTestDatabase { database in
            try await Self.asOwner(
                database,
                """
                DO $$ BEGIN CREATE ROLE short_sighted LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                """)
            var configuration = database.configuration
            configuration.user = "short_sighted"
            let findings = try await Doctor.examine(configuration)
            #expect(findings.map(\.check) == Check.allCases)
            let privileges = try #require(findings.first { $0.check == .privileges })
            #expect(privileges.level == .warning)
            #expect(privileges.advice.first == "GRANT pg_read_all_stats TO \"short_sighted\";")
            // What it may not read at all says so, and the rest goes on.
            #expect(findings.first { $0.check == .backgroundLoops }?.level == .warning)
            #expect(findings.first { $0.check == .partitions }?.level == .ok)
        }
    }
}

extension Database {
    fileprivate var name: String { self.configuration.database ?? "" }
}
