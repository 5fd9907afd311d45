package import CasareDomain
package import CasarePostgres

/// The way to the stored data: as one tenant, whose rows row-level security keeps apart from all others, or as the
/// system, for the few things that concern all tenants.
///
/// Both go through roles that own no table, whoever the connection string signs in as; that user must be a member of
/// them, as the one who migrates the database is.
package struct Database: Sendable {
    package static let appRole = "casare_app"
    package static let systemRole = "casare_system"
    /// Of robots on SQL, in place of `appRole`: of the tenant `default` alone, and with what a robot executes.
    package static let robotRole = "casare_robot"
    /// Background loops and the lookup of tokens: little work, and none of it for long.
    private static let systemConnectionsMax = 4
    /// How long a transaction may rest between two statements, below a lease's usual length: whoever stops in the
    /// middle of one, with rows locked (a process that is frozen, a machine that is paused), loses its connection and
    /// the locks.
    private static let restMax = Duration.seconds(15)
    /// How long a background loop waits for a lock. One row that somebody holds on to fails by itself, and the others
    /// of the round are done.
    private static let lockWaitMax = Duration.seconds(2)
    /// How long what many reports wait for waits for a lock itself, and, in a program that works for one tenant, every
    /// statement of the pool: whoever waits for longer holds a connection that others need, and does better to come again.
    package static let reportLockWaitMax = Duration.milliseconds(500)
    /// How long one statement may take that a request or a robot's report waits for. All of them are look-ups by key
    /// and short scans of one index: one that takes longer waits for a lock, or has lost its way.
    package static let statementMaxDefault = Duration.seconds(15)

    /// A database that was put back from a backup lets nobody in who would go on as if nothing had been lost
    /// (`RestoreStore`). One whose schema is missing or older has nothing to ask.
    private static let admission: StaticString = """
        DO $$ BEGIN
            IF to_regproc('casare_enter') IS NOT NULL THEN PERFORM casare_enter(); END IF;
        END $$
        """

    /// The same for a robot, which takes its role here. Where its user may not, since it was granted the roles of
    /// services, or the schema is of before that role, it works as services do. The role alone may be of another
    /// database.
    private static let robotAdmission: StaticString = """
        DO $$ BEGIN
            PERFORM set_config('role', CASE
                WHEN to_regproc('casare_robot_tenant') IS NOT NULL
                    AND pg_has_role(session_user, to_regrole('casare_robot'), 'MEMBER') THEN 'casare_robot'
                ELSE 'casare_app' END, false);
            IF to_regproc('casare_enter') IS NOT NULL THEN PERFORM casare_enter(); END IF;
        END $$
        """

    /// Whose program it is.
    package enum Worker: Hashable, Sendable {
        /// Of the orchestrators and of casarectl.
        case service
        /// Of a robot on SQL: it does nothing for all tenants.
        case robot
    }

    private enum SessionRole {
        case tenants(Worker)
        case system
    }

    package let statementMax: Duration
    private let worker: Worker
    /// Whose rows the pool's sessions see outside of transactions; nil: nobody's.
    package let tenant: Tenant.ID?
    package let configuration: PostgresConfiguration
    package let app: PostgresPool
    package let system: PostgresPool
    /// The connection of the loop that takes jobs from robots that are gone, and of nothing else. Used from the start
    /// and kept, it is there when all others are taken.
    package let rescue: PostgresPool

    /// Opens no connection yet.
    ///
    /// - Parameters:
    ///   - statementMax: the server stops a statement of `asTenant` that takes longer, which throws
    ///     `PostgresError.timedOut`. What `asSystem` runs in the background may take its time.
    ///   - tenant: of a program that works for one tenant only: its single statements need no transaction around them,
    ///     and wait for a lock no longer than `reportLockWaitMax`.
    ///   - worker: as whom `asTenant` works.
    ///   - observer: is told of every statement, also on connections of their own; `nil`: of what the configuration
    ///     says.
    package init(
        _ configuration: PostgresConfiguration, connectionsMax: Int,
        statementMax: Duration = Database.statementMaxDefault, tenant: Tenant.ID? = nil, for worker: Worker = .service,
        observer: (any StatementObserver)? = nil
    ) {
        var configuration = configuration
        if let observer { configuration.observer = observer }
        self.configuration = configuration
        self.statementMax = statementMax
        self.tenant = tenant
        self.worker = worker
        var app = Self.configuration(configuration, for: .tenants(worker), statementMax, tenant)
        if tenant != nil, app.settings["lock_timeout"] == nil {
            app.settings["lock_timeout"] = Self.text(Self.reportLockWaitMax)
        }
        self.app = PostgresPool(configuration: app, connectionsMax: connectionsMax, name: "app")
        self.system = PostgresPool(
            configuration: Self.configuration(configuration, for: .system, nil),
            connectionsMax: min(connectionsMax, Self.systemConnectionsMax), name: "system")
        var rescue = Self.configuration(configuration, for: .system, nil)
        rescue.applicationName += " rescue"
        self.rescue = PostgresPool(configuration: rescue, connectionsMax: 1, name: "rescue")
    }

    /// How many background loops may work at a time, so that connections are left for who asks for something.
    package var backgroundTurns: Int { max(1, self.system.statistics.connectionsMax / 2) }

    /// A session for a role.
    ///
    /// All statements are made of look-ups by key and short scans of one index. Plans are kept while tables grow from
    /// nothing to millions of rows, so ways that are cheap for small tables only are ruled out: to scan a table, or a
    /// tenant's part of it, and hash or sort that. Compiling plans costs more than running them.
    private static func configuration(
        _ base: PostgresConfiguration, for role: SessionRole, _ statementMax: Duration?, _ tenant: Tenant.ID? = nil
    ) -> PostgresConfiguration {
        var configuration = base
        switch role {
        case .tenants(.service): (configuration.role, configuration.admission) = (self.appRole, self.admission)
        case .tenants(.robot): (configuration.role, configuration.admission) = (nil, self.robotAdmission)
        case .system: (configuration.role, configuration.admission) = (self.systemRole, self.admission)
        }
        configuration.statementTimeout = statementMax
        configuration.settings.merge(
            [
                "idle_in_transaction_session_timeout": "\(self.restMax.components.seconds)s",
                "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off",
                "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off", "jit": "off",
            ]
        ) { given, _ in given }
        // Where a whole statement is timed, its wait for a lock is too.
        if statementMax == nil, configuration.settings["lock_timeout"] == nil {
            configuration.settings["lock_timeout"] = "\(self.lockWaitMax.components.seconds)s"
        }
        if let tenant { configuration.settings["casare.tenant"] = tenant.description }
        return configuration
    }

    /// Runs a transaction that sees and changes this tenant's rows only.
    ///
    /// - Parameters:
    ///   - mode: how it sees what others commit meanwhile.
    ///   - deadline: how long to wait for a connection.
    ///   - lockWaitMax: how long a statement waits for a lock; nil: as long as it may take.
    package func asTenant<Result: Sendable>(
        _ tenant: Tenant.ID, mode: TransactionMode = .readCommitted, deadline: ContinuousClock.Instant? = nil,
        lockWaitMax: Duration? = nil, _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.app.transaction(mode, opening: Self.opening(tenant, lockWaitMax), deadline: deadline, body)
    }

    /// Runs a closure that sends a single statement. Where the pool works for this tenant only, the statement is a
    /// transaction by itself, in one round trip; else it is `asTenant`.
    package func statement<Result: Sendable>(
        as tenant: Tenant.ID, lockWaitMax: Duration? = nil,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        guard self.tenant == tenant else {
            return try await self.asTenant(tenant, lockWaitMax: lockWaitMax, body)
        }
        return try await self.app.withConnection { connection in try body(connection) }
    }

    /// Runs statements that concern all tenants. It is not a transaction.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait for a connection.
    ///   - statementMax: how long each statement may take, where somebody waits for it; it costs two round trips.
    package func asSystem<Result: Sendable>(
        deadline: ContinuousClock.Instant? = nil, statementMax: Duration? = nil,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.system.withConnection(deadline: deadline) { connection in
            guard let statementMax else { return try body(connection) }
            let result = try connection.withStatementTimeout(statementMax) {
                Swift.Result { try body(connection) }
            }
            return try result.get()
        }
    }

    /// Runs statements that take jobs from robots that are gone, on the connection that is kept for them. It is not a
    /// transaction.
    package func asRescuer<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.rescue.withConnection { connection in try body(connection) }
    }

    /// A connection of its own, outside of the pools, for a robot's session of kind sql: the session lasts as long as
    /// this connection.
    package func connect() async throws(PostgresError) -> PostgresConnection {
        try await PostgresConnection.connect(
            Self.configuration(self.configuration, for: .tenants(self.worker), self.statementMax))
    }

    /// The same for what one tenant does all the time: each statement on this connection sees that tenant's rows, and
    /// is a transaction by itself, in one round trip instead of four. `asTenant` works on it too.
    package func connect(as tenant: Tenant.ID) async throws(PostgresError) -> PostgresConnection {
        try await PostgresConnection.connect(
            Self.configuration(self.configuration, for: .tenants(self.worker), self.statementMax, tenant))
    }

    /// The same as `asTenant(_:deadline:_:)` on a connection that `connect()` opened.
    package static func asTenant<Result: Sendable>(
        _ tenant: Tenant.ID, on connection: PostgresConnection,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await connection.transaction(opening: self.opening(tenant), body)
    }

    private static func opening(
        _ tenant: Tenant.ID, _ lockWaitMax: Duration? = nil
    ) -> [(Query, KeyValuePairs<String, PostgresValue>)] {
        var opening: [(Query, KeyValuePairs<String, PostgresValue>)] = [
            (SettingQueries.tenant, ["tenant": .text(tenant.description)])
        ]
        if let lockWaitMax { opening.append((SettingQueries.lockWait, ["lock_wait": .text(Self.text(lockWaitMax))])) }
        return opening
    }

    private static func text(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1)))ms" }

    package func close() async {
        await self.app.close()
        await self.system.close()
        await self.rescue.close()
    }
}
