package import CasareDomain

/// What one attempt of a job is given of secrets that providers keep: each secret is asked for once, however many of
/// its fields are named. Two requests for credentials that are made anew would give two users, and a user's name and
/// another one's password; of a secret that changes meanwhile, fields of two versions.
package actor AttemptSecrets {
    private struct Asked: Hashable {
        let secret: Secret.ID
        let version: Int?
    }

    private let secrets: ExternalSecrets
    private let tenant: Tenant.ID
    private let lease: Lease
    private var answers: [Asked: Result<ProvidedFields, any Error>] = [:]

    package init(_ secrets: ExternalSecrets, in tenant: Tenant.ID, under lease: Lease) {
        self.secrets = secrets
        self.tenant = tenant
        self.lease = lease
    }

    /// As `ExternalSecrets.fields`, and the same answer each time. Call it for one secret after the other.
    ///
    /// - Throws: `ProviderError`, and what the database throws.
    package func fields(of secret: Secret, version: Int?) async throws -> ProvidedFields {
        let asked = Asked(secret: secret.id, version: version)
        if let answer = self.answers[asked] { return try answer.get() }
        let answer: Result<ProvidedFields, any Error>
        do {
            answer = .success(
                try await self.secrets.fields(of: secret, version: version, in: self.tenant, under: self.lease))
        } catch {
            answer = .failure(error)
        }
        self.answers[asked] = answer
        return try answer.get()
    }
}
