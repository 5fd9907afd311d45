import CasareDomain
import CasareEngine

extension HttpNodes {
    private static let redirectURI = NodeType.Parameter(
        "redirect_uri", .string, default: "http://localhost:8080/callback", "Where the browser is sent back to.")
    private static let clientID = NodeType.Parameter(
        "client_id", .string, default: "", "Who asks, as the server knows it.")
    private static let clientSecret = NodeType.Parameter("client_secret", .string, default: "", "Its secret.")
    private static let scope = NodeType.Parameter("scope", .string, default: "", "What the token is to be good for.")

    static func oauthTypes(_ web: WebClient) -> [NodeType] {
        [Self.authorize(web), Self.callback, Self.exchange(web), Self.validate(web)]
    }

    /// Its state and verifier must be durable before a person acts on them: a replay that drew new ones would not fit
    /// the answer that the browser brings.
    private static func authorize(_ web: WebClient) -> NodeType {
        NodeType(
            "OAuth2AuthorizeNode", family: Self.family, "Begins a sign-in: gives the address to open in a browser.",
            parameters: [
                .credential, Self.clientID,
                .init(
                    "auth_url", .string, default: "", "The server's authorization (or device authorization) address."),
                Self.scope, Self.redirectURI,
                .init("state", .string, default: "", "Comes back with the answer; empty: a random one."),
                .init(
                    "response_type", .string, default: "code", choices: ["code", "token", "device_code"],
                    "What is to come back: a code, a token, or, asked for at once, a code to be typed in elsewhere."),
                .init("pkce_enabled", .boolean, default: true, "Tie the code to this sign-in (PKCE, S256)."),
                .init("extra_params", .json, "More parameters; they win over the others."), .verifySSL,
                .allowInternalURLs,
            ],
            outputs: [
                .init("auth_url", .string), .init("state", .string), .init("code_verifier", .string),
                .init("code_challenge", .string), .init("device_code", .string), .init("user_code", .string),
                .init("verification_uri", .string), .init("interval", .integer), .init("expires_in", .integer),
            ],
            effect: .idempotent, .perform(OAuthAuthorize(web: web).perform)
        ).taking([Credentials.client[0], CredentialField("scope", from: ["scope"])])
    }

    private static let callback = NodeType(
        "OAuth2CallbackServerNode", family: Self.family,
        "Waits for the browser to come back from a sign-in, on this machine only.",
        parameters: [
            .init("port", .integer, default: 8080, range: 1024...65_535, "The port on 127.0.0.1."),
            .init("timeout", .integer, default: 120, range: 10...600, "Seconds to wait."),
            .init("path", .string, default: "/callback", "The path of the redirect address."),
            .init("expected_state", .string, default: "", "The state that must come back; empty: any."),
        ],
        outputs: [
            .init("code", .string), .init("state", .string), .init("access_token", .string), .init("error", .string),
            .init("error_description", .string),
        ],
        effect: .idempotent,
        .perform { inputs, environment in
            do {
                return try await OAuthCallback.receive(inputs, environment)
            } catch var failure as NodeFailure {
                if failure.outputs["error"] == nil { failure.outputs["error"] = .string(failure.message) }
                throw failure
            }
        })

    private static func exchange(_ web: WebClient) -> NodeType {
        NodeType(
            "OAuth2TokenExchangeNode", family: Self.family, "Gets a token from an authorization server.",
            parameters: [
                .credential, Self.clientID, Self.clientSecret,
                .init("token_url", .string, default: "", "The server's token address."),
                Self.redirectURI,
                .init(
                    "grant_type", .string, default: "authorization_code",
                    choices: [
                        "authorization_code", "client_credentials", "refresh_token", "password", "device_code",
                        OAuthTokens.deviceCodeGrant,
                    ],
                    "What the token is given for."),
                .init("code", .string, default: "", "The code that the browser brought back."),
                .init("code_verifier", .string, default: "", "What the sign-in gave with its address (PKCE)."),
                .init("refresh_token", .string, default: "", "For refresh_token."),
                .init("username", .string, default: "", "For password."),
                .init("password", .string, default: "", "For password."), Self.scope,
                .init("device_code", .string, default: "", "For device_code: what the sign-in gave."),
                .init(
                    "interval", .number, default: .int(DeviceCodePolling.intervalDefault), range: 0...300,
                    "For device_code: seconds between two questions."),
                .init(
                    "device_expires_in", .number, default: 0, range: 0...86_400,
                    "For device_code: seconds that it is good for; 0: not known."),
                .init(
                    "timeout", .number, default: 600, range: 1...86_400,
                    "For device_code: seconds to wait for the person. Every request may take 30."),
                .verifySSL, .allowInternalURLs,
            ],
            outputs: [
                .init("access_token", .string), .init("refresh_token", .string), .init("token_type", .string),
                .init("expires_in", .integer), .init("scope", .string), .init("id_token", .string),
                .init("full_response", .object),
            ],
            effect: .effect, effectFor: HttpEffects.tokenExchange, .perform(OAuthTokens(web: web).exchange)
        ).taking(Credentials.tokens)
    }

    private static func validate(_ web: WebClient) -> NodeType {
        NodeType(
            "OAuth2TokenValidateNode", family: Self.family,
            "Asks an authorization server about a token (RFC 7662); one that is not active is no failure.",
            parameters: [
                .credential, .init("introspection_url", .string, default: "", "The server's introspection address."),
                Self.clientID, Self.clientSecret, .init("token", .string, required: true, "The token."), .verifySSL,
                .allowInternalURLs,
            ],
            outputs: [
                .init("active", .boolean), .init("client_id", .string), .init("username", .string),
                .init("scope", .string), .init("expires_at", .integer), .init("token_type", .string),
                .init("full_response", .object),
            ],
            effect: .captured, .perform(OAuthTokens(web: web).validate)
        ).taking(Credentials.client + [CredentialField("token", from: ["access_token", "token"])])
    }
}
