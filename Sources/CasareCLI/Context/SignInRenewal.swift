import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Glibc

/// Gets a new token for a context whose token has expired.
///
/// Refresh tokens of many providers work once. So one casarectl at a time renews, and the others take what it got.
struct SignInRenewal: Sendable {
    private let file: ContextFile

    /// Longer than a provider takes to answer.
    private static let lockWaitMax = Duration.seconds(60)
    private static let lockPause = Duration.milliseconds(50)

    init(_ file: ContextFile) { self.file = file }

    /// - Throws: `.notSignedIn` where only a person can help; `.unavailable` while the provider cannot be asked.
    func token(of name: String) async throws -> String {
        let lock = try await self.lock()
        defer { close(lock) }
        var contexts = try self.file.load()
        guard let context = contexts[name], let signIn = context.signIn else {
            throw CommandFailure(.notSignedIn, "context \(name) was logged out meanwhile; run casarectl login")
        }
        // Somebody else may have renewed it while this one waited.
        guard signIn.isStale(at: Date()) else { return context.token }
        let advice = "run casarectl login --oidc --url \(context.url) --name \(name)"
        guard let refreshToken = signIn.refreshToken else {
            throw CommandFailure(.notSignedIn, "the sign-in of context \(name) has expired; \(advice)")
        }
        let tokens: OpenIDTokens
        do throws(SignInError) {
            tokens = try await OpenIDSignIn(signIn.method, program: "casarectl").refreshed(with: refreshToken)
        } catch {
            throw Self.failure(error, name, advice)
        }
        guard let token = tokens.token(of: signIn.method.token) else {
            throw CommandFailure(
                .notSignedIn, "the identity provider gave no new \(signIn.method.token.rawValue); \(advice)")
        }
        var renewed = ServerContext(
            name: name, url: context.url, token: token, isProduction: context.isProduction)
        renewed.signIn = StoredSignIn(tokens, of: signIn.method, former: refreshToken)
        renewed.tls = context.tls
        contexts.store(renewed)
        try self.file.save(contexts)
        return token
    }

    private static func failure(_ error: SignInError, _ name: String, _ advice: String) -> CommandFailure {
        switch error {
        case .signedOut, .denied, .expired:
            CommandFailure(.notSignedIn, "the sign-in of context \(name) is over; \(advice)")
        case .unreachable: CommandFailure(.unavailable, "\(error)")
        case .cancelled: CommandFailure(.interrupted, "interrupted")
        case .unexpected, .noDeviceFlow, .refused: CommandFailure(.failure, "\(error)")
        }
    }

    /// - Returns: A descriptor that holds the lock until it is closed, also by the end of the process (flock(2)).
    private func lock() async throws -> Int32 {
        let path = self.file.path + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failure, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        let giveUpAt = ContinuousClock.now + Self.lockWaitMax
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, .now < giveUpAt else {
                close(descriptor)
                throw CommandFailure(
                    .unavailable, "another casarectl has been renewing a sign-in for a long time; try again")
            }
            do {
                try await Task.sleep(for: Self.lockPause)
            } catch {
                close(descriptor)
                throw CommandFailure(.interrupted, "interrupted")
            }
        }
        return descriptor
    }
}

extension Server {
    /// The token to show, renewed where it has expired; `nil`: there is none.
    func freshToken(_ environment: Environment = .process) async throws -> String? {
        guard let contextName, let signIn, signIn.isStale(at: Date()) else { return self.token }
        return try await SignInRenewal(ContextFile(in: environment)).token(of: contextName)
    }
}
