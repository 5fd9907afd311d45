import CasareDomain
import CasareEngine

/// Takes what a browser brings back from a sign-in.
enum OAuthCallback {
    static func receive(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let port = inputs.int("port")
        let given = inputs.firstText("path") ?? "/callback"
        let path = given.hasPrefix("/") ? given : "/" + given
        let seconds = inputs.int("timeout")
        let received = try await WebClient.within(.seconds(seconds)) {
            try await CallbackServer.parameters(port: port, path: path)
        }
        guard let received else {
            throw NodeFailure(
                "TimeoutError", "Nobody came to http://\(CallbackServer.host):\(port)\(path) within \(seconds) s")
        }
        return try self.result(received, expectedState: inputs.firstText("expected_state"))
    }

    private static func result(
        _ received: [String: String], expectedState: String?
    ) throws(NodeFailure) -> NodeResult {
        var outputs: Object = [:]
        for name in ["code", "state", "access_token", "error", "error_description"] {
            outputs[name] = .string(received[name] ?? "")
        }
        if let error = received["error"] {
            throw NodeFailure(
                "HttpError", OAuthReply.message(error, received["error_description"]), outputs: outputs)
        }
        if let expectedState, received["state"] != expectedState {
            let message = "The state that came back is not the expected one: the answer belongs to another sign-in"
            // What came belongs to somebody else: none of it is handed on.
            throw NodeFailure("SecurityError", message, outputs: ["error": "state_mismatch"])
        }
        return NodeResult(outputs)
    }
}
