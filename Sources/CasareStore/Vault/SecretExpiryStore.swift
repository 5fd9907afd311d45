package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Secrets and versions whose time is over, each of which is told of once: in both logs and as an event, in the
/// transaction that notes it. Somebody who gives it another time has it told of again.
package enum SecretExpiryStore {
    /// A secret of some tenant, or one version of it.
    package struct Place: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let secret: Secret.ID
        /// `nil`: the whole secret.
        package let version: Int?
    }

    /// What nobody has been told of, what ended first before the rest. Call within `Database.asSystem`.
    package static func expired(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Place] {
        try connection.execute(
            SecretExpiryQueries.expired, ["limit": .int(limit), "now": .timestamp(now)]
        ).map { row in
            let version = try row.int("version")
            return Place(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                secret: Secret.ID(rawValue: try row.uuid("secret_id")), version: version == 0 ? .none : version)
        }
    }

    /// Notes and tells it. Call within `Database.asTenant`.
    ///
    /// - Returns: the name of the secret; `nil` where somebody else has noted it, or it is not so any more.
    package static func note(
        _ place: Place, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret.Name? {
        let noted =
            if let version = place.version {
                try connection.execute(
                    SecretExpiryQueries.noteVersion,
                    ["secret": .uuid(place.secret.rawValue), "version": .int(version), "now": .timestamp(now)])
            } else {
                try connection.execute(
                    SecretExpiryQueries.note, ["secret": .uuid(place.secret.rawValue), "now": .timestamp(now)])
            }
        // Nobody could look for it by another name than one that there can be.
        guard let row = noted.first, let name = Secret.Name(try row.string("name")) else { return nil }
        var detail: Object = ["expired_at": .string(try row.date("expires_at").formatted(.iso8601))]
        if let version = place.version {
            detail["version"] = .int(version)
            detail["current"] = .bool(try row.bool("is_current"))
        }
        try SecretRotationStore.record(
            "secret.expired", of: name, .granted, why: nil, detail, now: now, on: connection)
        try EventWriting.note(.secretExpired, of: name, detail, now: now, on: connection)
        return name
    }
}
