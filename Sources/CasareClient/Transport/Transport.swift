import AsyncHTTPClient
import CasareDomain
import CasareWire
import NIOCore
import NIOHTTP1

/// One request, before it is sent.
struct Call: Sendable {
    enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE" }

    let method: Method
    /// Begins with a slash; its parts are percent-encoded.
    let path: String
    var query: [(name: String, value: String?)] = []
    var body: [UInt8]?
    /// Whether sending it twice does no harm.
    var mayRepeat: Bool
    /// By which the server knows the request again.
    var idempotencyKey: String?
    /// How long the server may wait before it answers.
    var waiting: Duration = .zero
    /// Whether values of secrets stand in it or in its answer. The buffers of its connection, on both sides, are given
    /// back with that, and would else keep them until something as long comes along.
    var holdsSecrets = false

    /// Statuses that are no errors, beside those of success: what comes with them is what was asked for.
    var answers: Set<Int> = []

    /// Calls are named in messages the way they stand in the documentation.
    var operation: String { "\(self.method.rawValue) \(self.path)" }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let body: [UInt8]
    let serverVersion: String?
    /// The header `Date`.
    var date: String?
    let requestID: String
    let retryAfterSeconds: Double?
}

/// Sends calls over HTTP, repeats those that may be, and turns every failure into a `ClientError`.
struct Transport: Sendable {
    private let http: HTTPClient
    let base: String
    /// The parts of `base`; `nil` where those cannot be told.
    let address: ServerAddress?
    /// Begins the URLs that the HTTP client is given: `base`, with the name that TLS is to verify.
    private let callBase: String
    let configuration: CasareClient.Configuration
    let tls: ClientTLS
    let telemetry: RequestTelemetry

    init(_ configuration: CasareClient.Configuration, _ telemetry: RequestTelemetry) throws(ClientError) {
        guard let base = Self.base(configuration.url) else { throw .invalidURL(configuration.url) }
        let address = ServerAddress(base)
        self.base = base
        self.address = address
        self.configuration = configuration
        self.tls = ClientTLS(configuration.tls)
        self.telemetry = telemetry
        var http = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(configuration.connectTimeout)))
        // Otherwise a refused connection is tried again until the time to connect is up.
        http.connectionPool.retryConnectionEstablishment = false
        http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connectionsMax
        if let name = configuration.tls.serverName, let address, address.isEncrypted {
            // It asks for the name and goes to the address. `Host` is set below.
            http.dnsOverride = [name: address.host]
            self.callBase = "https://\(name):\(address.port)\(address.prefix)"
        } else {
            self.callBase = base
        }
        self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: http)
    }

    func shutdown() async {
        // It fails only when it was shut down before.
        try? await self.http.shutdown()
    }

    /// The URL without slashes at its end; `nil` when it is none that can be called.
    private static func base(_ url: String) -> String? {
        guard url.hasPrefix("http://") || url.hasPrefix("https://"),
            // A password has no place in a URL, nor has a query; control characters and such have none in a host.
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != 0x23 && $0 != 0x40 }),
            let authority = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first,
            Self.isHostAndPort(authority)
        else { return nil }
        var base = url
        while base.hasSuffix("/") {
            base.removeLast()
        }
        return base
    }

    private static func isHostAndPort(_ text: Substring) -> Bool {
        // The colons of an IPv6 address are within its brackets.
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else { return !text.isEmpty }
        let port = text[text.index(after: colon)...]
        return colon > text.startIndex && port.allSatisfy { $0.isNumber } && UInt16(port).map { $0 > 0 } == true
    }

    // MARK: Sending

    /// - Returns: an answer with a status of success.
    func send(_ call: Call) async throws(ClientError) -> Answer {
        var tries = 0
        while true {
            let problem: ClientError
            do throws(ClientError) {
                return try self.checked(try await self.once(call, resends: tries), of: call)
            } catch {
                problem = error
            }
            guard call.mayRepeat, tries < self.configuration.retriesMax, let delay = Self.delay(after: problem, tries)
            else { throw problem }
            tries += 1
            do {
                try await Task.sleep(for: delay)
            } catch {
                throw .cancelled
            }
        }
    }

    /// How long to wait before the next try; `nil` when another try is of no use.
    private static func delay(after problem: ClientError, _ tries: Int) -> Duration? {
        let usual = Duration.milliseconds(200 << (2 * tries))
        switch problem {
        case .unreachable:
            return usual
        // What the database took too long for would keep it as long again.
        case .api(let problem) where problem.status == 503 && problem.code != .databaseTimeout:
            return problem.retryAfterSeconds.map { .seconds(min($0, Self.retryAfterSecondsMax)) } ?? usual
        case .api, .tlsFailed, .timedOut, .versionSkew, .notCasare, .responseTooLarge, .invalidURL, .invalidTLS,
            .invalidRequest, .cancelled:
            return nil
        }
    }

    /// A server that asks for more patience than this gets an error to report instead.
    private static let retryAfterSecondsMax = 5.0

    private func once(_ call: Call, resends: Int) async throws(ClientError) -> Answer {
        // The parts of a URL that can be called can be told, but for one of a kind that nobody has seen.
        guard let address else { return try await self.answer(to: call, self.standingHeaders) }
        let span = self.span(of: call, to: address, resends: resends)
        do throws(ClientError) {
            let answer = try await self.answer(to: call, span.headers)
            span.answered(answer.status)
            return answer
        } catch {
            span.failed(error)
            throw error
        }
    }

    /// - Parameter trace: Headers by which the server learns of the trace.
    private func answer(to call: Call, _ trace: HTTPHeaders) async throws(ClientError) -> Answer {
        var request = HTTPClientRequest(url: self.callBase + call.path + Self.text(of: call.query))
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        if let address, address.isEncrypted {
            // Asked for each request: connections of another configuration are not used for it.
            request.tlsConfiguration = try self.tls.configuration()
            request.headers.add(name: "Host", value: address.authority)
        }
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(
            name: "User-Agent", value: "\(self.configuration.program)/\(CasareVersion.current)")
        if let token = self.configuration.token {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        request.headers.add(contentsOf: trace)
        if let key = call.idempotencyKey {
            request.headers.add(name: "Idempotency-Key", value: key)
        }
        if call.holdsSecrets { request.headers.add(name: "Connection", value: "close") }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        let limit =
            call.waiting > .zero
            ? call.waiting + CasareClient.longPollMargin : self.configuration.requestTimeout
        do {
            let response = try await self.http.execute(request, timeout: TimeAmount(limit))
            let body = try await response.body.collect(upTo: CasareClient.responseBytesMax)
            return Answer(
                status: Int(response.status.code), body: Array(body.readableBytesView),
                serverVersion: Self.serverVersion(response.headers), date: response.headers.first(name: "Date"),
                requestID: response.headers.first(name: "X-Request-ID") ?? "",
                retryAfterSeconds: response.headers.first(name: "Retry-After").flatMap(Double.init))
        } catch {
            throw await self.problem(error, of: call, limit: limit)
        }
    }

    /// A try that begins.
    func span(of call: Call, to address: ServerAddress, resends: Int) -> AttemptSpan {
        AttemptSpan(call, to: address, resends: resends, self.telemetry, standing: self.standingHeaders)
    }

    /// `traceparent`, `tracestate` and `baggage` of the configuration, as far as there is something to say.
    private var standingHeaders: HTTPHeaders {
        guard let trace = self.configuration.trace else { return [:] }
        var headers: HTTPHeaders = ["traceparent": trace.context.traceparent]
        if let state = trace.context.state { headers.add(name: "tracestate", value: state.description) }
        if let baggage = trace.baggage { headers.add(name: "baggage", value: baggage.description) }
        return headers
    }

    private static func serverVersion(_ headers: HTTPHeaders) -> String? {
        guard let server = headers.first(name: "Server"), server.hasPrefix("casare/") else { return nil }
        return String(server.dropFirst("casare/".count))
    }

    static func text(of query: [(name: String, value: String?)]) -> String {
        let parts = query.compactMap { item in item.value.map { "\(item.name)=\(percentEncoded($0))" } }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }

    // MARK: Reading

    private func checked(_ answer: Answer, of call: Call) throws(ClientError) -> Answer {
        if (200..<300).contains(answer.status) { return answer }
        // A proxy before the server may have the same statuses, for another reason.
        if call.answers.contains(answer.status), answer.serverVersion != nil { return answer }
        let envelope: ErrorEnvelope
        do throws(WireJSON.Failure) {
            envelope = try WireJSON.decode(from: answer.body)
        } catch {
            guard answer.serverVersion == nil else {
                throw .versionSkew(
                    operation: call.operation, serverVersion: answer.serverVersion,
                    reason: "the answer, of status \(answer.status), cannot be read: \(error)")
            }
            // A proxy answers in its own words while the server behind it is away.
            if [502, 503, 504].contains(answer.status) {
                throw .unreachable(url: self.base, reason: "the gateway before it answered \(answer.status)")
            }
            throw .notCasare(url: self.base, reason: "\(call.operation) was answered with status \(answer.status)")
        }
        let isUnknownRoute = envelope.error.details?["unknown_route"]?.bool == true
        if isUnknownRoute || envelope.error.code == ErrorCode.methodNotAllowed.rawValue {
            throw .versionSkew(
                operation: call.operation, serverVersion: answer.serverVersion, reason: "the server has no such route")
        }
        throw .api(
            ClientError.Problem(
                status: answer.status, codeText: envelope.error.code, message: envelope.error.message,
                field: envelope.error.field, details: envelope.error.details, requestID: envelope.meta.requestID,
                retryAfterSeconds: answer.retryAfterSeconds))
    }

    /// Reads the body of an answer.
    func decode<T: Decodable>(_ answer: Answer, of call: Call) throws(ClientError) -> T {
        do throws(WireJSON.Failure) {
            return try WireJSON.decode(T.self, from: answer.body)
        } catch {
            guard answer.serverVersion != nil else {
                throw .notCasare(url: self.base, reason: "the answer to \(call.operation) cannot be read: \(error)")
            }
            throw .versionSkew(
                operation: call.operation, serverVersion: answer.serverVersion,
                reason: "the answer cannot be read: \(error)")
        }
    }
}

/// The text with everything encoded that has a meaning in paths and queries.
func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        default:
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
