package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How old secrets are, and what becomes of those that are older than their policies allow.
extension SecretRotationStore {
    /// Secrets that are older than their policies allow, of which nobody has been told. Call within
    /// `Database.asSystem`.
    package static func overdue(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try self.places(SecretRotationQueries.overdue, limit: limit, now: now, on: connection)
    }

    /// Notes once that a secret is older than it may be. Where its policy says how it is rotated, that is to be tried
    /// at once: by whoever looks next, as whoever notes it may not get further.
    ///
    /// - Returns: the secret; `nil` where somebody else has noted it, or it is not so any more.
    package static func noteOverdue(
        _ id: Secret.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret? {
        // Always the rotation first, then the secret, as those who end or release one do.
        try connection.execute(SecretRotationQueries.take, ["secret": .uuid(id.rawValue)])
        let noted = try connection.execute(
            SecretRotationQueries.note, ["secret": .uuid(id.rawValue), "now": .timestamp(now)])
        guard noted.first != nil else { return nil }
        let secret = try SecretStore.get(id.description, now: now, on: connection)
        var detail: Object = ["version": .int(secret.currentVersion)]
        if let policy = secret.rotation {
            detail["every_seconds"] = .int(policy.everySeconds)
            if let hook = policy.hook { detail["hook"] = .string(hook) }
        }
        try self.tellOverdue(secret.name, detail, now: now, on: connection)
        if secret.rotation?.hook != nil {
            try self.wait(secret.id, why: nil, for: .zero, now: now, on: connection)
        }
        return secret
    }

    /// Of a secret of which no more can be read than its name: told in the transaction of the note, as well.
    static func tellOverdue(
        _ noted: Row, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        // Nobody could look for it by another name.
        guard let name = Secret.Name(try noted.string("name")) else { return }
        try self.tellOverdue(name, ["version": .int(try noted.int("current_version"))], now: now, on: connection)
    }

    private static func tellOverdue(
        _ name: Secret.Name, _ detail: Object, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try self.record("secret.rotation_due", of: name, .granted, why: nil, detail, now: now, on: connection)
        try EventWriting.note(.secretRotationDue, of: name, detail, now: now, on: connection)
    }

    /// That a secret is as old as its policy allows is told of once, perhaps while a version waited that has come to
    /// nothing since: its policy has its turn later.
    static func waitIfOverdue(
        _ secret: Secret, why: String?, for pause: Duration?, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard secret.rotation?.hook != nil else { return }
        let overdue = try connection.execute(
            SecretRotationQueries.isOverdue, ["secret": .uuid(secret.id.rawValue), "now": .timestamp(now)])
        guard overdue.first != nil else { return }
        try self.wait(secret.id, why: why, for: pause, now: now, on: connection)
    }

    // MARK: - Metrics

    /// That of a secret that has a policy.
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
