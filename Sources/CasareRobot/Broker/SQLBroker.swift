package import CasareDomain
import CasarePostgres
package import CasareProviders
package import CasareStore
package import FoundationEssentials
package import Logging

/// A broker straight to the database: for robots on the same network, and the fastest.
///
/// The session's connection holds its lock for as long as it is open, so a killed robot is noticed at once; reports go
/// over a small pool. New jobs are announced by `NOTIFY`, and asked for now and then in case an announcement was
/// missed.
package actor SQLBroker: Broker {
    struct Session {
        let id: Robot.SessionID
        let robot: Robot.ID
        let connection: PostgresConnection
    }

    /// How often an idle robot asks without having been told, ±`pollJitter`.
    private static let pollInterval = Duration.seconds(1)
    private static let pollJitter = 0.3
    private static let heartbeatsPerLease = 3

    let database: Database
    let tenant: Tenant.ID
    let bootID: UUID
    private let leaseDuration: Duration
    private let metrics: RobotMetrics?
    private let logger: Logger
    let bell: ReadyBell
    let keys: KeyRing?
    let externalSecrets: ExternalSecrets
    let writes: WriteGroup<any Error>
    private let readiness = ReadySignal()
    private let news = SessionNews()
    var session: Session?
    var cursor = LeaseCursor()
    /// Of this session.
    private var renewals = 0
    /// The bell and the listener, from the first session to `close`.
    private var helpers: [Task<Void, Never>] = []

    /// - Parameters:
    ///   - database: closed by `close()`.
    ///   - keys: open secrets and the passwords of feeds; without them the robot's jobs are given no secrets that are
    ///     kept in the database, and the robot no watches that have a password.
    ///   - providers: of the robot's environment, which are asked for secrets that are not in the vault.
    ///   - metrics: counts the jobs that end here without having been run to their end; `nil`: nobody does.
    package init(
        database: Database, tenant: Tenant.ID = .default, bootID: UUID = UUID(),
        leaseDuration: Duration = LeaseStore.leaseDurationDefault, keys: KeyRing? = nil,
        providers: SecretProviders = .none, metrics: RobotMetrics? = nil, logger: Logger
    ) {
        self.metrics = metrics
        self.keys = keys
        self.externalSecrets = ExternalSecrets(providers, database: database)
        self.leaseDuration = leaseDuration
        self.database = database
        self.tenant = tenant
        self.bootID = bootID
        self.logger = logger
        self.bell = ReadyBell(database.configuration)
        self.writes = WriteGroup<any Error>(
            bounds: .init(heldMax: database.statementMax), fault: WriteFault.of
        ) { [bell, readiness] writes, lockWait in
            do {
                let committed = try await Self.commit(writes, lockWait, tenant, database)
                if committed.makesRoom {
                    readiness.signal()
                    bell.ring(tenant)
                }
                var refused: [Job.ID: any Error] = [:]
                for job in committed.lost { refused[job] = BrokerError.leaseLost(job) }
                return .success(refused)
            } catch {
                return .failure(error)
            }
        }
    }

    package func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
        self.startHelpers()
        let former = self.session
        self.session = nil
        await former?.connection.close()
        self.cursor = LeaseCursor()
        self.renewals = 0
        let bootID = self.bootID
        let duration = self.leaseDuration
        let otherSessions: Int
        do {
            let connection = try await self.database.connect(as: self.tenant)
            do {
                let (id, sessions) = try await Database.asTenant(self.tenant, on: connection) { connection in
                    _ = try RobotStore.register(
                        robot.id, environment: robot.environment, tags: robot.tags,
                        capabilities: robot.capabilities, slots: robot.slots, on: connection)
                    let id = try LeaseStore.openSession(
                        robot.id, boot: bootID, kind: .sql, slots: robot.slots, leaseDuration: duration,
                        on: connection)
                    return (id, try RobotStore.get(robot.id, on: connection)?.sessions ?? 1)
                }
                self.session = Session(id: id, robot: robot.id, connection: connection)
                self.news.began(id)
                otherSessions = max(sessions - 1, 0)
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            throw Self.openingError(error)
        }
        return SessionTerms(
            leaseDuration: duration, heartbeatInterval: duration / Self.heartbeatsPerLease,
            otherSessions: otherSessions, tenant: self.tenant == .default ? Tenant.defaultName : nil)
    }

    package func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] {
        let deadline = ContinuousClock.now + waiting
        while true {
            let jobs = try await self.leaseNow(slots: slots)
            let now = ContinuousClock.now
            if !jobs.isEmpty || now >= deadline || Task.isCancelled { return jobs }
            let jitter = Double.random(in: (1 - Self.pollJitter)...(1 + Self.pollJitter))
            let poll = Self.pollInterval * jitter
            await self.readiness.wait(until: min(deadline, now + min(poll, self.cursor.lookIn ?? poll)))
        }
    }

    private func leaseNow(slots: Int) async throws(BrokerError) -> [LeasedJob] {
        guard let session = self.session else { throw .sessionEnded }
        let before = self.cursor
        let tenant = self.tenant
        let (jobs, after, order): ([LeasedJob], LeaseCursor, Robot.Order?)
        let lease: @Sendable (isolated PostgresConnection) throws -> ([LeasedJob], LeaseCursor, Robot.Order?) = {
            connection in
            var cursor = before
            let jobs = try LeaseStore.lease(session.id, limit: slots, cursor: &cursor, on: connection)
            if cursor.hasEnded { throw StoreError.sessionEnded(session.id) }
            let order = cursor.mode == .cordoned ? try LeaseStore.order(of: session.id, on: connection) : .none
            return (jobs, cursor, order)
        }
        do {
            // The statement of a plain queue needs no transaction around it, which would cost two more round trips.
            // What it leased goes back with a renewal when one that follows it fails.
            (jobs, after, order) =
                before.isPlain
                ? try await session.connection.run(lease)
                : try await Database.asTenant(tenant, on: session.connection, lease)
        } catch {
            throw Self.brokerError(error)
        }
        // A session that was opened meanwhile has a cursor of its own.
        if self.session?.id == session.id { self.cursor = after }
        self.bell.jobsChanged(jobs.map(\.lease.job) + after.expired)
        // They had a place under the limits, which is free again.
        if !after.expired.isEmpty, after.mode != .plain { self.bell.ring(self.tenant) }
        await self.countExpired(after.expired)
        if let order, jobs.isEmpty { throw .askedToEnd(order) }
        return jobs
    }

    /// By itself, and without consequences when it fails: what was leased beside them must not be lost by it.
    private func countExpired(_ jobs: [Job.ID]) async {
        guard let metrics, !jobs.isEmpty else { return }
        do {
            metrics.ended(try await self.inDatabase { connection in try JobStore.ended(jobs, on: connection) })
        } catch {
            self.logger.warning("Could not count jobs past their deadlines", metadata: ["error": "\(error)"])
        }
    }

    package func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID> {
        try await self.renewed(leases, nil).lost
    }

    package func renew(_ leases: [Lease], progress: Robot.Progress) async throws(BrokerError) -> RenewalAnswer {
        let renewal = try await self.renewed(leases, progress)
        return RenewalAnswer(
            lost: renewal.lost, paused: renewal.paused, slots: renewal.slots, order: renewal.order)
    }

    private func renewed(_ leases: [Lease], _ progress: Robot.Progress?) async throws(BrokerError) -> Renewal {
        guard let session = self.session else { throw .sessionEnded }
        let renewal = try await self.inDatabase { connection in
            try LeaseStore.renew(session.id, held: leases, progress: progress, on: connection)
        }
        // Committed: what is wrong with a job that nobody names must not cost the session.
        await self.takeUnclaimed(besides: leases, of: session.id)
        return renewal
    }

    /// Takes back jobs that the session has and the robot does not know of, as after an answer that got lost.
    private func takeUnclaimed(besides leases: [Lease], of session: Robot.SessionID) async {
        defer { self.renewals += 1 }
        guard self.renewals.isMultiple(of: LeaseStore.renewalsPerLook) else { return }
        do {
            let (report, ended) = try await self.inDatabase { connection in
                let report = try LeaseStore.takeUnclaimed(of: session, held: leases, on: connection)
                return (report, try JobStore.ended(Array(report.taken), on: connection))
            }
            self.metrics?.ended(ended)
            if !report.taken.isEmpty {
                self.bell.jobsChanged(report.taken)
                self.bell.ring(self.tenant)
            }
            for failure in report.failures {
                self.logger.warning(
                    "Could not take a job from a robot that does not name it",
                    metadata: ["job.id": "\(failure.job)", "error": "\(failure.error)"])
            }
        } catch {
            self.logger.warning(
                "Could not look for jobs that a robot does not name", metadata: ["error": "\(error)"])
        }
    }

    package func untilNews(about held: @Sendable () -> [Lease]) async { await self.news.wait() }

    package func close() async {
        if let session = self.session {
            self.session = nil
            // Without it the sweep finds the session's lock free.
            let returned = try? await self.inDatabase { connection in
                try LeaseStore.closeSession(session.id, reason: "The robot is stopping", on: connection)
            }
            self.bell.jobsChanged(returned ?? [])
            if returned?.isEmpty == false { self.bell.ring(self.tenant) }
            await session.connection.close()
        }
        for helper in self.helpers { helper.cancel() }
        for helper in self.helpers { await helper.value }
        self.helpers = []
        await self.externalSecrets.providers.close()
        await self.database.close()
    }

    // MARK: - Helpers

    /// Starts the bell and the listener. They outlive single calls, and `close` waits for them.
    private func startHelpers() {
        guard self.helpers.isEmpty else { return }
        let bell = self.bell
        let (readiness, news) = (self.readiness, self.news)
        let listener = PostgresListener(
            configuration: self.database.configuration,
            channels: [ReadyBell.readyChannel, ReadyBell.sessionsChannel])
        let tenant = self.tenant.description
        self.helpers = [
            Task { await bell.run() },
            Task {
                await withTaskCancellationHandler {
                    for await event in listener.events {
                        switch event {
                        case .listening(let mayHaveMissed):
                            if mayHaveMissed { readiness.signal() }
                            // Also the first time: the session was there before anybody listened.
                            news.mayHaveMissed()
                        case .notification(channel: ReadyBell.readyChannel, payload: tenant): readiness.signal()
                        case .notification(channel: ReadyBell.sessionsChannel, payload: let session):
                            news.heard(of: session)
                        case .notification: break
                        }
                    }
                } onCancel: {
                    // Awaited by nobody: it ends the stream that the loop above waits for.
                    Task { await listener.stop() }
                }
            },
        ]
    }

    func inDatabase<Result: Sendable>(
        _ body: @escaping @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws(BrokerError) -> Result {
        do {
            return try await self.database.asTenant(self.tenant, body)
        } catch {
            throw Self.brokerError(error)
        }
    }

    /// undefined_table, undefined_column, undefined_function, invalid_schema_name, undefined_object and
    /// invalid_parameter_value (a role that does not exist): what a database says whose schema is missing or older.
    private static let statesWithoutSchema: Set<String> = ["42P01", "42703", "42883", "3F000", "42704", "22023"]

    /// A robot that is started before the database is migrated waits for that, as for a database that is down.
    private static func openingError(_ error: any Error) -> BrokerError {
        if case .server(let server) = error as? PostgresError,
            self.statesWithoutSchema.contains(server.state.rawValue)
        {
            return .unavailable("the database is not migrated; run `casarectl db migrate` (\(server.message))")
        }
        return self.brokerError(error)
    }

    /// Says in a broker's words what went wrong in the store.
    static func brokerError(_ error: any Error) -> BrokerError {
        switch error {
        case let error as StoreError: BrokerError(error)
        case let error as PostgresError:
            switch error {
            case .connection, .timedOut, .cancelled, .poolExhausted, .poolClosed: .unavailable("\(error)")
            case .server: error.isRetryable ? .unavailable("\(error)") : .refused("\(error)")
            case .decoding, .misuse: .refused("\(error)")
            }
        default:
            .unavailable("\(error)")
        }
    }
}
