import CasareDomain
import CasareEngine
import Crypto
import FoundationEssentials

/// The first step of a sign-in by a person (RFC 6749 §4.1, RFC 7636, RFC 8628).
struct OAuthAuthorize: Sendable {
    let web: WebClient

    func perform(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        guard let client = inputs.firstText("client_id") else { throw NodeFailure.value("client_id is required") }
        guard let address = inputs.firstText("auth_url") else { throw NodeFailure.value("auth_url is required") }
        if inputs.string("response_type") == "device_code" {
            return try await self.deviceCode(client, address, inputs, environment)
        }
        return try Self.address(client, address, inputs)
    }

    /// Where to send the person's browser.
    private static func address(_ client: String, _ address: String, _ inputs: Inputs) throws(NodeFailure) -> NodeResult
    {
        let type = inputs.firstText("response_type") ?? "code"
        let state = inputs.firstText("state") ?? self.randomText(bytes: 32)
        var members: Object = ["response_type": .string(type), "client_id": .string(client)]
        for name in ["redirect_uri", "scope"] {
            if let text = inputs.firstText(name) { members[name] = .string(text) }
        }
        members["state"] = .string(state)
        var verifier = ""
        var challenge = ""
        if type == "code", inputs["pkce_enabled"].bool ?? true {
            verifier = self.randomText(bytes: 72)  // 96 characters, of the 43 to 128 that RFC 7636 §4.1 allows.
            challenge = self.challenge(of: verifier)
            members["code_challenge"] = .string(challenge)
            members["code_challenge_method"] = "S256"
        }
        members = members.merging(inputs["extra_params"].object ?? [:])
        let url = try WebURL(address).adding(PercentCoding.form(members))
        return NodeResult([
            "auth_url": .string(url.text), "state": members["state"] ?? .string(state),
            "code_verifier": .string(verifier), "code_challenge": .string(challenge),
        ])
    }

    /// Asks for a code that a person types in elsewhere.
    private func deviceCode(
        _ client: String, _ address: String, _ inputs: Inputs, _ environment: NodeEnvironment
    ) async throws -> NodeResult {
        var members = [(name: "client_id", value: client)]
        if let scope = inputs.firstText("scope") { members.append(("scope", scope)) }
        for (name, value) in inputs["extra_params"].object ?? [:] { members.append((name, value.displayText)) }
        let request = try HttpRequests.form(members, to: address, parameter: "auth_url", inputs, environment)
        let answer = try await self.web.answer(to: request)
        let reply = OAuthReply(answer, secrets: [])
        guard answer.status == 200, reply.error == nil else { throw reply.failure() }
        let page = reply.text("verification_uri") ?? reply.text("verification_url") ?? ""
        return NodeResult([
            "auth_url": .string(reply.text("verification_uri_complete") ?? page), "state": "", "code_verifier": "",
            "code_challenge": "", "device_code": .string(reply.text("device_code") ?? ""),
            "user_code": .string(reply.text("user_code") ?? ""), "verification_uri": .string(page),
            "interval": .int(reply.members["interval"]?.int ?? DeviceCodePolling.intervalDefault),
            "expires_in": .int(reply.members["expires_in"]?.int ?? 0),
        ])
    }

    static func challenge(of verifier: String) -> String {
        self.base64URL(Data(SHA256.hash(data: Data(verifier.utf8))))
    }

    private static func randomText(bytes count: Int) -> String {
        // The system's generator, which is fit for secrets.
        self.base64URL(Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }))
    }

    private static func base64URL(_ data: Data) -> String {
        String(
            data.base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
