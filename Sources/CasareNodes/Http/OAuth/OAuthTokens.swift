import CasareDomain
import CasareEngine
import FoundationEssentials
import NIOHTTP1

/// Getting tokens and asking about them (RFC 6749, RFC 7662, RFC 8628).
struct OAuthTokens: Sendable {
    /// What a server that gives tokens may take for one answer.
    static let requestSeconds = 30.0
    static let deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code"

    let web: WebClient

    // MARK: Exchange

    func exchange(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let members = try Self.members(inputs)
        let secrets = members.filter { Self.secretNames.contains($0.name) }.map(\.value)
        var request = try HttpRequests.form(
            members, to: inputs.string("token_url"), parameter: "token_url", inputs, environment)
        request.options.timeout = .seconds(Self.requestSeconds)
        let isDevice = inputs.string("grant_type").hasSuffix("device_code")
        // Whoever polls goes on asking; the server gives a token once, however often it is asked.
        request.options.leavesDoubt =
            !isDevice
            && HttpRequests.leavesDoubt(HttpEffects.tokenExchange(["grant_type": inputs["grant_type"]]), environment)
        let reply =
            isDevice
            ? try await self.poll(request, inputs, secrets)
            : OAuthReply(try await self.web.answer(to: request), secrets: secrets)
        guard reply.status == 200, reply.error == nil else { throw reply.failure() }
        return NodeResult([
            "access_token": .string(reply.text("access_token") ?? ""),
            "refresh_token": .string(reply.text("refresh_token") ?? ""),
            "token_type": .string(reply.text("token_type") ?? "Bearer"),
            "expires_in": .int(Self.integer(reply.members["expires_in"])),
            "scope": .string(reply.text("scope") ?? ""), "id_token": .string(reply.text("id_token") ?? ""),
            "full_response": .object(reply.members),
        ])
    }

    private static let secretNames: Set<String> = [
        "client_secret", "code", "code_verifier", "refresh_token", "password", "device_code",
    ]

    /// The form of a grant: what it needs, and what else is given.
    private static func members(_ inputs: Inputs) throws(NodeFailure) -> [(name: String, value: String)] {
        let grant = inputs.firstText("grant_type") ?? "authorization_code"
        let needed: [String]
        let allowed: [String]
        switch grant {
        case "client_credentials": (needed, allowed) = (["client_id", "client_secret"], ["scope"])
        case "refresh_token": (needed, allowed) = (["refresh_token"], ["client_id", "client_secret", "scope"])
        case "password": (needed, allowed) = (["username", "password"], ["client_id", "client_secret", "scope"])
        case "device_code", Self.deviceCodeGrant:
            (needed, allowed) = (["client_id", "device_code"], ["client_secret"])
        default:
            (needed, allowed) = (["code"], ["redirect_uri", "code_verifier", "client_id", "client_secret"])
        }
        let missing = needed.filter { inputs.firstText($0) == nil }
        guard missing.isEmpty else {
            throw .value("Missing required parameter(s) of \(grant): \(missing.joined(separator: ", "))")
        }
        let given = (needed + allowed).compactMap { name in inputs.firstText(name).map { (name: name, value: $0) } }
        return [("grant_type", grant == "device_code" ? Self.deviceCodeGrant : grant)] + given
    }

    // MARK: Device code

    /// Asks until the person has decided.
    private func poll(_ request: WebRequest, _ inputs: Inputs, _ secrets: [String]) async throws -> OAuthReply {
        var polling = DeviceCodePolling(
            interval: inputs["interval"].double ?? Double(DeviceCodePolling.intervalDefault),
            expiresIn: inputs["device_expires_in"].double ?? 0, timeout: inputs["timeout"].double ?? 0,
            from: self.web.now())
        while true {
            guard let wait = polling.wait(at: self.web.now()) else { throw polling.expiry }
            try await self.web.sleep(for: wait)
            do {
                let reply = OAuthReply(try await self.web.answer(to: request), secrets: secrets)
                switch reply.error {
                case "authorization_pending": break
                case "slow_down": polling.mustSlowDown()
                default:
                    guard reply.status >= 500 else { return reply }
                    polling.gotNoAnswer()
                }
            } catch let failure as NodeFailure where ["NetworkError", "TimeoutError"].contains(failure.type) {
                polling.gotNoAnswer()
            }
        }
    }

    // MARK: Introspection

    func validate(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        guard let token = inputs.firstText("token") else { throw NodeFailure.value("token is required") }
        let (client, secret) = (inputs.firstText("client_id"), inputs.firstText("client_secret"))
        var members = [(name: "token", value: token)]
        if secret == nil, let client { members.append(("client_id", client)) }
        var request = try HttpRequests.form(
            members, to: inputs.string("introspection_url"), parameter: "introspection_url", inputs, environment)
        request.options.timeout = .seconds(Self.requestSeconds)
        if let client, let secret {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let pair = "\(PercentCoding.formEncoded(client)):\(PercentCoding.formEncoded(secret))"
            request.headers.add(name: "Authorization", value: "Basic \(Data(pair.utf8).base64EncodedString())")
        }
        let secrets = [token] + [secret].compactMap(\.self)
        let reply = OAuthReply(try await self.web.answer(to: request), secrets: secrets)
        guard reply.status == 200, !reply.members.isEmpty else { throw reply.failure() }
        return NodeResult([
            "active": .bool(reply.members["active"]?.bool ?? false),
            "client_id": .string(reply.text("client_id") ?? ""), "username": .string(reply.text("username") ?? ""),
            "scope": .string(reply.text("scope") ?? ""), "expires_at": .int(Self.integer(reply.members["exp"])),
            "token_type": .string(reply.text("token_type") ?? ""), "full_response": .object(reply.members),
        ])
    }

    /// Some servers write numbers as text.
    private static func integer(_ value: Value?) -> Int { value?.int ?? value?.string.flatMap { Int($0) } ?? 0 }
}
