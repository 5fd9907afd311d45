import AsyncHTTPClient
import CasareDomain
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One request to a Vault, without the token.
struct VaultCall: Sendable {
    enum Method: String, Sendable { case get = "GET", post = "POST", list = "LIST" }

    let method: Method
    /// Below `/v1/`, its parts as they are: they are percent-encoded on the way.
    let path: String
    var query: [(name: String, value: String)] = []
    var body: Object?
    /// Whether values stand in it or in its answer: the buffers of its connection are given back with that.
    var holdsSecrets = false
}

/// What a Vault answered, whatever it was.
struct VaultReply: Sendable {
    let status: Int
    let body: Object

    var data: Object? { self.body["data"]?.object }
    var auth: Object? { self.body["auth"]?.object }

    /// What it says is wrong, in its words; they name paths at most.
    var problem: String {
        let errors =
            (self.body["errors"]?.list ?? []).compactMap(\.string)
            + (self.body["warnings"]?.list ?? [])
            .compactMap(\.string)
        let text = errors.joined(separator: "; ").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.isEmpty ? "it answers with status \(self.status)" : String(text.prefix(Self.problemCharactersMax))
    }

    private static let problemCharactersMax = 300
}

/// HTTP to one Vault: an address, a namespace, certificates. Nothing is tried again here.
struct VaultTransport: Sendable {
    /// Of the provider, for messages.
    let provider: String
    let address: String
    let namespace: String?
    private let client: Client

    /// - Parameters:
    ///   - address: `https://host:8200`, without a path.
    ///   - authorities: a file of certificates to trust; `nil`: the system's.
    init(provider: String, address: String, namespace: String?, authorities: String?) {
        self.provider = provider
        self.address = address
        self.namespace = namespace
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authorities { tls.trustRoots = .file(authorities) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(ProviderLimits.connectMax)))
        // Otherwise a refused connection is tried again until the time to connect is up.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = ProviderLimits.connectionsMax
        configuration.httpVersion = .http1Only
        // Its spans carry whole URLs, and paths of secrets are nobody's business.
        configuration.tracing.tracer = nil
        self.client = Client(HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration))
    }

    func shutdown() async {
        // It fails only when it was shut down before.
        try? await self.client.http.shutdown()
    }

    /// - Returns: the answer, also one with a status of failure.
    /// - Throws: `.unavailable` when there is none, or none of a Vault.
    func send(_ call: VaultCall, token: String?) async throws(ProviderError) -> VaultReply {
        var request = HTTPClientRequest(
            url: "\(self.address)/v1/\(Self.encoded(call.path))\(Self.text(of: call.query))")
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        // Without it agents and proxies of Vault refuse to help.
        request.headers.add(name: "X-Vault-Request", value: "true")
        if let namespace = self.namespace { request.headers.add(name: "X-Vault-Namespace", value: namespace) }
        if let token { request.headers.add(name: "X-Vault-Token", value: token) }
        if call.holdsSecrets { request.headers.add(name: "Connection", value: "close") }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(Array(Value.object(body).jsonText(.compact).utf8))
        }
        let status: Int
        var content: ByteBuffer
        do {
            let response = try await self.client.http.execute(request, timeout: TimeAmount(ProviderLimits.callMax))
            status = Int(response.status.code)
            content = try await response.body.collect(upTo: ProviderLimits.bytesMax)
        } catch {
            throw .unavailable(provider: self.provider, why: self.reason(error))
        }
        let bytes = content.readBytes(length: content.readableBytes) ?? []
        if bytes.isEmpty { return VaultReply(status: status, body: [:]) }
        guard let body = (try? Value(parsingJSON: bytes))?.object else {  // Which error it is helps nobody here.
            throw .unavailable(
                provider: self.provider, why: "\(self.address) answers with status \(status), and not as a Vault does")
        }
        return VaultReply(status: status, body: body)
    }

    /// In a few words for people, without the names of the library's parts.
    private func reason(_ error: any Error) -> String {
        switch error {
        case is CancellationError: return "the request was cancelled"
        case is NIOTooManyBytesError: return "it answers with more than \(ProviderLimits.bytesMax) bytes"
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
                return "\(self.address) did not answer within \(ProviderLimits.callMax.components.seconds) s"
            case .connectTimeout: return "\(self.address) cannot be reached in time"
            case .cancelled: return "the request was cancelled"
            default: return "\(self.address) cannot be asked: \(error.shortDescription)"
            }
        case is NIOConnectionError, is IOError: return "\(self.address) cannot be reached"
        default:
            return self.address.hasPrefix("https:")
                ? "\(self.address) cannot be asked: TLS could not be set up, or its certificate is not trusted"
                : "\(self.address) cannot be asked: the connection failed"
        }
    }

    /// The path's parts percent-encoded; slashes stay.
    static func encoded(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { Self.encodedPart($0) }.joined(separator: "/")
    }

    private static func text(of query: [(name: String, value: String)]) -> String {
        query.isEmpty ? "" : "?" + query.map { "\($0.name)=\(Self.encodedPart($0.value))" }.joined(separator: "&")
    }

    /// RFC 3986 §2.3: what need not be encoded.
    private static func encodedPart(_ text: some StringProtocol) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~".utf8.contains(byte)
            if isPlain {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}

/// Shuts a client down that nobody has any more: the library wants that, and whoever reads settings and then finds
/// another one wrong has nobody to do it.
private final class Client: Sendable {
    let http: HTTPClient

    init(_ http: HTTPClient) { self.http = http }

    deinit {
        // Nobody is left to wait for it. It fails when it was shut down before, as it should have been.
        Task { [http] in try? await http.shutdown() }
    }
}
