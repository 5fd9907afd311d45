import AsyncHTTPClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1

/// Finds out whether a token of the provider counts, with keys that it fetches from there.
actor OpenIDVerifier {
    /// Answers with the JSON that stands at a URL.
    typealias Fetch = @Sendable (_ url: String) async throws -> Value

    private let settings: OpenIDSettings
    private let fetch: Fetch
    private let clock: @Sendable () -> KeyRefresh.Instant
    private let logger: Logger
    private var keys: OpenIDKeys?
    private var refresh = KeyRefresh()
    /// The fetch that is under way: everybody who needs keys waits for it.
    private var fetching: Task<OpenIDKeys, any Error>?

    init(
        _ settings: OpenIDSettings, logger: Logger, clock: @escaping @Sendable () -> KeyRefresh.Instant = { .now },
        fetch: @escaping Fetch = OpenIDVerifier.get
    ) {
        self.settings = settings
        self.logger = logger
        self.clock = clock
        self.fetch = fetch
    }

    /// What a token says of its bearer; `nil` where it does not count.
    ///
    /// - Throws: 503 where the keys have never been there, or not for long, and cannot be had.
    func claims(of text: String, now: Date = Date()) async throws(APIProblem) -> OpenIDClaims? {
        let token: SignedToken
        let claims: OpenIDClaims
        // What the claims say is looked at first, although nobody vouches for it yet: tokens of other issuers must not
        // bring about requests to this one.
        do throws(SignedToken.Fault) {
            token = try SignedToken(text)
        } catch {
            return self.refused(error)
        }
        do throws(OpenIDClaims.Fault) {
            claims = try OpenIDClaims(token.claims, self.settings, now: now)
        } catch {
            return self.refused(error)
        }
        guard let keys = try await self.keys(for: token) else { return self.refused("its key is not known") }
        guard await keys.verify(token) else { return self.refused("its signature is not of the provider's key") }
        return claims
    }

    /// - Returns: `nil` where none of them fits.
    private func keys(for token: SignedToken) async throws(APIProblem) -> OpenIDKeys? {
        let isKnown = self.keys?.has(keyOf: token) ?? false
        switch self.refresh.action(isKnown: isKnown, at: self.clock()) {
        case .use:
            return self.keys
        case .refuse:
            guard self.keys != nil else { throw self.unavailable }
            return nil
        case .fetch:
            do {
                let keys = try await self.fetched()
                return keys.has(keyOf: token) ? keys : nil
            } catch {
                // Known keys count on, for as long as they may.
                guard isKnown, self.refresh.action(isKnown: true, at: self.clock()) == .use else {
                    throw self.unavailable
                }
                return self.keys
            }
        }
    }

    private func fetched() async throws -> OpenIDKeys {
        if let fetching { return try await fetching.value }
        // Not the caller's own task, which may be cancelled while others wait. It is awaited at once.
        let task = Task { try await self.fetchKeys() }
        self.fetching = task
        let result = await task.result
        self.fetching = nil
        switch result {
        case .success(let keys):
            self.keys = keys
            self.refresh.fetched(at: self.clock())
        case .failure(let error):
            self.refresh.failed(at: self.clock())
            self.logger.warning(
                "The keys of the identity provider cannot be had",
                metadata: ["oidc.issuer": .string(self.settings.issuer), "error": "\(error)"])
        }
        return try result.get()
    }

    private func fetchKeys() async throws -> OpenIDKeys {
        let url = if let url = self.settings.keysURL { url } else { try await self.discoveredKeysURL() }
        let keys = await OpenIDKeys(try await self.fetch(url))
        guard !keys.isEmpty else { throw FetchFailure(url: url, reason: "there is no key that can be used") }
        return keys
    }

    private func discoveredKeysURL() async throws -> String {
        let url = OpenIDProviderMetadata.url(of: self.settings.issuer)
        let provider: OpenIDProviderMetadata = try ValueDecoder.decode(from: try await self.fetch(url))
        // Discovery 1.0 §4.3: another one must not speak for it.
        guard provider.issuer == self.settings.issuer else {
            throw FetchFailure(url: url, reason: "it is the description of \(provider.issuer.prefix(200))")
        }
        guard let keysURL = provider.jwksUri, OpenIDProviderMetadata.isTrustworthy(keysURL) else {
            throw FetchFailure(url: url, reason: "it names no jwks_uri with https")
        }
        return keysURL
    }

    private func refused(_ why: some CustomStringConvertible) -> OpenIDClaims? {
        self.logger.debug("Refused a token of the identity provider", metadata: ["reason": "\(why)"])
        return nil
    }

    private var unavailable: APIProblem {
        .unavailable(
            "the keys of the identity provider cannot be had, so its tokens cannot be checked; try again",
            retryAfterSeconds: Int(KeyRefresh.pause.components.seconds))
    }
}

/// Why a provider did not tell what it should.
struct FetchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let url: String
    let reason: String

    var description: String { "\(self.url): \(self.reason)" }
}

extension OpenIDVerifier {
    private static let answerBytesMax = 1024 * 1024
    private static let answerTimeMax = TimeAmount.seconds(10)

    /// Over HTTP, by the client that the process shares.
    @Sendable static func get(_ url: String) async throws -> Value {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: APIServer.name)
        let response = try await HTTPClient.shared.execute(request, timeout: Self.answerTimeMax)
        let body = try await response.body.collect(upTo: Self.answerBytesMax)
        guard response.status.code == 200 else {
            throw FetchFailure(url: url, reason: "was answered with status \(response.status.code)")
        }
        return try Value(parsingJSON: Array(body.readableBytesView))
    }
}
