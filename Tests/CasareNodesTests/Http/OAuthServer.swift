import CasareDomain
import Crypto
import FoundationEssentials
import Synchronization

/// A little authorization server: one client, one person, codes that are good for one use.
final class OAuthServer: Sendable {
    static let client = "app&1"
    static let secret = "cl/ent s3cret"

    private struct State {
        /// Code challenges of the codes that were given.
        var challenges: [String: String] = [:]
        var refreshTokens: Set<String> = ["refresh-0"]
        /// What the next questions about the device code are answered with.
        var deviceAnswers: [String] = []
    }

    private let state = Mutex(State())

    /// What the browser of a person who agrees comes back with.
    func agree(to challenge: String) -> String {
        self.state.withLock { state in
            let code = "code-\(state.challenges.count)"
            state.challenges[code] = challenge
            return code
        }
    }

    func answerDeviceQuestions(with errors: [String]) { self.state.withLock { $0.deviceAnswers = errors } }

    func handle(_ request: WebServer.Request) -> WebServer.Reply {
        let form = Self.form(request.body)
        guard request.method == "POST", request.header("Content-Type") == "application/x-www-form-urlencoded" else {
            return .text("POST a form", status: 405)
        }
        switch request.uri {
        case "/token": return self.token(form)
        case "/introspect": return Self.introspect(form, request)
        case "/device":
            return form["client_id"] == Self.client
                ? Self.json([
                    "device_code": "device-s3cret", "user_code": "WDJB-MJHT", "verification_uri": "https://a.b/device",
                    "verification_uri_complete": "https://a.b/device?user_code=WDJB-MJHT", "expires_in": 900,
                    "interval": 7,
                ]) : Self.error("invalid_client")
        default: return .text("not here", status: 404)
        }
    }

    private func token(_ form: [String: String]) -> WebServer.Reply {
        switch form["grant_type"] {
        case "authorization_code":
            let challenge = self.state.withLock { $0.challenges.removeValue(forKey: form["code"] ?? "") }
            guard let challenge else {
                return Self.error("invalid_grant", "The code \(form["code"] ?? "") is not known")
            }
            guard Self.challenge(of: form["code_verifier"] ?? "") == challenge,
                form["redirect_uri"] == "http://localhost:8080/callback"
            else { return Self.error("invalid_grant", "The verifier does not fit") }
            return Self.json([
                "access_token": "access-1", "refresh_token": "refresh-1", "token_type": "bearer", "expires_in": "3600",
                "scope": "read", "id_token": "id-1", "extra": [1],
            ])
        case "client_credentials":
            guard form["client_id"] == Self.client, form["client_secret"] == Self.secret else {
                return Self.error("invalid_client", "No client with \(form["client_secret"] ?? "")", status: 401)
            }
            return Self.json(["access_token": .string("for \(form["scope"] ?? "nothing")")])
        case "refresh_token":
            let isGood = self.state.withLock { $0.refreshTokens.remove(form["refresh_token"] ?? "") != nil }
            return isGood ? Self.json(["access_token": "access-2", "expires_in": 60]) : Self.error("invalid_grant")
        case "password":
            return form["username"] == "al" && form["password"] == "pä ss"
                ? Self.json(["access_token": "access-3"]) : Self.error("invalid_grant")
        case "urn:ietf:params:oauth:grant-type:device_code":
            guard form["device_code"] == "device-s3cret", form["client_id"] == Self.client else {
                return Self.error("invalid_grant")
            }
            let error = self.state.withLock { $0.deviceAnswers.isEmpty ? nil : $0.deviceAnswers.removeFirst() }
            switch error {
            case nil: return Self.json(["access_token": "access-4", "refresh_token": "refresh-4"])
            case "hang up": return WebServer.Reply(behaviour: .hangsUp)
            case "unwell": return .text("", status: 500)
            // Some servers say so with status 200.
            case "authorization_pending"?: return Self.error("authorization_pending", status: 200)
            case let error?: return Self.error(error)
            }
        default:
            return Self.error("unsupported_grant_type")
        }
    }

    private static func introspect(_ form: [String: String], _ request: WebServer.Request) -> WebServer.Reply {
        // RFC 6749 §2.3.1: `app%261:cl%2Fent+s3cret`.
        let isClient = request.header("Authorization") == "Basic YXBwJTI2MTpjbCUyRmVudCtzM2NyZXQ="
        guard isClient || form["client_id"] == "public" else { return Self.error("invalid_client", status: 401) }
        return Self.json(
            form["token"] == "access-1"
                ? [
                    "active": true, "client_id": "app&1", "username": "al", "scope": "read", "exp": 1_900_000_000,
                    "token_type": "Bearer",
                ] : ["active": false])
    }

    // MARK: Parts

    static func challenge(of verifier: String) -> String {
        Data(SHA256.hash(data: Data(verifier.utf8))).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The members of a form or query, read independently of the code under test.
    static func form(_ text: some StringProtocol) -> [String: String] {
        let items = URLComponents(string: "?" + String(text).replacing("+", with: "%20"))?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    }

    private static func json(_ value: Value, status: Int = 200) -> WebServer.Reply {
        .text(value.jsonText(.compact), status: status, headers: [("Content-Type", "application/json")])
    }

    private static func error(_ code: String, _ description: String? = nil, status: Int = 400) -> WebServer.Reply {
        var members: Object = ["error": .string(code)]
        if let description { members["error_description"] = .string(description) }
        return Self.json(.object(members), status: status)
    }
}
