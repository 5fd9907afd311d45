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
    /// Why one is held that a restore from a backup has found.
    static let heldWhy =
        "the database was restored from a backup: the secret may have been rotated since, and its value here may be an "
        + "old one. A person says which value counts"

    // MARK: - One that is under way

    /// Notes that a pending version waits. Call in the transaction that puts it, and before that.
    ///
    /// - Parameters:
    ///   - secret: as it was when the version was made.
    ///   - job: the hook, where that is a workflow.
    ///   - lasting: until it is given up.
    /// - Throws: `StoreError.refused` while another one is under way, and for a job where the policy is held.
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
                // Only a policy has a job: what is held since a restore waits for a person.
                "takes_held": .bool(job == nil), "now": .timestamp(now),
            ])
        if begun.first != nil {
            var detail: Object = [
                "version": .int(version), "previous_version": .int(secret.currentVersion), "by": .string(person),
            ]
            if let job { detail["job"] = .string(job.description) }
            return try EventWriting.note(
                .secretRotationStarted, of: secret.name, detail, now: now, on: connection)
        }
        var why = "is being rotated"
        if let running = try self.get(secret.id, on: connection) {
            why +=
                " by \(running.startedBy) since \(running.startedAt.formatted(.iso8601)): version \(running.version) "
                + "waits; wait for that, or take it back with casarectl secret rotate \(secret.name) --discard"
            if running.isHeld { why += ". Since then \(self.heldWhy)" }
        } else if job != nil {
            why += ", or waits for a person since the database was restored from a backup"
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
        let secret = try SecretStore.get(nameOrID, now: now, on: connection)
        let rotation = try self.held(version, of: secret, on: connection)
        return try SecretStore.promote(
            secret.id.description, version: rotation.version, overlap: overlap, by: person, reason: reason, now: now,
            on: connection)
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
        return try SecretStore.discard(
            secret.id.description, version: rotation.version, by: person, reason: reason, now: now, on: connection)
    }

    private static func held(
        _ version: Int?, of secret: Secret, on connection: isolated PostgresConnection
    ) throws -> SecretRotation {
        guard let rotation = try self.held(of: secret.id, on: connection),
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

    // MARK: - A version that waits no more

    /// The one that is under way, which nobody else ends until the transaction does; `nil`: none is.
    ///
    /// Call it before the secret is locked: two that lock them in turn would wait for each other.
    static func held(
        of secret: Secret.ID, on connection: isolated PostgresConnection
    ) throws -> SecretRotation? {
        try connection.execute(SecretRotationQueries.hold, ["secret": .uuid(secret.rawValue)])
            .first.map { row in try SecretRotation(row: row) }
    }

    /// The version that waited is current: whoever says so by its number settles the rotation, too.
    static func settle(_ secret: Secret.ID, on connection: isolated PostgresConnection) throws {
        try connection.execute(SecretRotationQueries.end, ["secret": .uuid(secret.rawValue)])
    }

    /// The version that waited is gone: another rotation may begin, and a policy has its turn later; where the rotation
    /// was held, when a person says so.
    static func giveUp(
        _ rotation: SecretRotation, of secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try self.settle(secret.id, on: connection)
        try self.waitIfOverdue(
            secret, why: rotation.isHeld ? self.heldWhy : nil, for: rotation.isHeld ? nil : self.retryPause, now: now,
            on: connection)
    }

    /// A person has said which value counts, or what the policy is: one that is held since a restore from a backup is
    /// tried at once where the secret is still older than it may be. One that is under way goes on as it does.
    ///
    /// Call it before the secret is changed, as what locks both locks the rotation first.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func release(
        _ nameOrID: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        let secret = try SecretStore.get(nameOrID, now: now, on: connection)
        try connection.execute(
            SecretRotationQueries.release, ["secret": .uuid(secret.id.rawValue), "now": .timestamp(now)])
    }
}
