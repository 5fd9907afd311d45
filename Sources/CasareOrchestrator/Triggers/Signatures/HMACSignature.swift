import CasareDomain
import FoundationEssentials

/// A header holds the HMAC of the body, in hex or base64, perhaps behind `sha256=` or `sha512=`. With a header for the
/// time the HMAC is of `seconds.body`.
enum HMACSignature {
    static func check(
        _ message: HookMessage, _ auth: WebhookAuth, header: String, isLong: Bool, secrets: [[UInt8]], now: Date
    ) throws(SignatureFault) -> HookProof {
        guard let value = message.headers[header] else { throw .missing }
        guard let sent = self.code(value, isLong: isLong) else { throw .malformed }
        var content = message.body
        if let timestampHeader = auth.timestampHeader {
            guard let text = message.headers[timestampHeader] else { throw .missing }
            let time = try SigningTime(text)
            try time.check(at: now, tolerance: auth.toleranceSeconds)
            content = Array("\(time.text).".utf8) + message.body
        }
        for secret in secrets {
            let code =
                isLong
                ? MessageCode.sha512(of: content, key: secret) : MessageCode.sha256(of: content, key: secret)
            if MessageCode.areEqual(sent, code) { return HookProof(mark: MessageCode.hexText(code)) }
        }
        throw .wrong
    }

    private static func code(_ value: String, isLong: Bool) -> [UInt8]? {
        let bytesCount = isLong ? 64 : 32
        var text = Substring(value.filter { !$0.isWhitespace })
        let prefix = isLong ? "sha512=" : "sha256="
        if text.lowercased().hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        if text.utf8.count == 2 * bytesCount, let bytes = MessageCode.hex(text) { return bytes }
        guard let bytes = MessageCode.base64(text), bytes.count == bytesCount else { return nil }
        return bytes
    }
}
