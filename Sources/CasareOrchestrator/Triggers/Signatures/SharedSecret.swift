import Crypto

/// The secret itself stands in a header: as it is, or behind `Bearer`.
enum SharedSecret {
    static func check(
        _ message: HookMessage, header: String, isBearer: Bool, secrets: [[UInt8]]
    ) throws(SignatureFault) -> HookProof {
        guard let value = message.headers[header] else { throw .missing }
        var shown = value[...]
        if isBearer {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .malformed }
            shown = parts[1]
        }
        // Digests are of one length, whatever was shown; those of all secrets are compared.
        let digest = Array(SHA256.hash(data: Array(shown.utf8)))
        var isKnown = false
        for secret in secrets where MessageCode.areEqual(digest, Array(SHA256.hash(data: secret))) { isKnown = true }
        guard isKnown else { throw .wrong }
        return HookProof()
    }
}
