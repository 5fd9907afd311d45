/// `X-Hub-Signature-256: sha256=…`, the HMAC of the body in hex
/// (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries). The delivery's ID is not signed.
enum GitHubSignature {
    static let deliveryHeader = "x-github-delivery"

    static func check(_ message: HookMessage, secrets: [[UInt8]]) throws(SignatureFault) -> HookProof {
        guard let value = message.headers["x-hub-signature-256"] else { throw .missing }
        guard value.hasPrefix("sha256="), let sent = MessageCode.hex(value.dropFirst("sha256=".count)) else {
            throw .malformed
        }
        for secret in secrets {
            let code = MessageCode.sha256(of: message.body, key: secret)
            if MessageCode.areEqual(sent, code) { return HookProof(mark: MessageCode.hexText(code)) }
        }
        throw .wrong
    }
}
