import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials

/// A moment for tests that state the time. It is past, so what the fixture does by the real clock comes after it.
let noon = Date(timeIntervalSince1970: 1_767_268_800)

/// A database with one workflow and one robot with an open session, and short ways to what tests do all the time.
struct StoreFixture: Sendable {
    static let robot = Robot.ID(rawValue: "r1")!  // The literal is a robot's ID.
    static let document = #"{"z": 1, "a": {"y": 2.0, "b": 3}}"#

    let database: Database
    let tenant: Tenant.ID
    let workflow: Workflow.ID
    let session: Robot.SessionID

    init(_ database: Database, tenant: Tenant.ID = .default) async throws {
        self.database = database
        self.tenant = tenant
        (self.workflow, self.session) = try await database.asTenant(tenant) { connection in
            let pushed = try WorkflowStore.push(name: "orders", document: Self.document, by: "ann", on: connection)
            _ = try RobotStore.register(
                Self.robot, environment: "default", tags: ["t"], capabilities: ["c"], slots: 2, on: connection)
            let session = try LeaseStore.openSession(Self.robot, boot: UUID(), kind: .api, slots: 2, on: connection)
            return (pushed.version.workflow, session)
        }
    }

    func run<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.database.asTenant(self.tenant, body)
    }

    func job(
        _ variables: Object = [:], priority: Priority = .normal, options: Job.Options = .init(), due: NewJob.Due = .now,
        idempotency: NewJob.Idempotency? = nil, environment: String = "default", queueKey: String? = nil,
        requirements: Job.Requirements = .anyRobot, deadline: NewJob.Deadline? = nil, uniqueness: Job.Uniqueness? = nil
    ) -> NewJob {
        NewJob(
            workflow: self.workflow, workflowVersion: 1, variables: variables, priority: priority,
            environment: environment, options: options, idempotency: idempotency, due: due, queueKey: queueKey,
            requirements: requirements, deadline: deadline, uniqueness: uniqueness)
    }

    @discardableResult
    func submit(_ jobs: [NewJob], now: Date? = nil) async throws -> [SubmittedJob] {
        try await self.run { try JobStore.submit(jobs, by: "ann", now: now, on: $0) }
    }

    func submit(_ job: NewJob, now: Date? = nil) async throws -> Job.ID {
        try await self.submit([job], now: now)[0].id
    }

    func lease(_ limit: Int = 1, session: Robot.SessionID? = nil, now: Date? = nil) async throws -> [LeasedJob] {
        try await self.run { connection in
            var cursor = LeaseCursor()
            return try LeaseStore.lease(
                session ?? self.session, limit: limit, cursor: &cursor, now: now, on: connection)
        }
    }

    /// Submits a job and leases it.
    func leased(_ job: NewJob? = nil, now: Date? = nil) async throws -> LeasedJob {
        _ = try await self.submit(job ?? self.job(), now: now)
        return try await self.lease(now: now)[0]
    }

    func openSession(kind: SessionKind = .api, now: Date? = nil) async throws -> Robot.SessionID {
        try await self.run {
            try LeaseStore.openSession(Self.robot, boot: UUID(), kind: kind, slots: 2, now: now, on: $0)
        }
    }

    func get(_ id: Job.ID) async throws -> Job? {
        try await self.run { try JobStore.get(id, on: $0) }
    }

    func status(_ id: Job.ID) async throws -> Job.Status? { try await self.get(id)?.status }

    func sweep(now: Date? = nil) async throws -> SweepReport {
        try await self.database.asSystem { try LeaseStore.sweep(now: now, on: $0) }
    }

    func promote(now: Date? = nil) async throws -> PromotionReport {
        try await self.database.asSystem { try LeaseStore.promoteDue(now: now, on: $0) }
    }

    func fail(_ job: LeasedJob, _ failure: Failure = .broken, now: Date? = nil) async throws -> FailOutcome {
        try await self.run {
            try LeaseStore.fail(job.lease, failure: failure, result: nil, randomFraction: 0.5, now: now, on: $0)
        }
    }

    /// What a test does behind the store's back, as the user who owns the tables.
    func asOwner(_ sql: String) async throws {
        let connection = try await PostgresConnection.connect(self.database.configuration)
        try await connection.script(sql)
        await connection.close()
    }

    /// Whether each job is in exactly one of the places that say where it stands.
    func jobsAreInOnePlaceEach() async throws -> Bool {
        try await self.database.asSystem { connection in
            try connection.execute(
                """
                SELECT NOT EXISTS (
                    SELECT FROM jobs
                    LEFT JOIN (
                        SELECT tenant_id, job_id FROM ready UNION ALL SELECT tenant_id, job_id FROM scheduled
                        UNION ALL SELECT tenant_id, job_id FROM leases UNION ALL SELECT tenant_id, job_id FROM blocked
                        UNION ALL SELECT tenant_id, job_id FROM paused
                        UNION ALL SELECT tenant_id, job_id FROM outcomes
                    ) AS places USING (tenant_id, job_id)
                    GROUP BY tenant_id, job_id HAVING count(places.job_id) <> 1
                ) AS holds
                """
            ).only().bool("holds")
        }
    }
}

extension Failure {
    static let broken = Failure(kind: .application, message: "row 7 is broken", type: "DataError", node: "n1")
    static let business = Failure(kind: .business, message: "no such customer", type: "BusinessError")
}

extension RunResult {
    static func ok(_ variables: Object = [:]) -> RunResult {
        RunResult(success: true, error: nil, variables: variables, logs: [], nodeErrors: [])
    }
}

extension JournalRow {
    static func step(
        _ step: Int, _ effect: String, _ result: String? = #"{"outputs": {}}"#, node: String? = nil
    ) -> JournalRow {
        JournalRow(
            step: step, node: node ?? "n\(step)", nodeType: "T", effect: effect, result: result, startedAt: noon,
            finishedAt: result == nil ? nil : noon.addingTimeInterval(1))
    }
}

func withFixture<Result: Sendable>(
    connectionsMax: Int = 4, _ body: (StoreFixture) async throws -> Result
) async throws -> Result {
    try await withTestDatabase(connectionsMax: connectionsMax) { database in
        try await body(try await StoreFixture(database))
    }
}
