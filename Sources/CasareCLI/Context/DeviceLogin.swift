import CasareClient
import CasareWire

/// Signs a person in at the identity provider that a server names.
struct DeviceLogin: Sendable {
    private let server: ServerURL
    private let tls: TLSSettings

    init(_ server: ServerURL, _ tls: TLSSettings) {
        self.server = server
        self.tls = tls
    }

    /// - Returns: the token for the server, and how to get another one.
    /// - Throws: `CommandFailure`, and what the server says.
    func run() async throws -> (token: String, signIn: StoredSignIn?) {
        let methods = try await LoginCommand.withClient(of: self.server, token: nil, self.tls) {
            try await $0.signInMethods()
        }
        guard let method = methods.oidc else {
            throw CommandFailure(
                .failure, "\(self.server) takes no tokens of an identity provider; log in with a token instead")
        }
        let tokens: OpenIDTokens
        do throws(SignInError) {
            let provider = try await OpenIDSignIn(method, program: "casarectl")
            let code = try await provider.begin()
            Self.show(code)
            tokens = try await provider.tokens(for: code)
        } catch {
            throw Self.failure(error)
        }
        guard let token = tokens.token(of: method.token) else {
            throw CommandFailure(
                .failure,
                "the identity provider gave no \(method.token.rawValue), which the server wants to be shown; its "
                    + "CASARE_OIDC_SCOPES must ask for one (openid)")
        }
        return (token, StoredSignIn(tokens, of: method))
    }

    private static func show(_ code: OpenIDSignIn.Code) {
        StandardStreams.report(
            "open \(TerminalText.line(code.url)) in a browser and enter the code \(TerminalText.line(code.text))")
        if let url = code.completeURL {
            StandardStreams.report("or open \(TerminalText.line(url)), where the code is entered already")
        }
    }

    private static func failure(_ error: SignInError) -> CommandFailure {
        switch error {
        case .denied, .expired, .signedOut: CommandFailure(.notSignedIn, "\(error)")
        case .unreachable: CommandFailure(.unavailable, "\(error)")
        case .cancelled: CommandFailure(.interrupted, "interrupted")
        case .unexpected, .noDeviceFlow, .refused: CommandFailure(.failure, "\(error)")
        }
    }
}
