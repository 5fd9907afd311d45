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

    /// Secrets that are older than their policies allow, of which nobody has been told. Call within
    /// `Database.asSystem`.
    package static func overdue(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try self.places(SecretRotationQueries.overdue, limit: limit, now: now, on: connection)
    }

    /// Rotations at which somebody is to look. Call within `Database.asSystem`.
    package static func toLookAt(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try self.places(SecretRotationQueries.toLookAt, limit: limit, now: now, on: connection)
    }

    private static func places(
        _ query: Query, limit: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try connection.execute(query, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Place(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                secret: Secret.ID(rawValue: try row.uuid("secret_id")))
        }
    }

    /// Notes once that a secret is older than it may be. Where its policy says how it is rotated, that is to be tried
    /// at once: by whoever looks next, as whoever notes it may not get further.
    ///
    /// - Returns: the secret; `nil` where somebody else has noted it, or it is not so any more.
    package static func noteOverdue(
        _ id: Secret.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret? {
        let noted = try connection.execute(
            SecretRotationQueries.note, ["secret": .uuid(id.rawValue), "now": .timestamp(now)])
        guard noted.first != nil else { return nil }
        let secret = try SecretStore.get(id.description, now: now, on: connection)
        var detail: Object = ["version": .int(secret.currentVersion)]
        if let policy = secret.rotation {
            detail["every_seconds"] = .int(policy.everySeconds)
            if let hook = policy.hook { detail["hook"] = .string(hook) }
        }
        try self.record("secret.rotation_due", of: secret, .granted, why: nil, detail, now: now, on: connection)
        if secret.rotation?.hook != nil {
            try self.wait(secret.id, why: nil, for: .zero, now: now, on: connection)
        }
        return secret
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
                "secret.rotated", of: promoted, .granted, why: nil,
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
                _ = try self.discard(
                    rotation, of: secret, by: SecretRotation.ownName, reason: why, now: now, on: connection)
            }
        } catch StoreError.refused, StoreError.notFound {
            // Somebody has promoted or destroyed the version by its number: there is nothing to take back.
            try connection.execute(SecretRotationQueries.end, ["secret": .uuid(secret.id.rawValue)])
        }
        if rotation.job == nil {
            try self.record(
                "secret.rotation_failed", of: secret, .failed, why: why, ["version": .int(rotation.version)], now: now,
                on: connection)
        } else {
            try self.noteFailure(of: secret, why: why, now: now, on: connection)
        }
        return .failed(secret, version: rotation.version, why: why)
    }

    /// Notes why a secret could not be rotated by its policy; it is tried again after `retryPause`.
    package static func noteFailure(
        of secret: Secret, why: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try self.wait(secret.id, why: why, for: self.retryPause, now: now, on: connection)
        try self.record("secret.rotation_failed", of: secret, .failed, why: why, now: now, on: connection)
    }

    /// What the service does by itself stands in both logs.
    private static func record(
        _ action: String, of secret: Secret, _ outcome: AuditEntry.Outcome, why: String?, _ detail: Object = [:],
        now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try ControlLog.record(
            action, of: secret.name.rawValue, by: SecretRotation.ownName, reason: why, detail: detail, now: now,
            on: connection)
        try AuditLog.append(
            NewAuditEntry(
                actor: NewAuditEntry.ownActor, actorKind: Principal.Kind.internal.rawValue, action: action,
                subject: secret.name.rawValue, outcome: outcome, reason: why, detail: detail), on: connection)
    }

    private static func wait(
        _ id: Secret.ID, why: String?, for pause: Duration, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            SecretRotationQueries.wait,
            [
                "secret": .uuid(id.rawValue),
                "why": .text(why.map { String($0.prefix(self.whyCharactersMax)).storable }),
                "by": .text(SecretRotation.ownName), "retry_seconds": .double(pause.seconds), "now": .timestamp(now),
            ])
    }

    /// That a secret is as old as its policy allows is told of once, perhaps while a version waited that has come to
    /// nothing since: its policy has its turn later.
    static func waitIfOverdue(
        _ secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard secret.rotation?.hook != nil else { return }
        let overdue = try connection.execute(
            SecretRotationQueries.isOverdue, ["secret": .uuid(secret.id.rawValue), "now": .timestamp(now)])
        guard overdue.first != nil else { return }
        try self.wait(secret.id, why: nil, for: self.retryPause, now: now, on: connection)
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
        try connection.execute(
            SecretRotationQueries.note, ["secret": .uuid(id.rawValue), "now": .timestamp(now)])
        try connection.execute(
            SecretRotationQueries.lookAgain,
            [
                "secret": .uuid(id.rawValue), "look_seconds": .double(self.retryPause.seconds),
                "now": .timestamp(now),
            ])
    }

    // MARK: - Metrics

    /// The age of a secret that is to be changed by one.
    package struct Age: Hashable, Sendable {
        package let name: String
        package let provider: String
        /// Unix time; `nil`: it has never had a value.
        package let rotatedSeconds: Double?
        /// So old it may become.
        package let limitSeconds: Double

        package init(name: String, provider: String, rotatedSeconds: Double?, limitSeconds: Double) {
            self.name = name
            self.provider = provider
            self.rotatedSeconds = rotatedSeconds
            self.limitSeconds = limitSeconds
        }
    }

    /// Of all tenants, by name, as far as `GaugeStore.rowsMax`. Call within `Database.asSystem`.
    package static func ages(on connection: isolated PostgresConnection) throws -> [Age] {
        try connection.execute(SecretRotationQueries.ages, ["limit": .int(GaugeStore.rowsMax)]).map { row in
            Age(
                name: try row.string("name"), provider: try row.string("provider"),
                rotatedSeconds: try row.optionalDouble("rotated_seconds"),
                limitSeconds: try row.double("limit_seconds"))
        }
    }
}
