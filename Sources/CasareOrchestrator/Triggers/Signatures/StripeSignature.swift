import FoundationEssentials

/// `Stripe-Signature: t=…,v1=…`, the HMAC of `t.body` in hex (https://docs.stripe.com/webhooks#verify-manually).
/// There may be several v1 while Stripe's secret is rotated; other schemes do not count.
enum StripeSignature {
    /// Of one header: more are not looked at.
    private static let signaturesMax = 10

    static func check(
        _ message: HookMessage, tolerance: Double, secrets: [[UInt8]], now: Date
    ) throws(SignatureFault) -> HookProof {
        guard let value = message.headers["stripe-signature"] else { throw .missing }
        var timeText: Substring?
        var sent: [[UInt8]] = []
        for part in value.split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { throw .malformed }
            switch halves[0].filter({ !$0.isWhitespace }) {
            case "t": timeText = halves[1]
            case "v1": if let code = MessageCode.hex(halves[1]), sent.count < Self.signaturesMax { sent.append(code) }
            default: break
            }
        }
        guard let timeText, !sent.isEmpty else { throw .malformed }
        let time = try SigningTime(timeText)
        let content = Array("\(time.text).".utf8) + message.body
        for secret in secrets {
            let code = MessageCode.sha256(of: content, key: secret)
            for other in sent where MessageCode.areEqual(other, code) {
                // A time that nobody has signed says nothing.
                try time.check(at: now, tolerance: tolerance)
                return HookProof(mark: MessageCode.hexText(code))
            }
        }
        throw .wrong
    }
}
