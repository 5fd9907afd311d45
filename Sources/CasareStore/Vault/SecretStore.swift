package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Secrets and their versions, as rows: nothing here encrypts or opens, which `SealedSecret` does outside of the
/// transaction. Call within `Database.asTenant`.
package enum SecretStore {
    /// Which secrets a list shows.
    package struct Filter: Hashable, Sendable {
        /// Of the name.
        package var prefix: String
        package var kind: Secret.Kind?
        /// It has all of these.
        package var labels: [String: String]
        /// `nil`: deleted ones too.
        package var isDeleted: Bool?

        package init(
            prefix: String = "", kind: Secret.Kind? = nil, labels: [String: String] = [:], isDeleted: Bool? = false
        ) {
            self.prefix = prefix
            self.kind = kind
            self.labels = labels
            self.isDeleted = isDeleted
        }
    }

    // MARK: - Looking

    /// Also one that is deleted.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func get(
        _ nameOrID: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret {
        guard let secret = try self.find(nameOrID, now: now, on: connection) else {
            throw StoreError.notFound(.secret, nameOrID)
        }
        return secret
    }

    /// `nil` where there is none.
    static func find(
        _ nameOrID: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Secret? {
        let rows =
            if let id = Secret.ID(nameOrID) {
                try connection.execute(SecretQueries.get, ["secret": .uuid(id.rawValue), "now": .timestamp(now)])
            } else {
                try connection.execute(
                    SecretQueries.getByName, ["name": .text(nameOrID.storable), "now": .timestamp(now)])
            }
        return try rows.first.map { try Secret(row: $0) }
    }

    /// By name, behind the cursor's.
    package static func list(
        _ filter: Filter = Filter(), after name: String = "", limit: Int, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [Secret] {
        let labels: Object? = filter.labels.isEmpty ? nil : Self.object(filter.labels)
        return try connection.execute(
            SecretQueries.list,
            [
                // No character of a name comes behind the tilde.
                "prefix": .text(filter.prefix.storable),
                "prefix_end": .text(filter.prefix.isEmpty ? nil : (filter.prefix + "~").storable),
                "kind": .text(filter.kind?.rawValue), "labels": .text(labels.map { StoredJSON.text(of: $0) }),
                "is_deleted": .bool(filter.isDeleted), "after": .text(name.storable), "limit": .int(limit),
                "now": .timestamp(now),
            ]
        ).map { try Secret(row: $0) }
    }

    /// The newest first.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func versions(
        of nameOrID: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [SecretVersion] {
        let secret = try self.get(nameOrID, now: now, on: connection)
        return try connection.execute(
            SecretQueries.versions, ["secret": .uuid(secret.id.rawValue), "now": .timestamp(now)]
        ).map { try SecretVersion(row: $0) }
    }

    // MARK: -

    static func object(_ labels: [String: String]) -> Object {
        var object: Object = [:]
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) { object[name] = .string(value.storable) }
        return object
    }

    /// The secret, which nobody else changes until the transaction ends.
    static func taken(
        _ nameOrID: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Secret {
        let found = try self.get(nameOrID, now: now, on: connection)
        let rows = try connection.execute(SecretQueries.take, ["secret": .uuid(found.id.rawValue)])
        guard rows.first != nil else { throw StoreError.notFound(.secret, nameOrID) }
        return try self.get(found.id.description, now: now, on: connection)
    }

    /// - Throws: `StoreError.notFound` for a number that was never given, or is no longer kept.
    static func version(
        _ number: Int, of secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (version: SecretVersion, row: Row) {
        let rows = try connection.execute(
            SecretQueries.version,
            ["secret": .uuid(secret.id.rawValue), "version": .int(number), "now": .timestamp(now)])
        guard let row = rows.first else {
            throw StoreError.notFound(.secret, "\(secret.name) of version \(number)")
        }
        return (try SecretVersion(row: row), row)
    }

    /// Why a secret has no policy of rotation: nothing is known here of its age, so that nobody would be told of it.
    static func rotatedElsewhere(_ provider: String) -> String {
        "is kept by the provider \(provider), and has no policy of rotation here; have it rotated there"
    }

    static func refused(_ secret: Secret, _ why: String) -> StoreError {
        .refused("secret \(secret.name)", why: why)
    }
}
