import CasareWire
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Tracing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Listens, and answers by a table of routes.
struct APIServer: Sendable {
    let host: String
    let port: Int
    let table: RouteTable
    /// `nil` where no database is.
    let services: Services?
    let authenticator: Authenticator
    let metrics: OrchestratorMetrics
    let tracer: any Tracer
    let logger: Logger
    /// `nil` where it speaks plain HTTP.
    let tls: ServerTLSContext?
    let boundPort = BoundPort()

    /// What answers say of the program.
    static let name = "casare/\(CasareVersion.current)"

    /// Requests that wait for nothing are over long before; it cuts connections on which nothing happens at all.
    private static let idleConnectionMax = TimeAmount.seconds(120)

    init(
        host: String, port: Int, table: RouteTable, services: Services?, authenticator: Authenticator,
        metrics: OrchestratorMetrics, tracer: any Tracer, logger: Logger, tls: ServerTLSContext? = nil
    ) {
        self.host = host
        self.port = port
        self.table = table
        self.services = services
        self.authenticator = authenticator
        self.metrics = metrics
        self.tracer = tracer
        self.logger = logger
        self.tls = tls
    }

    /// To be run once.
    var service: some Service {
        let connections = ClientConnections()
        let peers = PeerCertificates()
        let responder = APIResponder(
            table: self.table, services: self.services, authenticator: self.authenticator, connections: connections,
            peers: peers, metrics: self.metrics, tracer: self.tracer, logger: self.logger)
        let makeUpgrade: (@Sendable () -> StreamUpgrade)?
        if let services {
            makeUpgrade = { [isSecure = self.tls != nil] in
                StreamUpgrade(responder, services: services, isSecure: isSecure)
            }
        } else {
            makeUpgrade = nil
        }
        let messageBytesMax = (self.services?.events.limits ?? .standard).messageBytesMax
        // What Hummingbird has to say at start is said below, in our words.
        var serverLogger = self.logger
        serverLogger.logLevel = max(self.logger.logLevel, .notice)
        return Application(
            responder: responder,
            server: HTTPServerBuilder { [tls] handler in
                let connection = APIConnection(
                    responder: handler, makeUpgrade: makeUpgrade, connections: connections,
                    idleMax: Self.idleConnectionMax, messageBytesMax: messageBytesMax, isSecure: tls != nil)
                guard let tls else { return connection }
                return SecureConnection(base: connection, tls: tls, peers: peers)
            },
            configuration: .init(address: .hostname(self.host, port: self.port), serverName: Self.name),
            onServerRunning: { [boundPort, logger, host, port, tls] channel in
                let number = channel.localAddress?.port ?? port
                logger.notice(
                    "Listening",
                    metadata: ["address": .string(host), "port": "\(number)", "tls": "\(tls != nil)"])
                boundPort.resolve(.success(number))
            }, logger: serverLogger)
    }

    /// Whoever still waits for the port learns that there will be none.
    func stopped() { self.boundPort.resolve(.failure(CancellationError())) }

    /// - Returns: the error in the words of whoever chose host and port.
    func failed(_ error: any Error) -> any Error {
        let error = self.listenError(error)
        self.boundPort.resolve(.failure(error))
        return error
    }

    private func listenError(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        switch error.errnoCode {
        case EADDRINUSE:
            return OrchestratorError.portTaken(host: self.host, port: self.port)
        case EACCES, EADDRNOTAVAIL:
            return OrchestratorError.cannotListen(host: self.host, port: self.port, reason: error.description)
        default:
            return error
        }
    }
}
