import CasareDomain
import CasarePostgres
import CasareSettings
import CasareStore
import Logging

extension BackgroundLoop {
    /// Notices when the database is an older state than this server has seen, or was started from a backup: that proves
    /// a restore, and a new epoch begins. What only looks like one is told to people.
    static func restores(_ services: Services, logger: Logger) -> BackgroundLoop {
        let memory = LoopMemory<(marks: RestoreStore.Marks?, told: String?)>((nil, nil))
        // Nobody is let in until the epoch has begun, so it waits for no other loop.
        return BackgroundLoop(
            name: "restores", interval: .seconds(5), board: services.loops, logger: logger, isUrgent: true
        ) {
            let before = memory.value.marks
            let marks: RestoreStore.Marks
            do {
                marks = try await services.database.asSystem { try RestoreStore.marks(on: $0) }
            } catch let error as PostgresError where error.sqlState == .restoredFromBackup {
                let passage = RestoreStore.passage(to: services.database.configuration)
                do {
                    try await Self.begin(in: passage, logger) { connection in
                        guard let backup = try RestoreStore.restoredFrom(on: connection) else { return nil }
                        return RestoreCause(
                            why: "the server was started from the backup of \(backup)", tokenSeen: before?.token)
                    }
                    await passage.close()
                } catch {
                    await passage.close()
                    throw error
                }
                memory.value.marks = nil
                return true
            }
            if let before, let why = marks.loss(since: before) {
                try await Self.begin(in: services.database, logger) { connection in
                    let isSame = try RestoreStore.installation(on: connection).epoch == marks.epoch
                    return isSame ? RestoreCause(why: why, tokenSeen: before.token) : nil
                }
                memory.value.marks = nil
                return true
            }
            memory.value.marks = marks
            let known = try await services.database.inSystem { try RestoreStore.look(on: $0) }
            if let why = known.suspectedWhy, memory.value.told != why {
                logger.error(
                    """
                    The database may have been restored from a backup; run casarectl db restored, or tell that it was \
                    not with casarectl db restored --dismiss
                    """, metadata: ["reason": "\(why)"])
                memory.value.told = why
            }
            return false
        }
    }

    /// Begins a new epoch.
    ///
    /// - Parameter find: finds out why; `nil`: another server has begun it meanwhile.
    private static func begin(
        in database: Database, _ logger: Logger,
        _ find: @escaping @Sendable (isolated PostgresConnection) throws -> RestoreCause?
    ) async throws {
        let begun = try await database.inSystem { connection -> RestoreStore.Epoch? in
            try RestoreStore.hold(on: connection)
            guard let cause = try find(connection) else { return nil }
            let epoch = try RestoreStore.declare(
                RestoreStore.Declaration(by: RestoreStore.name, why: cause.why, tokenSeen: cause.tokenSeen),
                zones: .system, on: connection)
            try AuditLog.append(
                NewAuditEntry(
                    actor: RestoreStore.name, actorKind: Principal.Kind.internal.rawValue,
                    action: "installation.restored", subject: "installation", reason: cause.why), on: connection)
            return epoch
        }
        guard let epoch = begun else { return }
        logger.critical(
            "The database was restored from a backup; a new epoch begins",
            metadata: [
                "epoch": "\(epoch.number)", "reason": "\(epoch.why)", "jobs.blocked": "\(epoch.jobsBlocked)",
                "jobs.held": "\(epoch.jobsHeld)", "schedules": "\(epoch.schedulesMoved)",
            ])
    }
}

/// What proves that the database is an older state.
private struct RestoreCause: Sendable {
    let why: String
    /// The last lease token that this server has seen.
    let tokenSeen: Int64?
}
