package import CasareDomain
package import CasareEngine
import CasareProviders
import CasareStore

/// Secrets for the leased jobs. The database gives them sealed, and they are opened here, by the keys of the robot's
/// own environment.
extension SQLBroker {
    package func secrets(
        _ references: [String], under lease: Lease
    ) async throws(BrokerError) -> [String: SecretAnswer] {
        guard let session = self.session else { throw .sessionEnded }
        let person = "robot:\(session.robot)"
        let access = try await self.inDatabase { connection in
            try SecretStore.access(references, under: lease, by: person, on: connection)
        }
        var answers: [String: SecretAnswer] = [:]
        for refusal in access.refusals { answers[refusal.reference] = .refused(SecretProblem(refusal)) }
        let provided = AttemptSecrets(self.externalSecrets, in: self.tenant, under: lease)
        for grant in access.grants {
            do {
                answers[grant.reference] = .found(try await self.fields(of: grant, provided, under: lease))
            } catch let problem as SecretProblem {
                answers[grant.reference] = .refused(problem)
            } catch {
                throw .leaseLost(lease.job)
            }
        }
        return answers
    }

    /// - Throws: `SecretProblem`; `BrokerError.leaseLost` when the lease is lost while a provider is asked.
    private func fields(
        of grant: SecretAccess.Grant, _ provided: AttemptSecrets, under lease: Lease
    ) async throws -> SecretFields {
        let all: SecretFields
        switch grant.value {
        case .sealed(let sealed):
            all = try await self.opened(sealed, as: grant.reference)
        case .provider(_, _, let version):
            all = try await self.provided(grant, version, by: provided, under: lease)
        }
        do throws(SecretRefusal) {
            return try grant.given(of: all)
        } catch {
            throw SecretProblem(error)
        }
    }

    private func provided(
        _ grant: SecretAccess.Grant, _ version: Int?, by provided: AttemptSecrets, under lease: Lease
    ) async throws -> SecretFields {
        let refusal: SecretRefusal
        do {
            return try await provided.fields(of: grant.secret, version: version).fields
        } catch ProviderError.leaseLost {
            throw BrokerError.leaseLost(lease.job)
        } catch let error as ProviderError {
            refusal = SecretRefusal(reference: grant.reference, code: error.meaning, why: "\(error)")
        } catch {
            refusal = SecretRefusal(
                reference: grant.reference, code: .unavailable, why: "\(Self.brokerError(error))")
        }
        throw SecretProblem(refusal)
    }

    private func opened(_ sealed: SealedSecret, as reference: String) async throws(SecretProblem) -> SecretFields {
        guard let keys else {
            throw SecretProblem(
                .unavailable,
                "The secret \"\(reference)\" cannot be opened: this robot works over SQL and has no key. Set "
                    + "CASARE_SEALING_KEY for it to the orchestrators' key, or run it over the API")
        }
        do {
            return try await sealed.opened(with: keys)
        } catch {
            throw SecretProblem(.unavailable, "The secret \"\(reference)\" cannot be opened: \(error)")
        }
    }
}

extension SecretProblem {
    init(_ refusal: SecretRefusal) {
        let kind: Kind =
            switch refusal.code {
            case .notFound: .notFound
            case .denied: .denied
            case .unavailable: .unavailable
            }
        self.init(kind, "The secret \"\(refusal.reference)\" cannot be had: \(refusal.why)")
    }
}
