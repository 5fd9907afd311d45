import CasareDomain
import CasarePostgres
import CasareStore
import Logging

/// Rotates secrets by their policies: the server makes the new value up, and the job of a workflow brings it to where
/// it is used.
struct PolicyRotation: Sendable {
    let services: Services
    let logger: Logger

    /// Begins with one that is due. What is in the way is noted with the secret, and it is tried again later.
    ///
    /// - Throws: what says that the database is not there just now.
    func begin(_ secret: Secret, of tenant: Tenant.ID) async throws {
        guard let policy = secret.rotation, let workflow = policy.hook, let generator = policy.generate else {
            return
        }
        do {
            guard let keys = self.services.keys else {
                throw StoreError.refused(
                    "secret \(secret.name)", why: "cannot be rotated: this server has no key to encrypt with")
            }
            let database = self.services.database
            let reading = try await database.asTenant(tenant) { connection in
                try RotatedSecret.Reading(of: secret.id.description, expected: nil, on: connection)
            }
            let rotated = try await RotatedSecret(
                reading, RotationChange(value: .generated(generator, field: policy.field)), in: tenant, with: keys)
            let made = try await database.asTenant(tenant) { connection in
                try Self.put(rotated, policy, workflow, on: connection)
            }
            self.services.made(made, by: .rotation)
            self.services.bell.ring(tenant)
            self.logger.info(
                "Began to rotate a secret",
                metadata: ["tenant.id": "\(tenant)", "secret.name": "\(secret.name)", "workflow.name": "\(workflow)"])
        } catch StoreError.contended, StoreError.revisionChanged {
            // Somebody else has put a new version just now: there is nothing to do any more.
        } catch let error as StoreError {
            try await self.noteFailure(of: secret, in: tenant, why: error.description)
        } catch let error as SecretDamage {
            try await self.noteFailure(of: secret, in: tenant, why: error.description)
        } catch let error as KeyProviderError {
            try await self.noteFailure(of: secret, in: tenant, why: error.description)
        }
    }

    private static func put(
        _ rotated: RotatedSecret, _ policy: RotationPolicy, _ workflow: String,
        on connection: isolated PostgresConnection
    ) throws -> JobTally {
        guard let known = try WorkflowStore.get(idOrName: workflow, on: connection) else {
            throw StoreError.notFound(.workflow, workflow)
        }
        let job = NewJob(
            workflow: known.id, workflowVersion: known.latestVersion,
            variables: [
                "secret": .string(rotated.secret.name.rawValue), "version": .int(rotated.sealed.version),
            ])
        try SecretRotationStore.begin(
            rotated.sealed.version, of: rotated.secret,
            overlap: .seconds(policy.overlapSeconds ?? RotationPolicy.overlapSecondsDefault),
            job: job.id,
            lasting: SecretRotationStore.jobLasting, by: SecretRotation.ownName, on: connection)
        _ = try SecretStore.put(
            rotated.sealed, as: .init(expected: rotated.secret.currentVersion, isPending: true),
            by: SecretRotation.ownName, reason: "it is as old as its policy allows", on: connection)
        let submitted = try JobStore.submit([job], by: SecretRotation.ownName, on: connection)
        return try JobStore.tally(of: submitted.map(\.id), on: connection)
    }

    private func noteFailure(of secret: Secret, in tenant: Tenant.ID, why: String) async throws {
        try await self.services.database.asTenant(tenant) { connection in
            // One that somebody rotates by hand just now is left alone.
            guard try SecretRotationStore.get(secret.id, on: connection) == nil else { return }
            try SecretRotationStore.noteFailure(of: secret, why: why, on: connection)
        }
        self.logger.warning(
            "A secret could not be rotated by its policy",
            metadata: ["tenant.id": "\(tenant)", "secret.name": "\(secret.name)", "reason": .string(why)])
    }
}
