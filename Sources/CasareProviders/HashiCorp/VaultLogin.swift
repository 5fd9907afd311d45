import CasareDomain

/// How a process gets a token of a Vault.
package enum VaultLogin: Sendable {
    /// It is given one. The source is read again when the token is not accepted any more: an agent may have put another
    /// one there.
    case token(CredentialSource)
    /// It signs in with AppRole.
    case appRole(mount: String, role: CredentialSource, secret: CredentialSource?)

    func token(
        through transport: VaultTransport, environment: ProcessEnvironment, now: ContinuousClock.Instant
    ) async throws(ProviderError) -> VaultToken {
        switch self {
        case .token(let source):
            let text = try source.text(for: transport.provider, environment)
            let reply = try await transport.send(VaultCall(method: .get, path: "auth/token/lookup-self"), token: text)
            guard reply.status == 200, let data = reply.data else {
                throw Self.refusal(reply, transport, "does not accept the token of \(source.description)")
            }
            let seconds = data["ttl"]?.int ?? 0
            return VaultToken(
                text: text, accessor: nil, begunAt: now, life: seconds > 0 ? .seconds(seconds) : nil,
                isRenewable: data["renewable"]?.bool ?? false)
        case .appRole(let mount, let role, let secret):
            var body: Object = ["role_id": .string(try role.text(for: transport.provider, environment))]
            if let secret {
                body["secret_id"] = .string(try secret.text(for: transport.provider, environment))
            }
            let reply = try await transport.send(
                VaultCall(method: .post, path: "auth/\(mount)/login", body: body), token: nil)
            guard reply.status == 200, let token = Self.token(of: reply, now: now) else {
                throw Self.refusal(
                    reply, transport, "does not accept the role of \(role.description) at auth/\(mount)")
            }
            return token
        }
    }

    /// - Returns: `nil` where the answer has none.
    static func token(of reply: VaultReply, now: ContinuousClock.Instant) -> VaultToken? {
        guard let auth = reply.auth, let text = auth["client_token"]?.string, !text.isEmpty else { return nil }
        let seconds = auth["lease_duration"]?.int ?? 0
        return VaultToken(
            text: text, accessor: auth["accessor"]?.string, begunAt: now, life: seconds > 0 ? .seconds(seconds) : nil,
            isRenewable: auth["renewable"]?.bool ?? false)
    }

    private static func refusal(_ reply: VaultReply, _ transport: VaultTransport, _ what: String) -> ProviderError {
        // Every other status says that it cannot tell now.
        guard [400, 401, 403, 404].contains(reply.status) else {
            return .unavailable(provider: transport.provider, why: reply.problem)
        }
        return .denied(provider: transport.provider, path: "its sign-in", why: "it \(what): \(reply.problem)")
    }
}
