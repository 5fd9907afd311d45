import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// Secrets that one round looks at, of each kind.
    private static let rotationsAtOnceMax = 50
    /// A secret that somebody has locked for longer is left for later, and does not hold up the others.
    private static let rotationLockWaitMax = Duration.milliseconds(500)

    /// Tells of secrets that are older than their policies allow and of those whose time is over, begins with the rotation
    /// of those whose policy says how, and ends rotations whose hooks have ended, or that nobody ends.
    static func rotations(_ services: Services, logger: Logger) -> BackgroundLoop {
        let rotation = PolicyRotation(services: services, logger: logger)
        return BackgroundLoop(
            name: "secret_rotation", interval: .seconds(2), board: services.loops, logger: logger
        ) {
            var failures: [any Error] = []
            let overdue = try await services.database.asSystem { connection in
                try SecretRotationStore.overdue(limit: Self.rotationsAtOnceMax, on: connection)
            }
            for place in overdue {
                do {
                    try await Self.note(place, rotation)
                } catch {
                    try await Self.failed(at: place, error, &failures, services)
                }
            }
            let expired = try await services.database.asSystem { connection in
                try SecretExpiryStore.expired(limit: Self.rotationsAtOnceMax, on: connection)
            }
            for place in expired {
                do {
                    try await Self.note(place, services, logger: logger)
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            // With those that have just been noted.
            let toLookAt = try await services.database.asSystem { connection in
                try SecretRotationStore.toLookAt(limit: Self.rotationsAtOnceMax, on: connection)
            }
            for place in toLookAt {
                do {
                    try await Self.look(at: place, rotation)
                } catch {
                    try await Self.failed(at: place, error, &failures, services)
                }
            }
            try PartialFailure.check(failures)
            return max(overdue.count, expired.count, toLookAt.count) >= Self.rotationsAtOnceMax
        }
    }

    /// What fails by itself is left for later; what the database or a key is in the way of is tried again soon.
    private static func failed(
        at place: SecretRotationStore.Place, _ error: any Error, _ failures: inout [any Error], _ services: Services
    ) async throws {
        if Task.isCancelled { throw error }
        failures.append(error)
        guard error is StoreError else { return }
        try await services.database.asTenant(place.tenant, lockWaitMax: self.rotationLockWaitMax) { connection in
            try SecretRotationStore.postpone(place.secret, on: connection)
        }
    }

    private static func note(_ place: SecretRotationStore.Place, _ rotation: PolicyRotation) async throws {
        let noted = try await rotation.services.database.asTenant(
            place.tenant, lockWaitMax: self.rotationLockWaitMax
        ) { connection in try SecretRotationStore.noteOverdue(place.secret, on: connection) }
        guard let secret = noted else { return }
        rotation.logger.warning(
            "A secret is older than its policy allows",
            metadata: [
                "tenant.id": "\(place.tenant)", "secret.name": "\(secret.name)",
                "secret.version": "\(secret.currentVersion)",
            ])
    }

    private static func note(
        _ place: SecretExpiryStore.Place, _ services: Services, logger: Logger
    ) async throws {
        let noted = try await services.database.asTenant(
            place.tenant, lockWaitMax: self.rotationLockWaitMax
        ) { connection in try SecretExpiryStore.note(place, on: connection) }
        guard let name = noted else { return }
        logger.warning(
            "The time of a secret is over: nobody is given it any more",
            metadata: [
                "tenant.id": "\(place.tenant)", "secret.name": "\(name)",
                "secret.version": .string(place.version.map { "\($0)" } ?? "all"),
            ])
    }

    private static func look(at place: SecretRotationStore.Place, _ rotation: PolicyRotation) async throws {
        let look = try await rotation.services.database.asTenant(
            place.tenant, lockWaitMax: self.rotationLockWaitMax
        ) { connection in try SecretRotationStore.look(at: place.secret, on: connection) }
        switch look {
        case .nothing, .goesOn: break
        case .promoted(let secret, let version):
            rotation.logger.info(
                "Rotated a secret",
                metadata: [
                    "tenant.id": "\(place.tenant)", "secret.name": "\(secret.name)", "secret.version": "\(version)",
                ])
        case .failed(let secret, let version, let why):
            rotation.logger.warning(
                "The rotation of a secret was taken back",
                metadata: [
                    "tenant.id": "\(place.tenant)", "secret.name": "\(secret.name)", "secret.version": "\(version)",
                    "reason": .string(why),
                ])
        case .attempt(let secret): try await rotation.begin(secret, of: place.tenant)
        }
    }
}
