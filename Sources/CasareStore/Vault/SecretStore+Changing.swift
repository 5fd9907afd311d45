package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What is said of secrets, and what is taken away and brought back.
extension SecretStore {
    /// What people may change of a secret without a new version.
    package struct Changes: Hashable, Sendable {
        package var description: String?
        package var labels: [String: String]
        package var versionsMax: Int
        package var expiresAt: Date?
        package var rotation: RotationPolicy?

        init(_ secret: Secret) {
            self.description = secret.description
            self.labels = secret.labels
            self.versionsMax = secret.versionsMax
            self.expiresAt = secret.expiresAt
            self.rotation = secret.rotation
        }
    }

    /// - Parameter expected: the revision that was looked at; `nil`: whatever it is.
    /// - Throws: `StoreError.notFound`, `.revisionChanged`, `.refused` for a policy of rotation with a provider.
    package static func update(
        _ nameOrID: String, expected: Int? = nil, by person: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection, change: (inout Changes) throws -> Void
    ) throws -> Secret {
        let secret = try self.taken(nameOrID, now: now, on: connection)
        try StoreError.check(expected, isRevisionOf: "secret \(secret.name)", at: secret.revision)
        var changes = Changes(secret)
        try change(&changes)
        guard changes != Changes(secret) else { return secret }
        if let provider = secret.provider, changes.rotation != nil {
            throw self.refused(secret, self.rotatedElsewhere(provider))
        }
        // The next version would take with it what is destroyed only with a second person's yes.
        if changes.versionsMax < secret.versionsMax, try ApprovalStore.isNeeded(on: connection) {
            throw self.refused(
                secret,
                "keeps its number of versions where two persons decide on what cannot be taken back; destroy versions")
        }
        try connection.execute(
            SecretQueries.update,
            [
                "secret": .uuid(secret.id.rawValue), "description": .text(changes.description?.storable),
                "labels": .text(StoredJSON.text(of: Self.object(changes.labels))),
                "versions_max": .int(changes.versionsMax), "expires_at": .timestamp(changes.expiresAt),
                "rotation": .text(try changes.rotation?.stored()),
                "every_seconds": .double(changes.rotation.map { Double($0.everySeconds) }),
                "by": .text(person.storable), "now": .timestamp(now),
            ])
        try ControlLog.record(
            "secret.update", of: secret.name.rawValue, by: person, reason: reason, now: now, on: connection)
        return try self.get(secret.id.description, now: now, on: connection)
    }

    /// Nobody is given the secret, or one version of it, from then on.
    ///
    /// - Parameter at: `nil`: it does not expire any more.
    /// - Throws: `StoreError.notFound`.
    package static func expire(
        _ nameOrID: String, version number: Int? = nil, at: Date?, by person: String, reason: String?,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret {
        let secret = try self.taken(nameOrID, now: now, on: connection)
        var detail: Object = [:]
        if let number {
            _ = try self.version(number, of: secret, now: now, on: connection)
            detail["version"] = .int(number)
            try connection.execute(
                SecretQueries.expireVersion,
                ["secret": .uuid(secret.id.rawValue), "version": .int(number), "at": .timestamp(at)])
        } else {
            try connection.execute(
                SecretQueries.expire,
                [
                    "secret": .uuid(secret.id.rawValue), "at": .timestamp(at), "by": .text(person.storable),
                    "now": .timestamp(now),
                ])
        }
        try ControlLog.record(
            "secret.expire", of: secret.name.rawValue, by: person, reason: reason, detail: detail, now: now,
            on: connection)
        return try self.get(secret.id.description, now: now, on: connection)
    }

    // MARK: - Away and back

    /// Nobody is given it, until it is undeleted.
    ///
    /// - Parameter versions: `nil`: the whole secret.
    /// - Throws: `StoreError.notFound`, also for a version that is not there; nothing is changed then.
    package static func delete(
        _ nameOrID: String, versions: [Int]? = nil, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        try self.setDeleted(true, nameOrID, versions, person, reason, now, on: connection)
    }

    /// - Parameter versions: `nil`: the whole secret; versions that were deleted by their numbers stay so.
    /// - Throws: as `delete`; `.refused` for a version that is destroyed; `.quotaExceeded`.
    package static func undelete(
        _ nameOrID: String, versions: [Int]? = nil, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        try self.setDeleted(false, nameOrID, versions, person, reason, now, on: connection)
    }

    private static func setDeleted(
        _ isDeleted: Bool, _ nameOrID: String, _ versions: [Int]?, _ person: String, _ reason: String?, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        let secret = try self.taken(nameOrID, now: now, on: connection)
        if let versions {
            for number in versions {
                let version = try self.version(number, of: secret, now: now, on: connection).version
                if case .destroyed(let at) = version.state {
                    throw self.refused(
                        secret,
                        "has a version \(number) that was destroyed at \(at.formatted(.iso8601)): its value is gone")
                }
            }
            try connection.execute(
                SecretQueries.setVersionsDeleted,
                [
                    "secret": .uuid(secret.id.rawValue), "versions": Self.numbers(versions),
                    "is_deleted": .bool(isDeleted), "now": .timestamp(now),
                ])
        } else {
            try connection.execute(
                SecretQueries.setDeleted,
                [
                    "secret": .uuid(secret.id.rawValue), "is_deleted": .bool(isDeleted),
                    "by": .text(person.storable), "now": .timestamp(now),
                ])
            if !isDeleted, secret.deletedAt != nil { try QuotaStore.check(.secrets, now: now, on: connection) }
        }
        try ControlLog.record(
            isDeleted ? "secret.delete" : "secret.undelete", of: secret.name.rawValue, by: person, reason: reason,
            detail: Self.detail(versions), now: now, on: connection)
        return try self.get(secret.id.description, now: now, on: connection)
    }

    /// The values are gone for good; that they were there stays. A rotation whose version is among them has ended with
    /// that.
    ///
    /// - Parameter versions: `nil`: all of them, and the secret is deleted.
    /// - Throws: `StoreError.notFound`, also for a version that is not there; nothing is changed then.
    package static func destroy(
        _ nameOrID: String, versions: [Int]? = nil, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        let known = try self.get(nameOrID, now: now, on: connection)
        let held = try SecretRotationStore.held(of: known.id, on: connection)
        let secret = try self.taken(known.id.description, now: now, on: connection)
        for number in versions ?? [] {
            _ = try self.version(number, of: secret, now: now, on: connection)
        }
        try connection.execute(
            SecretQueries.destroyVersions,
            [
                "secret": .uuid(secret.id.rawValue), "versions": versions.map(Self.numbers) ?? .null,
                "now": .timestamp(now),
            ])
        if versions == nil {
            try connection.execute(
                SecretQueries.setDeleted,
                [
                    "secret": .uuid(secret.id.rawValue), "is_deleted": .bool(true), "by": .text(person.storable),
                    "now": .timestamp(now),
                ])
        }
        try ControlLog.record(
            "secret.destroy", of: secret.name.rawValue, by: person, reason: reason, detail: Self.detail(versions),
            now: now, on: connection)
        let left = try self.get(secret.id.description, now: now, on: connection)
        if let held, versions?.contains(held.version) ?? true {
            try SecretRotationStore.giveUp(held, of: left, now: now, on: connection)
            try EventWriting.note(
                .secretRotationDiscarded, of: left.name, ["version": .int(held.version), "by": .string(person)],
                now: now, on: connection)
        }
        return left
    }

    private static func numbers(_ versions: [Int]) -> PostgresValue {
        .int4Array(versions.map { Int32(clamping: $0) })
    }

    private static func detail(_ versions: [Int]?) -> Object {
        guard let versions else { return [:] }
        return ["versions": .list(versions.map { .int($0) })]
    }
}
