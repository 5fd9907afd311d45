import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

extension APIProblem {
    static let sealingKeyMissing = APIProblem(
        .sealingKeyMissing,
        "the server cannot keep secrets: set CASARE_SEALING_KEY of all orchestrators to one key, such as openssl rand "
            + "-base64 32 makes, and start them again")
}

extension APIRequest {
    /// - Throws: 501 where the server has no key.
    func keys() throws(APIProblem) -> KeyRing {
        guard let keys = self.services.keys else { throw .sealingKeyMissing }
        return keys
    }

    /// The placeholder `version`.
    func version() throws(APIProblem) -> Int {
        let text = self.parameter("version")
        guard let version = Int(text), (1...Int(Int32.max)).contains(version) else {
            throw .invalidInput("version", "\"\(text.prefix(64))\" is not the number of a version")
        }
        return version
    }

    /// Numbers with commas between; `nil` where none are given.
    func versions() throws(APIProblem) -> [Int]? {
        guard let text = self.query["versions"], !text.isEmpty else { return nil }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard numbers.count <= Secret.versionsMaxRange.upperBound, numbers.allSatisfy((1...Int(Int32.max)).contains)
        else {
            throw .invalidInput(
                "versions",
                "expected numbers of versions with commas between, at most \(Secret.versionsMaxRange.upperBound)")
        }
        return numbers
    }

    /// `name=value` with commas between.
    func labels() throws(APIProblem) -> [String: String] {
        guard let text = self.query["labels"], !text.isEmpty else { return [:] }
        var labels: [String: String] = [:]
        for pair in text.split(separator: ",") {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw .invalidInput("labels", "expected name=value, with commas between")
            }
            labels[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return labels
    }

    /// A change of a secret. The audit log has it under the secret's name, also where the path has the ID: who looks
    /// for what was done to a secret finds all of it.
    func changing(
        _ change: @Sendable (isolated PostgresConnection) throws -> Secret
    ) async throws -> SecretInfo {
        SecretInfo(
            try await self.inTenant { connection in
                let secret = try change(connection)
                self.audit?.note(subject: secret.name.rawValue)
                return secret
            })
    }

    /// Seals a value for the next version of a secret and puts it; anew, where another version came in between.
    ///
    /// - Parameters:
    ///   - put: with the current version that must be expected.
    ///   - fields: made of the secret and its next version's number, outside of a transaction.
    func put(
        _ nameOrID: String, as put: SecretStore.Put, reason: String?,
        fields: (Secret) async throws -> SecretFields
    ) async throws -> PutSecretResponse {
        let keys = try self.keys()
        let tenant = self.principal.tenant
        var attempts = 0
        while true {
            attempts += 1
            let (secret, number) = try await self.inTenant { connection in
                try SecretStore.nextVersion(of: nameOrID, expected: put.expected, on: connection)
            }
            let value = try await fields(secret)
            try secret.kind.check(value)
            let sealed = try await SealedSecret(
                sealing: value, of: secret.name, version: number, in: tenant, with: keys)
            do {
                let changed = try await self.inTenant { connection in
                    self.audit?.note(subject: secret.name.rawValue, detail: ["version": .int(number)])
                    return try SecretStore.put(sealed, as: put, by: self.actor, reason: reason, on: connection)
                }
                return PutSecretResponse(version: number, secret: SecretInfo(changed))
            } catch StoreError.contended where attempts < SecretStore.sealingsMax {
                continue
            }
        }
    }
}
