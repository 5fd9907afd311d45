import CasareDomain
import CasareProviders
import CasareStore
import CasareWire
import Logging

/// Secrets for jobs that robots hold.
enum JobSecretRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/secrets", .needs(.robotProtocol),
            "The secrets that the workflow of a job names, for the robot that holds it. Each is in the audit log.",
            Self.secrets)
    ]

    private static func secrets(
        _ request: APIRequest, _ body: SecretAccessRequest
    ) async throws -> Answer<SecretAccessResponse> {
        guard request.principal.may(.credentialUse) else {
            throw APIProblem(
                .insufficientPermissions,
                "\(request.actor) may run jobs, and not with secrets: its role lacks credential.use")
        }
        let lease = Lease(job: try request.jobID(), token: body.token)
        let entry = NewAuditEntry(
            by: request.principal, action: SecretStore.useAction, source: request.audit?.source,
            requestID: request.id, traceID: request.trace.traceID)
        let access = try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            return try SecretStore.access(body.references, under: lease, as: entry, on: connection)
        }
        var granted: [GrantedSecret] = []
        var refused = access.refusals
        let reads = request.services.metrics.secrets
        for refusal in refused { reads.read(nil, SecretMetrics.AccessResult(refusal.code)) }
        let provided = AttemptSecrets(request.services.externalSecrets, in: request.principal.tenant, under: lease)
        for grant in access.grants {
            do {
                granted.append(try await Self.opened(grant, provided, under: lease, request))
                reads.read(grant.secret, .granted)
            } catch let refusal as SecretRefusal {
                refused.append(refusal)
                reads.read(grant.secret, SecretMetrics.AccessResult(refusal.code))
            }
        }
        return Answer(
            SecretAccessResponse(
                secrets: granted,
                refused: refused.map {
                    RefusedSecret(reference: $0.reference, code: $0.code.rawValue, message: $0.why)
                }))
    }

    /// - Throws: `SecretRefusal`; `ProviderError.leaseLost` when the lease is lost while a provider is asked: it is the
    ///   answer to the whole request then, as to all that a robot asks for without a lease.
    private static func opened(
        _ grant: SecretAccess.Grant, _ provided: AttemptSecrets, under lease: Lease, _ request: APIRequest
    ) async throws -> GrantedSecret {
        var version = grant.version
        let fields: SecretFields
        do {
            switch grant.value {
            case .sealed(let sealed):
                fields = try await sealed.opened(with: try request.keys())
            case .provider(_, _, let asked):
                let found = try await provided.fields(of: grant.secret, version: asked)
                fields = found.fields
                version = found.version ?? version
            }
        } catch ProviderError.leaseLost(let lost) {
            throw ProviderError.leaseLost(lost)
        } catch {
            request.logger.error(
                "A job is not given a secret",
                metadata: [
                    "job.id": "\(lease.job)", "secret.name": .string(grant.secret.name.rawValue),
                    "error": "\(error)",
                ])
            throw Self.refusal(of: grant.reference, error)
        }
        return GrantedSecret(
            reference: grant.reference, name: grant.secret.name, kind: grant.secret.kind, version: version,
            fields: try grant.given(of: fields))
    }

    private static func refusal(of reference: String, _ error: any Error) -> SecretRefusal {
        SecretRefusal(
            reference: reference, code: (error as? ProviderError)?.meaning ?? .unavailable,
            why: APIProblem(error).message)
    }
}
