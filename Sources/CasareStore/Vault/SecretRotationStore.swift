package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Rotations that are under way. Call within `Database.asTenant`, where nothing else is said.
///
/// The version that waits is pending: nobody is given it but the job that is its hook. It is promoted when the hook has
/// worked, else discarded, so that who rotates needs to read nothing.
package enum SecretRotationStore {
    /// So long a hook may take. What nobody has ended by then is discarded: whoever began it is gone.
    package static let lastingDefault = Duration.seconds(900)
    /// A workflow's job may wait for a robot, or for a person.
    package static let jobLasting = Duration.seconds(86_400)
    /// After a hook has failed.
    package static let retryPause = Duration.seconds(3600)
    /// Between two looks at a hook's job.
    package static let jobPause = Duration.seconds(5)
    static let whyCharactersMax = 500

    // MARK: - One that is under way

    /// Notes that a pending version waits. Call in the transaction that puts it, and before that.
    ///
    /// - Parameters:
    ///   - secret: as it was when the version was made.
    ///   - job: the hook, where that is a workflow.
    ///   - lasting: until it is given up.
    /// - Throws: `StoreError.refused` while another one is under way.
    package static func begin(
        _ version: Int, of secret: Secret, overlap: Duration, job: Job.ID? = nil, lasting: Duration, by person: String,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        let begun = try connection.execute(
            SecretRotationQueries.begin,
            [
                "secret": .uuid(secret.id.rawValue), "version": .int(version),
                "based_on": .int(secret.currentVersion), "overlap_seconds": .double(overlap.seconds),
                "job": .uuid(job?.rawValue), "by": .text(person.storable), "lasting_seconds": .double(lasting.seconds),
                "look_seconds": .double(min(job == nil ? lasting : self.jobPause, lasting).seconds),
                "now": .timestamp(now),
            ])
        guard begun.first == nil else { return }
        var why = "is being rotated"
        if let running = try self.get(secret.id, on: connection) {
            why +=
                " by \(running.startedBy) since \(running.startedAt.formatted(.iso8601)): version \(running.version) "
                + "waits; wait for that, or take it back with casarectl secret rotate \(secret.name) --discard"
        }
        throw StoreError.refused("secret \(secret.name)", why: why)
    }

    /// The one that is under way; `nil`: none is.
    package static func get(
        _ secret: Secret.ID, on connection: isolated PostgresConnection
    ) throws -> SecretRotation? {
        try connection.execute(SecretRotationQueries.get, ["secret": .uuid(secret.rawValue)])
            .first.map { row in try SecretRotation(row: row) }
    }

    /// The version that the job of a hook is given as `@pending`; `nil`: it is no such job.
    package static func pendingVersion(
        of secret: Secret.ID, for job: Job.ID, on connection: isolated PostgresConnection
    ) throws -> Int? {
        try connection.execute(
            SecretRotationQueries.pending, ["secret": .uuid(secret.rawValue), "job": .uuid(job.rawValue)]
        ).first.map { row in try row.int("version") }
    }

    /// Puts the version that waits in the place of the current one.
    ///
    /// - Parameters:
    ///   - version: of which the caller knows that its hook has worked.
    ///   - overlap: of the one before; `nil`: as it was said when it began.
    /// - Throws: `StoreError.refused` where no such rotation is under way, or another version has become current
    ///   meanwhile: then the pending one stays, to be discarded.
    package static func promote(
        _ nameOrID: String, version: Int, overlap: Duration? = nil, by person: String, reason: String?,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret {
        let known = try SecretStore.get(nameOrID, now: now, on: connection)
        // Always the rotation first, then the secret: two that lock them in turn would wait for each other.
        let rotation = try self.held(version, of: known, on: connection)
        let secret = try SecretStore.taken(known.id.description, now: now, on: connection)
        let current = secret.currentVersion
        guard current == rotation.basedOn else {
            throw StoreError.refused(
                "secret \(secret.name)",
                why: "has got version \(current) while version \(version) waited in the place of \(rotation.basedOn), "
                    + "so \(version) cannot become current; discard it, and rotate again")
        }
        let promoted = try SecretStore.promote(
            secret.id.description, version: version, overlap: overlap ?? .seconds(rotation.overlapSeconds), by: person,
            reason: reason,
            now: now, on: connection)
        try connection.execute(SecretRotationQueries.end, ["secret": .uuid(secret.id.rawValue)])
        return promoted
    }

    /// Takes the version that waits back: its value is gone, and the current one stays.
    ///
    /// - Parameter version: `nil`: whichever it is.
    /// - Throws: `StoreError.refused` where no such rotation is under way.
    package static func discard(
        _ nameOrID: String, version: Int?, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        let secret = try SecretStore.get(nameOrID, now: now, on: connection)
        let rotation = try self.held(version, of: secret, on: connection)
        return try self.discard(rotation, of: secret, by: person, reason: reason, now: now, on: connection)
    }

    static func discard(
        _ rotation: SecretRotation, of secret: Secret, by person: String, reason: String?, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        try connection.execute(SecretRotationQueries.end, ["secret": .uuid(secret.id.rawValue)])
        let kept = try SecretStore.discard(
            secret.id.description, version: rotation.version, by: person, reason: reason, now: now, on: connection)
        try self.waitIfOverdue(kept, now: now, on: connection)
        return kept
    }

    private static func held(
        _ version: Int?, of secret: Secret, on connection: isolated PostgresConnection
    ) throws -> SecretRotation {
        let row = try connection.execute(
            SecretRotationQueries.hold, ["secret": .uuid(secret.id.rawValue)]
        ).first
        guard let rotation = try row.map({ try SecretRotation(row: $0) }),
            version == nil || rotation.version == version
        else {
            let what = version.map { "version \($0) does" } ?? "a version does"
            throw StoreError.refused(
                "secret \(secret.name)",
                why: "has no rotation in which \(what) wait: it was ended, or given up; casarectl secret versions "
                    + "\(secret.name) shows what there is")
        }
        return rotation
    }
}
