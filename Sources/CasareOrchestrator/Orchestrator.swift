package import CasareEngine
import CasarePostgres
package import CasareStore
import CasareWire
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The orchestrator service: routes and background loops on one database. Any number of them may run on the same one.
///
/// It runs whatever the state of the database: until that answers and is migrated, `/health/ready` says why not, and
/// the other routes answer 503. The database stays open when the orchestrator stops: whoever made it closes it.
package struct Orchestrator: Service {
    private let configuration: OrchestratorConfiguration
    let services: Services
    private let logger: Logger
    private let port = BoundPort()

    /// Requests that wait for nothing are over long before; it cuts connections on which nothing happens at all.
    private static let idleConnectionMax = TimeAmount.seconds(120)

    package init(
        configuration: OrchestratorConfiguration, database: Database, catalogue: NodeCatalogue, logger: Logger,
        leaseBytesMax: Int = LeaseResponse.bytesMax
    ) {
        self.configuration = configuration
        self.logger = logger
        self.services = Services(
            database: database, catalogue: catalogue, bell: ReadyBell(database.configuration),
            waitingRoom: WaitingRoom(), cursors: SessionCursors(), loops: LoopBoard(), promotionAlarm: Alarm(),
            openAPI: OpenAPIDocument(Self.routes), leaseBytesMax: leaseBytesMax)
    }

    static let routes: [Route] =
        HealthRoutes.all + TokenRoutes.all + WorkflowRoutes.all + JobRoutes.all + DeadLetterRoutes.all
        + RobotRoutes.all + TenantRoutes.all + SessionRoutes.all + ReportRoutes.all + ChildRoutes.all

    /// The port that it listens on; waits until it does.
    ///
    /// - Throws: why it does not and will not.
    package var boundPort: Int {
        get async throws { try await self.port.value }
    }

    /// Serves until a graceful shutdown: then it accepts nothing more, ends long polls, finishes what is in flight and
    /// returns.
    ///
    /// - Throws: `OrchestratorError` when it cannot listen.
    package func run() async throws {
        do {
            // Stopped in reverse order: waiting ends first, then the server, then what it needs.
            let parts: [any Service] = [
                BellRinger(bell: self.services.bell),
                NotificationFanOut(
                    configuration: self.services.database.configuration, waitingRoom: self.services.waitingRoom),
                BackgroundLoop.partitions(self.services, logger: self.logger),
                BackgroundLoop.retention(
                    self.services, days: self.configuration.retentionDays, logger: self.logger),
                BackgroundLoop.settle(self.services, logger: self.logger),
                BackgroundLoop.queues(self.services, logger: self.logger),
                BackgroundLoop.promote(self.services, logger: self.logger),
                BackgroundLoop.expire(self.services, logger: self.logger),
                BackgroundLoop.sweep(self.services, logger: self.logger),
                self.server,
                WaitingRoomCloser(waitingRoom: self.services.waitingRoom),
            ]
            try await ServiceGroup(configuration: .init(services: parts, logger: self.logger)).run()
            self.port.resolve(.failure(CancellationError()))
        } catch {
            let error = self.listenError(error)
            self.port.resolve(.failure(error))
            throw error
        }
    }

    private var server: some Service {
        let connections = ClientConnections()
        let responder = APIResponder(
            table: RouteTable(Self.routes), services: self.services,
            authenticator: Authenticator(database: self.services.database), connections: connections,
            logger: self.logger)
        // What Hummingbird has to say at start is said below, in our words.
        var serverLogger = self.logger
        serverLogger.logLevel = max(self.logger.logLevel, .notice)
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [connections.watcher()], idleTimeout: Self.idleConnectionMax)),
            configuration: .init(
                address: .hostname(self.configuration.host, port: self.configuration.port),
                serverName: "casare/\(CasareVersion.current)"),
            onServerRunning: { [port, logger, configuration] channel in
                let number = channel.localAddress?.port ?? configuration.port
                logger.notice(
                    "Listening", metadata: ["address": .string(configuration.host), "port": "\(number)"])
                port.resolve(.success(number))
            }, logger: serverLogger)
    }

    private func listenError(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        switch error.errnoCode {
        case EADDRINUSE:
            return OrchestratorError.portTaken(host: self.configuration.host, port: self.configuration.port)
        case EACCES, EADDRNOTAVAIL:
            return OrchestratorError.cannotListen(
                host: self.configuration.host, port: self.configuration.port, reason: error.description)
        default:
            return error
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
