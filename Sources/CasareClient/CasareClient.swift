public import CasareDomain
public import Tracing

/// The API's client. Close it with `shutdown()`, or use `withCasareClient`.
///
/// Every method throws `ClientError`; when the calling task is cancelled that is `.cancelled`. Requests that may be
/// repeated are, a few times, while the server is unavailable; see `Configuration.retriesMax`.
public struct CasareClient: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// `http://host:port` or `https://host`, with or without a path before `/api`.
        public var url: String
        /// Sent as a bearer token; never logged or shown.
        public var token: String?
        /// Begins the `User-Agent`, such as `casarectl`.
        public var program: String
        public var connectTimeout: Duration = .seconds(5)
        /// For one try of a request that does not wait for anything.
        public var requestTimeout: Duration = .seconds(30)
        /// Further tries of a request that may be repeated.
        public var retriesMax = 2
        /// Requests that are under way at once, each on a connection; more wait for those.
        public var connectionsMax = 8
        /// Sent with every request that has no span, so that what comes of it belongs to this trace; `nil`: nothing is
        /// said, and each request begins one of its own.
        public var trace: TraceCarrier?
        /// For `https://`; the standard trusts the authorities of the system and shows no certificate.
        public var tls = TLSSettings()

        public init(url: String, token: String?, program: String = "casare-client") {
            self.url = url
            self.token = token
            self.program = program
        }
    }

    /// The largest answer that is read: a job's document or variables, each as large as a request may be, its result,
    /// and room.
    public static let responseBytesMax = 64 * 1024 * 1024
    /// Added to the time that a long poll waits, for the way there and back.
    static let longPollMargin = Duration.seconds(15)

    let transport: Transport

    /// - Parameters:
    ///   - tracer: makes a span of every try of a request that is made within another span, and the server is told of
    ///     it. All others belong to `Configuration.trace`.
    ///   - onAttempt: told of every try when it has ended. It must not wait.
    /// - Throws: `ClientError.invalidURL`.
    public init(
        _ configuration: Configuration, tracer: any Tracer = NoOpTracer(),
        onAttempt: (@Sendable (RequestAttempt) -> Void)? = nil
    ) throws(ClientError) {
        self.transport = try Transport(configuration, RequestTelemetry(tracer: tracer, onAttempt: onAttempt))
    }

    /// Closes its connections. The client is of no use afterwards.
    public func shutdown() async {
        await self.transport.shutdown()
    }
}

/// Gives `body` a client and closes it afterwards, also when `body` throws.
@discardableResult
public func withCasareClient<R>(
    _ configuration: CasareClient.Configuration, tracer: any Tracer = NoOpTracer(),
    _ body: (CasareClient) async throws -> R
) async throws -> R {
    let client = try CasareClient(configuration, tracer: tracer)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}
