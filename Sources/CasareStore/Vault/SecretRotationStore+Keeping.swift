package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What the loop does that looks after rotations.
extension SecretRotationStore {
    /// A secret of some tenant.
    package struct Place: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let secret: Secret.ID
    }

    /// Rotations at which somebody is to look. Call within `Database.asSystem`.
    package static func toLookAt(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try self.places(SecretRotationQueries.toLookAt, limit: limit, now: now, on: connection)
    }

    static func places(
        _ query: Query, limit: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try connection.execute(query, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Place(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                secret: Secret.ID(rawValue: try row.uuid("secret_id")))
        }
    }

    /// What came of a look.
    package enum Look: Hashable, Sendable {
        /// Others look at it, or it has ended.
        case nothing
        /// Its hook has worked, and the version is current.
        case promoted(Secret, version: Int)
        /// It was given up.
        case failed(Secret, version: Int, why: String)
        /// Its job goes on.
        case goesOn
        /// It is to be tried, for the first time or again. Until `retryPause` is over nobody else is told so.
        case attempt(Secret)
    }

    /// Sees how a rotation stands, and ends it where that is said.
    ///
    /// - Throws: `StoreError`.
    package static func look(
        at id: Secret.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Look {
        let rows = try connection.execute(
            SecretRotationQueries.look, ["secret": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { return .nothing }
        let secret: Secret
        do {
            secret = try SecretStore.get(id.description, now: now, on: connection)
        } catch StoreError.notFound {
            try connection.execute(SecretRotationQueries.end, ["secret": .uuid(id.rawValue)])
            return .nothing
        }
        guard try row.string("state") == "running" else {
            return try self.again(secret, now: now, on: connection)
        }
        let rotation = try SecretRotation(row: row)
        if let job = rotation.job {
            switch try self.state(of: job, on: connection) {
            case .goesOn: break
            case .completed: return try self.promoteOrFail(rotation, of: secret, now: now, on: connection)
            case .ended(let why): return try self.fail(rotation, of: secret, why: why, now: now, on: connection)
            }
        }
        guard try row.bool("is_over") else {
            try connection.execute(
                SecretRotationQueries.lookAgain,
                [
                    "secret": .uuid(id.rawValue), "look_seconds": .double(self.jobPause.seconds),
                    "now": .timestamp(now),
                ])
            return .goesOn
        }
        let why = rotation.job == nil ? "nobody has said how its hook ended" : "its job had not ended by then"
        return try self.fail(rotation, of: secret, why: why, now: now, on: connection)
    }

    private enum HookState {
        case goesOn, completed
        case ended(why: String)
    }

    private static func state(
        of id: Job.ID, on connection: isolated PostgresConnection
    ) throws -> HookState {
        guard let job = try JobStore.get(id, on: connection) else { return .ended(why: "its job \(id) is gone") }
        switch job.state {
        case .pending, .running, .blocked, .paused: return .goesOn
        case .finished(let outcome):
            switch outcome.kind {
            case .completed: return .completed
            case .failed: return .ended(why: "its job \(id) failed")
            case .cancelled: return .ended(why: "its job \(id) was cancelled")
            }
        }
    }

    private static func promoteOrFail(
        _ rotation: SecretRotation, of secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Look {
        do {
            let promoted = try connection.savepoint { connection in
                try self.promote(
                    secret.id.description, version: rotation.version, by: SecretRotation.ownName,
                    reason: "its hook has worked", now: now, on: connection)
            }
            try self.record(
                "secret.rotated", of: promoted.name, .granted, why: nil,
                [
                    "version": .int(rotation.version), "previous_version": .int(rotation.basedOn),
                    "job": rotation.job.map { .string($0.description) } ?? .null,
                ], now: now, on: connection)
            return .promoted(promoted, version: rotation.version)
        } catch StoreError.refused(_, let why) {
            return try self.fail(rotation, of: secret, why: why, now: now, on: connection)
        }
    }

    /// A rotation by hand is over with that; one by its policy is tried again later.
    private static func fail(
        _ rotation: SecretRotation, of secret: Secret, why: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Look {
        do {
            try connection.savepoint { connection in
                _ = try SecretStore.takeBack(
                    secret.id.description, rotation.version, by: SecretRotation.ownName, reason: why, now: now,
                    on: connection)
            }
        } catch StoreError.refused, StoreError.notFound {
            // The version is not there any more: there is nothing to take back.
            try self.settle(secret.id, on: connection)
        }
        if rotation.job != nil { try self.wait(secret.id, why: why, for: self.retryPause, now: now, on: connection) }
        try self.tellFailure(of: secret, why: why, ["version": .int(rotation.version)], now: now, on: connection)
        return .failed(secret, version: rotation.version, why: why)
    }

    /// Notes why a secret could not be rotated by its policy; it is tried again after `retryPause`.
    package static func noteFailure(
        of secret: Secret, why: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try self.wait(secret.id, why: why, for: self.retryPause, now: now, on: connection)
        try self.tellFailure(of: secret, why: why, [:], now: now, on: connection)
    }

    private static func tellFailure(
        of secret: Secret, why: String, _ detail: Object, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try self.record("secret.rotation_failed", of: secret.name, .failed, why: why, detail, now: now, on: connection)
        var told = detail
        told["why"] = .string(String(why.prefix(self.whyCharactersMax)))
        try EventWriting.note(.secretRotationFailed, of: secret.name, told, now: now, on: connection)
    }

    /// What the service does by itself stands in both logs.
    static func record(
        _ action: String, of secret: Secret.Name, _ outcome: AuditEntry.Outcome, why: String?, _ detail: Object = [:],
        now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try ControlLog.record(
            action, of: secret.rawValue, by: SecretRotation.ownName, reason: why, detail: detail, now: now,
            on: connection)
        try AuditLog.append(
            NewAuditEntry(
                actor: NewAuditEntry.ownActor, actorKind: Principal.Kind.internal.rawValue, action: action,
                subject: secret.rawValue, outcome: outcome, reason: why, detail: detail), on: connection)
    }

    /// Its policy has its turn when the pause is over; without one, when a person says so.
    static func wait(
        _ id: Secret.ID, why: String?, for pause: Duration?, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            SecretRotationQueries.wait,
            [
                "secret": .uuid(id.rawValue),
                "why": .text(why.map { String($0.prefix(self.whyCharactersMax)).storable }),
                "by": .text(SecretRotation.ownName), "retry_seconds": .double(pause?.seconds), "now": .timestamp(now),
            ])
    }

    /// One that has got a new version since, or whose policy names no hook any more, is left as it is.
    private static func again(
        _ secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Look {
        let overdue = try connection.execute(
            SecretRotationQueries.isOverdue, ["secret": .uuid(secret.id.rawValue), "now": .timestamp(now)])
        guard overdue.first != nil, let policy = secret.rotation, policy.hook != nil else {
            try connection.execute(SecretRotationQueries.end, ["secret": .uuid(secret.id.rawValue)])
            return .nothing
        }
        try connection.execute(
            SecretRotationQueries.lookAgain,
            [
                "secret": .uuid(secret.id.rawValue), "look_seconds": .double(self.retryPause.seconds),
                "now": .timestamp(now),
            ])
        return .attempt(secret)
    }

    /// Leaves one for later that cannot be looked at: it would always be among the first.
    package static func postpone(
        _ id: Secret.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        // The rotation first, then the secret, as those who end one do.
        try connection.execute(
            SecretRotationQueries.lookAgain,
            [
                "secret": .uuid(id.rawValue), "look_seconds": .double(self.retryPause.seconds),
                "now": .timestamp(now),
            ])
        let noted = try connection.execute(
            SecretRotationQueries.note, ["secret": .uuid(id.rawValue), "now": .timestamp(now)]
        ).first
        if let noted { try self.tellOverdue(noted, now: now, on: connection) }
    }
}
