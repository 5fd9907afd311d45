package import CasareEngine
import CasareProviders
package import CasareStore
package import CasareTelemetry
import CasareWire
package import Logging
import ServiceLifecycle
package import Tracing

/// The orchestrator service: routes and background loops on one database. Any number of them may run on the same one.
///
/// It runs whatever the state of the database: until that answers and is migrated, `/health/ready` says why not, and
/// the other routes answer 503. The database stays open when the orchestrator stops: whoever made it closes it.
package struct Orchestrator: Service, CustomStringConvertible {
    private let configuration: OrchestratorConfiguration
    let services: Services
    private let logger: Logger
    private let server: APIServer
    private let authenticator: Authenticator
    /// `nil` where it speaks plain HTTP.
    private let tls: ServerTLSContext?
    /// Between looks at the files of TLS.
    private let certificateInterval: Duration

    /// - Parameters:
    ///   - registry: counts; `nil`: one of its own, that nobody else reads.
    ///   - tracer: `NoOpTracer`: nothing is traced.
    package init(
        configuration: OrchestratorConfiguration, database: Database, catalogue: NodeCatalogue, logger: Logger,
        registry: MetricRegistry? = nil, tracer: any Tracer = NoOpTracer(),
        leaseBytesMax: Int = LeaseResponse.bytesMax, streamLimits: StreamLimits = .standard,
        certificateInterval: Duration = .seconds(5)
    ) {
        self.configuration = configuration
        self.logger = logger
        let bell = ReadyBell(database.configuration)
        let metrics = OrchestratorMetrics(registry ?? MetricRegistry(logger: logger))
        SharedGauges.register(in: metrics, reading: database, logger: logger)
        for provider in configuration.providers.names { metrics.secrets.expect(provider: provider) }
        let clientRoots = ClientRoots { try await CertificateAuthorities.roots(in: database) }
        let tls = configuration.tls.map {
            ServerTLSContext($0, roots: clientRoots, metrics: metrics, logger: logger)
        }
        self.tls = tls
        self.certificateInterval = certificateInterval
        let authenticator = Authenticator(
            database: database, settings: configuration.authentication, metrics: metrics.auth, logger: logger)
        self.authenticator = authenticator
        self.services = Services(
            database: database, catalogue: catalogue, bell: bell,
            reports: ReportGroups(database: database, bell: bell), waitingRoom: WaitingRoom(),
            events: EventHub(database, limits: streamLimits, logger: logger), cursors: SessionCursors(),
            loops: LoopBoard(turns: database.backgroundTurns, metrics: metrics.loops), metrics: metrics, tracer: tracer,
            promotionAlarm: Alarm(), examinations: ExaminationTurn(),
            openAPI: Self.openAPI, leaseBytesMax: leaseBytesMax,
            leaseDuration: configuration.leaseDuration, lettersMax: configuration.deadLetters.lettersMax,
            authentication: configuration.authentication,
            keys: configuration.keys, providers: configuration.providers, servedChain: { tls?.servedChain ?? [] },
            lockouts: authenticator.lockouts, certificateLife: configuration.certificateLife,
            forgetCallers: { authenticator.forget() })
        self.server = APIServer(
            host: configuration.host, port: configuration.port, table: RouteTable(Self.routes),
            services: self.services, authenticator: self.authenticator, metrics: metrics, tracer: tracer,
            logger: logger, tls: tls)
    }

    static let routes: [Route] =
        HealthRoutes.all + MetricsRoutes.all + IdentityRoutes.all + SignInRoutes.all + RoleRoutes.all + TokenRoutes.all
        + WorkflowRoutes.all + JobRoutes.all + StepRoutes.all
        + LogRoutes.all + ResolveRoutes.all + PauseRoutes.all + DeadLetterRoutes.all + ForkRoutes.all
        // Before those of one robot, whose paths fit theirs.
        + EnrolmentRoutes.all + EnrolRoutes.all + CertificateRoutes.all + AuthorityRoutes.all + RobotRoutes.all
        + RobotLogRoutes.all
        + QueueRoutes.all + ControlRoutes.all + DoctorRoutes.all + TenantRoutes.all + InstallationRoutes.all
        + ApprovalRoutes.all + SessionRoutes.all + NewsRoutes.all + WatchRoutes.all
        + ReportRoutes.all + ChildRoutes.all + EventRoutes.all + OperationRoutes.all + SelectionRoutes.all
        + TriggerRoutes.all + HookRoutes.all + CalendarRoutes.all + ForecastRoutes.all
        + ScheduleRoutes.all + BackfillRoutes.all + WindowRoutes.all
        + SecretRoutes.all + SecretVersionRoutes.all + SecretProviderRoutes.all + JobSecretRoutes.all + RekeyRoutes.all
        + RotationRoutes.all
        + ItemQueueRoutes.all + WorkItemRoutes.all + AppliedRoutes.all + AuditRoutes.all

    /// The description of all of them, which takes a while to make.
    static let openAPI = OpenAPIDocument(Self.routes)

    /// What a `ServiceGroup` calls it in the log. By itself that would be all that it has, written out whether anybody
    /// reads it or not: megabytes, for the API's description is among it.
    package var description: String { "Orchestrator" }

    /// The port that it listens on; waits until it does.
    ///
    /// - Throws: why it does not and will not.
    package var boundPort: Int {
        get async throws { try await self.server.boundPort.value }
    }

    /// Serves until a graceful shutdown: then it accepts nothing more, ends long polls, finishes what is in flight and
    /// returns.
    ///
    /// - Throws: `OrchestratorError` when it cannot listen, `SettingError` for a certificate that cannot be used.
    package func run() async throws {
        do {
            try self.tls?.start()
            var watches: [any Service] = []
            if let tls = self.tls {
                watches.append(
                    CertificateWatch(
                        tls: tls, alarm: self.services.certificateAlarm, interval: self.certificateInterval))
            }
            // Stopped in reverse order: waiting ends first, then the server, then what it needs.
            let parts: [any Service] = [
                BellRinger(bell: self.services.bell),
                NotificationFanOut(
                    configuration: self.services.database.configuration, waitingRoom: self.services.waitingRoom,
                    events: self.services.events),
                BackgroundLoop.mark(self.services, logger: self.logger),
                BackgroundLoop.auditKeeping(self.services, self.configuration.audit, logger: self.logger),
                BackgroundLoop.auditVerification(self.services, logger: self.logger),
                BackgroundLoop.auditChain(self.services, self.configuration.audit, logger: self.logger),
                BackgroundLoop.tokenUses(self.services, of: self.authenticator, logger: self.logger),
                BackgroundLoop.authentication(self.services, of: self.authenticator, logger: self.logger),
                BackgroundLoop.certificates(self.services, logger: self.logger),
                BackgroundLoop.providerHealth(self.services, logger: self.logger),
                BackgroundLoop.rekey(self.services, logger: self.logger),
                BackgroundLoop.secretHolds(self.services, logger: self.logger),
                BackgroundLoop.secretLeaseKeeping(self.services, logger: self.logger),
                BackgroundLoop.secretLeases(self.services, logger: self.logger),
                BackgroundLoop.partitions(self.services, logger: self.logger),
                BackgroundLoop.tenants(self.services, logger: self.logger),
                BackgroundLoop.approvals(self.services, logger: self.logger),
                BackgroundLoop.restores(self.services, logger: self.logger),
                BackgroundLoop.retention(
                    self.services, days: self.configuration.retentionDays,
                    robotLogDays: self.configuration.robotLogDays, logger: self.logger),
                BackgroundLoop.compact(
                    self.services, hours: self.configuration.journalCompactHours, logger: self.logger),
                BackgroundLoop.letterKeeping(
                    self.services, policy: self.configuration.deadLetters, logger: self.logger),
                BackgroundLoop.letters(self.services, logger: self.logger),
                BackgroundLoop.deliveries(self.services, logger: self.logger),
                BackgroundLoop.operations(self.services, logger: self.logger),
                BackgroundLoop.workItemKeeping(self.services, logger: self.logger),
                BackgroundLoop.reactionKeeping(self.services, logger: self.logger),
                BackgroundLoop.workItems(self.services, logger: self.logger),
                BackgroundLoop.reactions(self.services, logger: self.logger),
                BackgroundLoop.scheduleKeeping(self.services, logger: self.logger),
                BackgroundLoop.windows(self.services, logger: self.logger),
                BackgroundLoop.backfills(self.services, logger: self.logger),
                BackgroundLoop.scheduleSettling(self.services, logger: self.logger),
                BackgroundLoop.schedules(self.services, logger: self.logger),
                BackgroundLoop.rotations(self.services, logger: self.logger),
                BackgroundLoop.settle(self.services, logger: self.logger),
                BackgroundLoop.queues(self.services, logger: self.logger),
                BackgroundLoop.promote(self.services, logger: self.logger),
                BackgroundLoop.expire(self.services, logger: self.logger),
                BackgroundLoop.sweep(self.services, logger: self.logger),
                self.server.service,
                self.services.events,
                WaitingRoomCloser(waitingRoom: self.services.waitingRoom),
            ]
            try await ServiceGroup(configuration: .init(services: watches + parts, logger: self.logger)).run()
            self.server.stopped()
        } catch {
            throw self.server.failed(error)
        }
    }
}

/// Why an orchestrator cannot run.
package enum OrchestratorError: Error, Hashable, Sendable, CustomStringConvertible {
    case portTaken(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .portTaken(let host, let port):
            "port \(port) of \(host) is taken by another program; stop that, or set CASARE_PORT to another port"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason); set CASARE_HOST and CASARE_PORT"
        }
    }
}

/// Rings the bell for as long as the server runs, and what is left at the end.
struct BellRinger: Service {
    let bell: ReadyBell

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.bell.run() }
    }
}
