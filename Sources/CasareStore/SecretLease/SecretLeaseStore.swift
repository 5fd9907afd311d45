package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Credentials that were just made for an attempt.
package struct NewSecretLease: Sendable {
    package let id: SecretLease.ID
    package let secret: String
    package let provider: String
    package let path: String
    package let providerLease: String
    package let accessor: String?
    package let attempt: Lease
    package let life: Duration
    /// `nil`: the token has no end.
    package let tokenLife: Duration?
    package let isRenewable: Bool

    package init(
        id: SecretLease.ID, secret: String, provider: String, path: String, providerLease: String, accessor: String?,
        attempt: Lease, life: Duration, tokenLife: Duration?, isRenewable: Bool
    ) {
        self.id = id
        self.secret = secret
        self.provider = provider
        self.path = path
        self.providerLease = providerLease
        self.accessor = accessor
        self.attempt = attempt
        self.life = life
        self.tokenLife = tokenLife
        self.isRenewable = isRenewable
    }
}

/// What providers made for jobs, and what is still to be done about it. The credentials themselves are not kept.
///
/// One process at a time does something about each of them: it claims what is due, asks the provider outside of any
/// transaction, and says what came of it. When it dies in between, another one claims it after `claimSeconds`.
package enum SecretLeaseStore {
    /// Claimed in one round.
    package static let claimedMax = 500
    /// How long nobody else looks at one that is claimed: longer than what is asked of the provider takes.
    package static let claimSeconds = 45.0
    /// For so long those that have ended can be looked at.
    package static let daysKept = 30
    package static let removedMax = 1000
    /// Of one job.
    package static let listedMax = 200
    package static let errorCharactersMax = 500

    /// One that is due, claimed by who asked.
    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let lease: SecretLease
        package let providerLease: String
        package let accessor: String?
        /// Whether the attempt still holds its job.
        package let isHeld: Bool
        /// The database's time when it was claimed.
        package let now: Date
        let claim: Int
    }

    /// The tenant's name. Call within `Database.asTenant`.
    package static func tenantName(on connection: isolated PostgresConnection) throws -> String {
        try connection.execute(SecretLeaseQueries.tenantName).only().string("name")
    }

    /// Call within `Database.asTenant`.
    ///
    /// - Returns: whether the attempt still holds its lease; nothing is kept otherwise.
    package static func insert(
        _ new: NewSecretLease, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(
            SecretLeaseQueries.insert,
            [
                "id": .uuid(new.id.rawValue), "secret": .text(new.secret.storable),
                "provider": .text(new.provider.storable), "path": .text(new.path.storable),
                "provider_lease": .text(new.providerLease.storable), "accessor": .text(new.accessor?.storable),
                "job": .uuid(new.attempt.job.rawValue), "token": .int8(new.attempt.token.rawValue),
                "seconds": .double(self.seconds(new.life)), "token_seconds": .double(new.tokenLife.map(self.seconds)),
                "is_renewable": .bool(new.isRenewable), "look_seconds": .double(SecretLease.lookSeconds),
                "now": .timestamp(now),
            ]
        ).isEmpty
    }

    /// What was made for a job's attempts, the oldest first, and how each one ended. Call within `Database.asTenant`.
    package static func list(
        of job: Job.ID, on connection: isolated PostgresConnection
    ) throws -> [(lease: SecretLease, outcome: SecretLease.Outcome?, error: String?)] {
        try connection.execute(
            SecretLeaseQueries.ofJob, ["job": .uuid(job.rawValue), "limit": .int(self.listedMax)]
        ).map { row in
            let outcome = try row.optionalString("outcome").map { text throws(StoreError) -> SecretLease.Outcome in
                guard let outcome = SecretLease.Outcome(rawValue: text) else {
                    throw .unreadable("credentials of job \(job) ended as \(text)")
                }
                return outcome
            }
            return (try self.lease(row), outcome, try row.optionalString("error"))
        }
    }

    /// Takes what is due. Call within `Database.asSystem`.
    package static func claim(
        limit: Int = SecretLeaseStore.claimedMax, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(
            SecretLeaseQueries.claim,
            [
                "limit": .int(limit), "claim_seconds": .double(self.claimSeconds), "now": .timestamp(now),
            ]
        ).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), lease: try self.lease(row),
                providerLease: try row.string("provider_lease"), accessor: try row.optionalString("accessor"),
                isHeld: try row.bool("is_held"), now: try row.date("now"), claim: try row.int("claim"))
        }
    }

    // MARK: What came of it. Call within `Database.asSystem`. Those of one say whether its claim still counted.

    /// Puts claimed ones back, each until then.
    package static func wait(
        _ due: [(due: Due, until: Date)], on connection: isolated PostgresConnection
    ) throws {
        guard !due.isEmpty else { return }
        try connection.execute(
            SecretLeaseQueries.wait,
            [
                "tenants": .int4Array(due.map(\.due.tenant.rawValue)),
                "ids": .uuidArray(due.map(\.due.lease.id.rawValue)),
                "claims": .int4Array(due.map { Int32($0.due.claim) }), "look_at": .timestampArray(due.map(\.until)),
            ])
    }

    /// - Parameters:
    ///   - life: of the credentials, from now.
    ///   - tokenLife: of the token that made them; `nil`: it has no end.
    ///   - problem: why the token's life is not known anew: it ends when it did before.
    @discardableResult
    package static func renewed(
        _ due: Due, life: Duration, tokenLife: Duration?, problem: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(
            SecretLeaseQueries.renewed,
            [
                "tenant": .int4(due.tenant.rawValue), "id": .uuid(due.lease.id.rawValue), "claim": .int(due.claim),
                "seconds": .double(self.seconds(life)), "token_seconds": .double(tokenLife.map(self.seconds)),
                "keeps_token": .bool(problem != nil), "error": .text(problem.map(self.shortened)),
                "look_seconds": .double(SecretLease.lookSeconds), "now": .timestamp(now),
            ]
        ).isEmpty
    }

    @discardableResult
    package static func failed(
        _ due: Due, why: String, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(
            SecretLeaseQueries.failed,
            [
                "tenant": .int4(due.tenant.rawValue), "id": .uuid(due.lease.id.rawValue), "claim": .int(due.claim),
                "look_at": .timestamp(due.lease.retryAt(after: due.now)), "error": .text(self.shortened(why)),
            ]
        ).isEmpty
    }

    @discardableResult
    package static func end(
        _ due: Due, as outcome: SecretLease.Outcome, why: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(
            SecretLeaseQueries.end,
            [
                "tenant": .int4(due.tenant.rawValue), "id": .uuid(due.lease.id.rawValue), "claim": .int(due.claim),
                "outcome": .text(outcome.rawValue), "error": .text(why.map(self.shortened)), "now": .timestamp(now),
            ]
        ).isEmpty
    }

    /// Ends all that have not ended, of all tenants, without giving them back: for a database that was restored from a
    /// time before, which does not know what became of them since. Call within `Database.asSystem`.
    ///
    /// - Returns: how many there were, at most `removedMax`: call it again when it is that many.
    @discardableResult
    package static func drop(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Int {
        try connection.execute(
            SecretLeaseQueries.drop, ["limit": .int(self.removedMax), "now": .timestamp(now)]
        ).count
    }

    /// Removes those that ended long ago. Call within `Database.asSystem`.
    ///
    /// - Returns: how many, at most `removedMax`.
    @discardableResult
    package static func forget(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Int {
        try connection.execute(
            SecretLeaseQueries.forget,
            ["days": .int4(Int32(self.daysKept)), "limit": .int(self.removedMax), "now": .timestamp(now)]
        ).count
    }

    private static func shortened(_ text: String) -> String { String(text.prefix(self.errorCharactersMax)).storable }

    private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

    private static func lease(_ row: Row) throws -> SecretLease {
        SecretLease(
            id: SecretLease.ID(rawValue: try row.uuid("secret_lease_id")), secret: try row.string("secret"),
            provider: try row.string("provider"), path: try row.string("path"),
            attempt: Lease(
                job: Job.ID(rawValue: try row.uuid("job_id")), token: Lease.Token(rawValue: try row.int64("token"))),
            expiresAt: try row.date("expires_at"), tokenExpiresAt: try row.optionalDate("token_expires_at"),
            renewedAt: try row.date("renewed_at"), isRenewable: try row.bool("is_renewable"),
            failures: try row.int("failures"))
    }
}
