import AsyncHTTPClient
import CasareDomain
public import CasareWire
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Signs a person in at an identity provider, without a browser of its own: the device flow (RFC 8628), and refresh
/// tokens (RFC 6749 §6). The provider is asked over TLS, or on this machine.
public struct OpenIDSignIn: Sendable {
    /// What a person is told.
    public struct Code: Hashable, Sendable {
        /// To be entered at the URL.
        public let text: String
        public let url: String
        /// With the code in it; `nil` where the provider gives none.
        public let completeURL: String?
        let deviceCode: String
        let expiresIn: Duration
        let interval: Duration?
    }

    private static let answerBytesMax = 1024 * 1024
    private static let answerTimeMax = TimeAmount.seconds(30)
    private static let deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
    private static let expiresInStandard = 600.0

    private let method: OpenIDMethod
    private let program: String
    private let provider: OpenIDProviderMetadata

    /// Reads the provider's description.
    ///
    /// - Parameters:
    ///   - method: as the server names it.
    ///   - program: begins the `User-Agent`.
    public init(_ method: OpenIDMethod, program: String) async throws(SignInError) {
        let url = OpenIDProviderMetadata.url(of: method.issuer)
        guard OpenIDProviderMetadata.isTrustworthy(url) else {
            throw .unexpected(url: url, reason: "it is not asked without TLS")
        }
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/json")
        let (status, answer) = try await Self.send(request, program)
        guard status == 200 else { throw .unexpected(url: url, reason: "status \(status)") }
        let provider: OpenIDProviderMetadata
        do throws(WireDecodingError) {
            provider = try ValueDecoder.decode(from: answer)
        } catch {
            throw .unexpected(url: url, reason: "\(error)")
        }
        // Discovery 1.0 §4.3.
        guard provider.issuer == method.issuer else {
            throw .unexpected(url: url, reason: "it is the description of \(provider.issuer.prefix(200))")
        }
        self.provider = provider
        self.method = method
        self.program = program
    }

    /// Asks for a code that a person confirms in a browser, on any device.
    public func begin() async throws(SignInError) -> Code {
        guard let endpoint = self.provider.deviceAuthorizationEndpoint else {
            throw .noDeviceFlow(issuer: self.method.issuer)
        }
        let (status, answer) = try await self.post(
            endpoint,
            [
                ("client_id", self.method.clientID), ("scope", self.method.scopes),
                // Not of the standard; some providers give tokens for nobody without it, the others pass it over.
                ("audience", self.method.audience),
            ])
        guard status == 200 else { throw Self.refusal(answer, status, endpoint) }
        guard let deviceCode = answer["device_code"]?.string, let text = answer["user_code"]?.string,
            let url = answer["verification_uri"]?.string ?? answer["verification_url"]?.string
        else { throw .unexpected(url: endpoint, reason: "the answer has no code") }
        return Code(
            text: text, url: url, completeURL: answer["verification_uri_complete"]?.string, deviceCode: deviceCode,
            expiresIn: .seconds(answer["expires_in"]?.double ?? Self.expiresInStandard),
            interval: answer["interval"]?.double.map { .seconds($0) })
    }

    /// Waits until the person has confirmed the code.
    ///
    /// - Parameter pause: waits between two questions; throws when it is cancelled.
    /// - Throws: `.cancelled` when the calling task is.
    public func tokens(
        for code: Code, pause: (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) async throws(SignInError) -> OpenIDTokens {
        var polling = DevicePolling(interval: code.interval, expiresIn: code.expiresIn, startedAt: .now)
        var action = polling.began()
        var tokens: OpenIDTokens?
        while true {
            switch action {
            case .ask(let delay):
                do {
                    try await pause(delay)
                } catch {
                    throw .cancelled
                }
                let polled = try await self.poll(code)
                tokens = polled.tokens
                action = polling.answered(polled.reply, at: .now)
            case .giveUp(let error):
                throw error
            case .finish:
                guard let tokens else { preconditionFailure("A sign-in ended well without tokens") }
                return tokens
            }
        }
    }

    private func poll(_ code: Code) async throws(SignInError) -> (reply: DevicePolling.Reply, tokens: OpenIDTokens?) {
        let endpoint = try self.tokenEndpoint
        let response: (status: Int, answer: Value)
        do throws(SignInError) {
            response = try await self.post(
                endpoint,
                [
                    ("grant_type", Self.deviceGrant), ("device_code", code.deviceCode),
                    ("client_id", self.method.clientID),
                ])
        } catch {
            guard case .unreachable = error else { throw error }
            return (.unreachable, nil)
        }
        let (status, answer) = response
        if status == 200 {
            guard let tokens = OpenIDTokens(answer, now: Date()) else {
                return (.refused(.unexpected(url: endpoint, reason: "the answer has no token")), nil)
            }
            return (.tokens, tokens)
        }
        switch answer["error"]?.string {
        case "authorization_pending": return (.pending, nil)
        case "slow_down": return (.slowDown, nil)
        case "access_denied": return (.refused(.denied), nil)
        case "expired_token": return (.refused(.expired), nil)
        // Its server is unwell, or one on the way.
        case nil where status >= 500: return (.unreachable, nil)
        default: return (.refused(Self.refusal(answer, status, endpoint)), nil)
        }
    }

    /// Others in the place of those that have expired.
    ///
    /// - Throws: `.signedOut` where the provider takes the refresh token no more.
    public func refreshed(with refreshToken: String) async throws(SignInError) -> OpenIDTokens {
        let endpoint = try self.tokenEndpoint
        let (status, answer) = try await self.post(
            endpoint,
            [
                ("grant_type", "refresh_token"), ("refresh_token", refreshToken),
                ("client_id", self.method.clientID),
            ])
        guard status == 200 else {
            throw answer["error"]?.string == "invalid_grant" ? .signedOut : Self.refusal(answer, status, endpoint)
        }
        guard let tokens = OpenIDTokens(answer, now: Date()) else {
            throw .unexpected(url: endpoint, reason: "the answer has no token")
        }
        return tokens
    }

    private var tokenEndpoint: String {
        get throws(SignInError) {
            guard let endpoint = self.provider.tokenEndpoint else {
                throw .unexpected(url: self.method.issuer, reason: "its description names no token_endpoint")
            }
            return endpoint
        }
    }

    // MARK: Requests

    private func post(
        _ url: String, _ form: [(name: String, value: String)]
    ) async throws(SignInError) -> (status: Int, answer: Value) {
        guard OpenIDProviderMetadata.isTrustworthy(url) else {
            throw .unexpected(url: url, reason: "it is not asked without TLS")
        }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let text = form.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        request.body = .bytes(ByteBuffer(string: text))
        return try await Self.send(request, self.program)
    }

    /// - Returns: `null` as the answer where that is no JSON.
    private static func send(
        _ request: HTTPClientRequest, _ program: String
    ) async throws(SignInError) -> (status: Int, answer: Value) {
        var request = request
        request.headers.add(name: "User-Agent", value: "\(program)/\(CasareVersion.current)")
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: Self.answerTimeMax)
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            let answer = (try? Value(parsingJSON: Array(body.readableBytesView))) ?? .null
            return (Int(response.status.code), answer)
        } catch {
            let call = Call(method: .get, path: "", mayRepeat: false)
            let limit = Duration.nanoseconds(Self.answerTimeMax.nanoseconds)
            switch ClientError(error, call: call, url: request.url, limit: limit) {
            case .cancelled: throw .cancelled
            case .unreachable(_, let reason), .tlsFailed(_, let reason):
                throw .unreachable(url: request.url, reason: reason)
            case .timedOut: throw .unreachable(url: request.url, reason: "no answer in time")
            case .responseTooLarge: throw .unexpected(url: request.url, reason: "the answer is too large")
            case .api, .versionSkew, .notCasare, .invalidURL, .invalidTLS, .invalidRequest:
                throw .unexpected(url: request.url, reason: "it does not speak HTTP as it should")
            }
        }
    }

    private static func refusal(_ answer: Value, _ status: Int, _ url: String) -> SignInError {
        guard let code = answer["error"]?.string else { return .unexpected(url: url, reason: "status \(status)") }
        return .refused(
            code: String(code.prefix(100)),
            description: answer["error_description"]?.string.map { String($0.prefix(300)) })
    }
}
