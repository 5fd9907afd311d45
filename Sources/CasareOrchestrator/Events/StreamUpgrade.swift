import CasareDomain
import CasareStore
import CasareWire
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// Decides about one connection whether it becomes a stream of events: the first request on it asks for one, by the
/// rules of WebSockets, and whoever sends it may have it. What is refused goes on as a request like any other, and is
/// told why by its route.
final class StreamUpgrade: Sendable {
    private let responder: APIResponder
    private let services: Services
    private let isSecure: Bool
    /// Of the request that was let through.
    private let opened = Mutex<Opened?>(nil)

    private struct Opened {
        let session: StreamSession
        let handshake: Handshake
    }

    /// - Parameter isSecure: whether the connection is one over TLS.
    init(_ responder: APIResponder, services: Services, isSecure: Bool) {
        self.responder = responder
        self.services = services
        self.isSecure = isSecure
    }

    /// Whether who sent this handshake may have a stream.
    func mayUpgrade(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<Bool> {
        guard head.uri.hasPrefix("/ws/") else { return channel.eventLoop.makeSucceededFuture(false) }
        // A task without parent, because the pipeline asks for a future. The connection's own task waits for what it
        // comes to, and it ends when the database answers or does not in time.
        return channel.eventLoop.makeFutureWithTask { () async throws -> Bool in
            guard let opened = try await self.session(for: head, on: channel) else { return false }
            self.opened.withLock { $0 = opened }
            return true
        }.flatMapError { _ in
            // The route finds the reason again, and tells it.
            channel.eventLoop.makeSucceededFuture(false)
        }
    }

    /// Of the answer to a handshake that was let through; `nil`: none was.
    var headers: HTTPHeaders? {
        self.opened.withLock { $0 == nil ? nil : ["Server": APIServer.name] }
    }

    /// Takes the connection over, after the client was told.
    func upgrade(_ channel: any Channel) -> EventLoopFuture<APIConnection.Kind> {
        channel.eventLoop.makeCompletedFuture {
            guard let opened = self.opened.withLock({ $0 }) else {
                preconditionFailure("A connection was made a stream that nobody opened")
            }
            let session = opened.session
            defer { opened.handshake.upgraded(self.responder.metrics.http) }
            let hub = self.services.events
            let limits = hub.limits
            let pipeline = channel.pipeline.syncOperations
            try channel.syncOptions?.setOption(
                .writeBufferWaterMark,
                value: .init(low: limits.unsentBytesMax / 4, high: limits.unsentBytesMax))
            try pipeline.addHandler(
                StreamConnection(
                    after: session.opening.start, limits: limits, whenSlow: { hub.clientWasSlow() }))
            return .stream(try StreamSession.Connection(wrappingChannelSynchronously: channel), session)
        }
    }

    private func session(for head: HTTPRequestHead, on channel: any Channel) async throws -> Opened? {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (route, parameters) = try self.responder.table.route(for: .get, String(parts[0]))
        let id = RequestIdentity.of(head.headers.first(name: "X-Request-ID"))
        let handshake = Handshake(
            head, path: String(parts[0]), of: route, id: id, isSecure: self.isSecure, tracer: self.responder.tracer)
        let authenticator = self.responder.authenticator
        let authorization = head.headers.first(name: "Authorization")
        let source = ClientAddress.of(
            forwardedFor: head.headers["X-Forwarded-For"], peer: channel.remoteAddress?.ipAddress,
            trusting: self.services.authentication.trustedProxies)
        let certificate = self.responder.peers.certificate(of: channel)
        let caller = try await authenticator.caller(
            authorizedBy: authorization, from: source, certificate: certificate, for: route.access)
        handshake.span.isBy(caller, from: source?.description)
        let services = self.services
        try await services.tenantGate.check(caller, for: route.access, in: services.database)
        let query = try queryParameters(parts.count > 1 ? String(parts[1]) : nil)
        try route.check(query)
        let trace = handshake.span.trace
        let log = RequestLog(self.responder.logger, id: id, trace: trace.traceID)
        if let caller { log.isOf(tenant: await services.tenantNames.name(of: caller.tenant, in: services.database)) }
        let logger = log.logger
        let request = APIRequest(
            id: id, trace: trace, tracer: self.responder.tracer, parameters: parameters, query: query,
            idempotencyKey: nil,
            caller: caller,
            databaseServices: self.services, logger: logger, connection: ClientConnection(), certificate: certificate)
        guard let opening = try await EventRoutes.opening(request, of: route) else { return nil }
        func admitted(to access: Route.Access) -> @Sendable () async -> Bool {
            let admission = Admission(
                authenticator: authenticator, services: services, authorization: authorization, source: source,
                certificate: certificate, access: access)
            return {
                do throws(APIProblem) {
                    try await admission.check()
                    return true
                } catch {
                    return false
                }
            }
        }
        return Opened(
            session: StreamSession(
                opening: opening, services: services, isAllowed: admitted(to: route.access),
                seesSecrets: admitted(to: .needs(.credentialRead)), logger: logger),
            handshake: handshake)
    }
}
