import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Instrumentation
import Logging
import NIOCore
import Tracing

/// Answers every request: finds the route, checks who asks, reads the body, and turns whatever happens into one answer.
struct APIResponder: HTTPResponder {
    let table: RouteTable
    /// `nil` where no database is.
    let services: Services?
    let authenticator: Authenticator
    let connections: ClientConnections
    let peers: PeerCertificates
    let metrics: OrchestratorMetrics
    let tracer: any Tracer
    let logger: Logger

    func respond(to request: Request, context: ChannelContext) async throws -> Response {
        let began = ContinuousClock.now
        let id = RequestIdentity.of(request)
        let found = Result { () throws(APIProblem) in try self.table.route(for: request.method, request.uri.path) }
        let span = RequestSpan(
            request.head, path: request.uri.path, try? found.get().route,
            given: RequestTrace.given(in: request.headers, to: self.tracer), id: id, tracer: self.tracer)
        let log = RequestLog(self.logger, id: id, trace: span.trace.traceID)
        self.metrics.http.began(request.method, isSecure: request.head.scheme == "https")
        var response = await ServiceContext.withValue(span.context) {
            do {
                return Self.response(
                    try await self.reply(to: request, found, context: context, id: id, span: span, log: log))
            } catch {
                return Self.response(to: error, id: id, logger: log.logger)
            }
        }
        response.headers[.requestID] = id
        let status = response.status.code
        span.end(status: status)
        // In its trace, to which the number leads.
        ServiceContext.withValue(span.context) {
            self.metrics.http.answered(
                request.method, (try? found.get())?.route.path, isSecure: request.head.scheme == "https",
                status: status, after: .now - began)
        }
        log.logger.debug(
            "Answered a request",
            metadata: [
                "http.method": .string(request.method.rawValue), "http.path": .string(request.uri.path),
                "http.status": "\(status)", "duration": "\(ContinuousClock.now - began)",
            ])
        return response
    }

    private func reply(
        to request: Request, _ found: Result<(route: Route, parameters: [String: String]), APIProblem>,
        context: ChannelContext, id: String, span: RequestSpan, log: RequestLog
    ) async throws -> Reply {
        let (route, parameters) = try found.get()
        let source = ClientAddress.of(
            request, peer: context.channel.remoteAddress?.ipAddress,
            trusting: self.services?.authentication.trustedProxies ?? [])
        let audit = RequestAudit(
            of: route, parameters, source: source?.description, requestID: id,
            traceID: span.trace.traceID)
        do {
            let reply = try await self.reply(
                to: request, by: route, parameters, from: source, audit: audit, context: context, id: id, span: span,
                log: log)
            try await audit.succeeded(self.services)
            return reply
        } catch {
            if route.access != .everyone { self.metrics.auth.refused(APIProblem(error).code) }
            await audit.failed(error, self.services, logger: log.logger)
            throw error
        }
    }

    private func reply(
        to request: Request, by route: Route, _ parameters: [String: String], from source: NetworkAddress?,
        audit: RequestAudit,
        context: ChannelContext, id: String, span: RequestSpan, log: RequestLog
    ) async throws -> Reply {
        let certificate = self.peers.certificate(of: context.channel)
        let caller = try await self.authenticator.caller(
            of: request, from: source, certificate: certificate, for: route.access, recognised: audit.isBy,
            failed: self.metrics.auth.failed)
        span.isBy(caller, from: source?.description)
        if let caller { log.isOf(tenant: await self.tenantName(of: caller)) }
        if let services = self.services {
            try await services.tenantGate.check(caller, for: route.access, in: services.database)
        }
        let query = try queryParameters(request.uri.query)
        if let reason = query["reason"], !reason.isEmpty { audit.note(reason: reason) }
        if !route.isRaw { try route.check(query) }
        let body = route.bodyType == nil ? [] : try await BodyReader.read(request)
        let apiRequest = APIRequest(
            id: id, trace: span.trace, tracer: self.tracer, parameters: parameters, query: query,
            idempotencyKey: request.headers[.idempotencyKey], caller: caller, databaseServices: self.services,
            logger: log.logger,
            connection: self.connections.connection(of: context.channel) ?? ClientConnection(),
            certificate: certificate,
            raw: route.isRaw ? RawRequest(request, source: source?.description) : nil,
            ifMatch: request.headers[.ifMatch], accept: request.headers[.accept], audit: audit,
            admission: Admission(
                authenticator: self.authenticator, services: self.services,
                authorization: request.headers[.authorization], source: source, certificate: certificate,
                access: route.access))
        // What changes something is brought to its end: whoever sent it cannot tell how far it had got.
        guard route.method == .get else { return try await route.respond(apiRequest, body) }
        return try await apiRequest.connection.whileOpen { try await route.respond(apiRequest, body) }
    }

    private func tenantName(of caller: Principal) async -> String? {
        // Where no database is, there is one tenant.
        guard let services = self.services else { return Tenant.defaultName }
        return await services.tenantNames.name(of: caller.tenant, in: services.database)
    }

    private static func response(_ reply: Reply) -> Response {
        Response(
            status: HTTPResponse.Status(code: reply.status),
            headers: [.contentType: reply.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    private static func response(to error: any Error, id: String, logger: Logger) -> Response {
        let problem = APIProblem(error)
        if problem.isOurs {
            logger.error("A request failed", metadata: ["error": "\(error)"])
        } else if problem.code == .invalidInput, error is PostgresError {
            logger.warning(
                "The database refused a value that the checks had let through", metadata: ["error": "\(error)"])
        } else if problem.code == .databaseTimeout {
            logger.warning("The database took too long for a request", metadata: ["error": "\(error)"])
        } else if problem.code == .serviceUnavailable {
            logger.debug("A request could not be served", metadata: ["error": "\(error)"])
        }
        let envelope = ErrorEnvelope(
            error: ErrorEnvelope.Problem(
                code: problem.code.rawValue, message: problem.message, field: problem.field, details: problem.details),
            meta: ErrorEnvelope.Meta(requestID: id, timestamp: Date()))
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        if let allow = problem.allow { headers[.allow] = allow }
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.code.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        // The envelope holds nothing that cannot be encoded.
        let body = (try? WireJSON.encode(envelope)) ?? []
        return Response(
            status: HTTPResponse.Status(code: problem.code.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension HTTPField.Name {
    // The names are valid.
    static let requestID = HTTPField.Name("X-Request-ID")!
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

/// The name under which a request is found in logs: the client's own, or a new one.
enum RequestIdentity {
    private static let charactersMax = 128

    static func of(_ request: Request) -> String { self.of(request.headers[.requestID]) }

    /// - Parameter given: what the client calls it.
    static func of(_ given: String?) -> String {
        if let given, (1...Self.charactersMax).contains(given.utf8.count),
            given.utf8.allSatisfy(Self.isAllowed)
        {
            return given
        }
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return "req_" + String(repeating: "0", count: 16 - random.count) + random
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}

/// What a request comes with beside itself: the channel that it came on.
struct ChannelContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
    }
}
