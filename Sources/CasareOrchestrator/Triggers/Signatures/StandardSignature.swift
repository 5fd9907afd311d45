import FoundationEssentials

/// Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, symmetric signatures):
/// `webhook-signature` lists `v1,` and the HMAC of `id.timestamp.body` in base64, with spaces between.
enum StandardSignature {
    static let deliveryHeader = "webhook-id"
    static let secretPrefix = "whsec_"
    /// Of one header: more are not looked at.
    private static let signaturesMax = 10

    static func check(
        _ message: HookMessage, tolerance: Double, secrets: [[UInt8]], now: Date
    ) throws(SignatureFault) -> HookProof {
        guard let id = message.headers[Self.deliveryHeader], let timeText = message.headers["webhook-timestamp"],
            let value = message.headers["webhook-signature"]
        else { throw .missing }
        let time = try SigningTime(timeText)
        let sent = value.split(separator: " ").prefix(Self.signaturesMax).filter { $0.hasPrefix("v1,") }
            .compactMap { MessageCode.base64($0.dropFirst("v1,".count)) }
        // A full stop in the ID would let a recorded request be cut elsewhere: a time that stands in its body would count
        // as the one that was signed. The specification warns of it.
        guard !id.isEmpty, !id.contains("."), !sent.isEmpty else { throw .malformed }
        let content = Array("\(id).\(time.text).".utf8) + message.body
        for secret in secrets {
            guard let key = Self.key(of: secret) else { continue }
            let code = MessageCode.sha256(of: content, key: key)
            for other in sent where MessageCode.areEqual(other, code) {
                // A time that nobody has signed says nothing.
                try time.check(at: now, tolerance: tolerance)
                return HookProof(mark: MessageCode.hexText(code), deliveryID: id)
            }
        }
        throw .wrong
    }

    /// The bytes that a secret stands for: base64, with or without `whsec_` before it. `nil` for anything else.
    static func key(of secret: [UInt8]) -> [UInt8]? {
        let text = String(decoding: secret, as: UTF8.self)
        let base64 = text.hasPrefix(Self.secretPrefix) ? text.dropFirst(Self.secretPrefix.count) : text[...]
        guard let key = MessageCode.base64(base64), !key.isEmpty else { return nil }
        return key
    }
}
