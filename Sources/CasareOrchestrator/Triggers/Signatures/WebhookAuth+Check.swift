import CasareDomain
import FoundationEssentials

extension WebhookAuth {
    /// Whether a request is from whom it should be.
    ///
    /// - Parameter secrets: those that count; none for a hook without authentication.
    /// - Throws: why it is not.
    func check(_ message: HookMessage, secrets: [[UInt8]], now: Date) throws(SignatureFault) -> HookProof {
        guard let header = self.secretHeader else { return HookProof() }
        switch self.kind {
        case .none: return HookProof()
        case .apiKey, .bearer:
            return try SharedSecret.check(
                message, header: header, isBearer: self.kind == .bearer, secrets: secrets)
        case .hmacSHA256, .hmacSHA512:
            return try HMACSignature.check(
                message, self, header: header, isLong: self.kind == .hmacSHA512, secrets: secrets, now: now)
        case .github: return try GitHubSignature.check(message, secrets: secrets)
        case .stripe:
            return try StripeSignature.check(
                message, tolerance: self.toleranceSeconds, secrets: secrets, now: now)
        case .standard:
            return try StandardSignature.check(
                message, tolerance: self.toleranceSeconds, secrets: secrets, now: now)
        }
    }

    /// The header by which its sender knows deliveries, where there is one.
    var ownDeliveryHeader: String? {
        switch self.kind {
        case .github: GitHubSignature.deliveryHeader
        case .standard: StandardSignature.deliveryHeader
        case .none, .apiKey, .bearer, .hmacSHA256, .hmacSHA512, .stripe: nil
        }
    }

    /// How long the mark of a request is remembered, in seconds: longer than its signature counts. A time that is signed
    /// may be as far in the future as in the past.
    var markSeconds: Double { 2 * self.toleranceSeconds + Self.clockSeconds }

    /// The orchestrator's clock decides whether a signature counts, and the database's how long its mark is remembered;
    /// and a request may have waited in between.
    private static let clockSeconds = 60.0

    /// A secret for this kind, of 32 random bytes.
    func randomSecret() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let base64 = Data(bytes).base64EncodedString()
        switch self.kind {
        case .standard: return StandardSignature.secretPrefix + base64
        case .none, .apiKey, .bearer, .hmacSHA256, .hmacSHA512, .github, .stripe:
            return base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
    }
}
