public import CasareWire

/// New values for secrets, which wait until somebody has brought them to where they are used.
extension CasareClient {
    /// It is not sent again when its answer is lost: that would make another version.
    ///
    /// - Parameter name: or ID.
    public func rotateSecret(
        _ name: String, _ request: RotateSecretRequest
    ) async throws(ClientError) -> SecretRotationInfo {
        try await self.post("\(Self.apiPath)/secrets/\(percentEncoded(name))/rotate", request, holdsSecrets: true)
    }

    /// Says how the hook ended. To promote twice is to promote once.
    public func endRotation(
        of name: String, _ request: EndRotationRequest
    ) async throws(ClientError) -> SecretRotationInfo {
        try await self.post(
            "\(Self.apiPath)/secrets/\(percentEncoded(name))/rotate/end", request,
            mayRepeat: request.outcome == .promote)
    }
}
