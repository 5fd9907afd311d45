import CasareDomain

/// Credentials that a Vault makes, such as users of a database, and ends.
extension HashiCorpVault {
    package func make(at path: String) async throws(ProviderError) -> MadeCredentials {
        let (reply, token) = try await self.session.send(
            VaultCall(method: .get, path: path, holdsSecrets: true))
        // An unknown role is a bad request to it.
        if reply.status == 400 { throw .notFound(provider: self.name, path: path, why: reply.problem) }
        try self.check(reply, path, version: nil)
        guard let members = reply.data, let lease = reply.body["lease_id"]?.string, !lease.isEmpty,
            let seconds = reply.body["lease_duration"]?.int, seconds > 0
        else {
            throw .unreadable(
                provider: self.name, path: path,
                why: "it makes no credentials there that end; take the engine out of `dynamic` in the file of providers"
            )
        }
        let life = RenewedLife(credentials: .seconds(seconds), token: await self.session.lifeLeft(of: token))
        return MadeCredentials(
            fields: Self.fields(of: members), lease: ProviderLease(id: lease, accessor: token.accessor), life: life,
            isRenewable: reply.body["renewable"]?.bool ?? false)
    }

    package func renew(
        _ credentials: ProviderLease, madeAt path: String
    ) async throws(ProviderError) -> RenewedLife {
        var tokenLife: Duration?
        var problem: String?
        if let accessor = credentials.accessor {
            // The process that made them may be gone, and nobody else renews its token then.
            let (reply, _) = try await self.session.send(
                VaultCall(method: .post, path: "auth/token/renew-accessor", body: ["accessor": .string(accessor)]))
            switch (reply.status, reply.auth?["lease_duration"]?.int) {
            case (200, let seconds?): tokenLife = seconds > 0 ? .seconds(seconds) : nil
            default:
                problem = "the token that made them is not renewed, and they end with it: \(reply.problem)"
            }
        } else {
            let token = try await self.session.token()
            tokenLife = await self.session.lifeLeft(of: token)
        }
        let (reply, _) = try await self.session.send(
            VaultCall(method: .post, path: "sys/leases/renew", body: ["lease_id": .string(credentials.id)]))
        // Of the reasons for a bad request two are left for an ID that it gave out: it has ended, or may not be
        // renewed.
        if reply.status == 400 || reply.status == 404 { throw .credentialsGone(provider: self.name) }
        try self.check(reply, path, version: nil)
        guard let seconds = reply.body["lease_duration"]?.int else {
            throw .unreadable(provider: self.name, path: path, why: "the renewal has no duration")
        }
        return RenewedLife(credentials: .seconds(max(0, seconds)), token: tokenLife, problem: problem)
    }

    package func revoke(_ credentials: ProviderLease, madeAt path: String) async throws(ProviderError) {
        let (reply, _) = try await self.session.send(
            VaultCall(method: .post, path: "sys/leases/revoke", body: ["lease_id": .string(credentials.id)]))
        if reply.status == 400 || reply.status == 404 { return }
        try self.check(reply, path, version: nil)
    }
}

extension VaultSession {
    func lifeLeft(of token: VaultToken) -> Duration? { token.lifeLeft(at: self.instant) }
}
