package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A secret to make.
package struct NewSecret: Sendable {
    package let id: Secret.ID
    package let name: Secret.Name
    package let kind: Secret.Kind
    package let description: String?
    package let labels: [String: String]
    package let versionsMax: Int
    package let expiresAt: Date?
    package let rotation: RotationPolicy?
    /// What has it, and where; `nil`: it is kept here.
    package let provider: (name: String, path: String)?

    package init(
        name: Secret.Name, kind: Secret.Kind, description: String? = nil, labels: [String: String] = [:],
        versionsMax: Int = Secret.versionsMaxDefault, expiresAt: Date? = nil, rotation: RotationPolicy? = nil,
        provider: (name: String, path: String)? = nil
    ) {
        self.id = .new(at: Date())
        self.name = name
        self.kind = kind
        self.description = description
        self.labels = labels
        self.versionsMax = versionsMax
        self.expiresAt = expiresAt
        self.rotation = rotation
        self.provider = provider
    }
}

/// Secrets that are made, and versions that are put there.
extension SecretStore {
    /// How a version is put.
    package struct Put: Hashable, Sendable {
        /// Why it is, which events tell.
        package enum Origin: Hashable, Sendable {
            /// Somebody gave another value: of that there is no event.
            case set
            case rotation
            /// It has the value of this version.
            case rollback(to: Int)
        }

        /// The current version that was looked at; `nil`: whatever it is. 0: there is none yet.
        package var expected: Int?
        /// It is stored, and nobody is given it before it is promoted.
        package var isPending: Bool
        /// How long the one before still counts; `nil`: for those who ask for it by its number, always.
        package var overlap: Duration?
        package var expiresAt: Date?
        package var origin: Origin

        package init(
            expected: Int? = nil, isPending: Bool = false, overlap: Duration? = nil, expiresAt: Date? = nil,
            origin: Origin = .set
        ) {
            self.expected = expected
            self.isPending = isPending
            self.overlap = overlap
            self.expiresAt = expiresAt
            self.origin = origin
        }
    }

    /// Times that a value is sealed anew because another version came in between.
    package static let sealingsMax = 5

    /// - Parameter sealed: version 1; `nil` for a secret that a provider has.
    /// - Throws: `StoreError.nameTaken`, `.refused` for the name of a secret that is deleted and for a policy of
    ///   rotation with a provider, `.quotaExceeded`.
    package static func create(
        _ new: NewSecret, sealed: SealedSecret?, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        if let provider = new.provider, new.rotation != nil {
            throw StoreError.refused("secret \(new.name)", why: self.rotatedElsewhere(provider.name))
        }
        let created = try connection.execute(
            SecretQueries.create,
            [
                "secret": .uuid(new.id.rawValue), "name": .text(new.name.rawValue),
                "kind": .text(new.kind.rawValue), "description": .text(new.description?.storable),
                "labels": .text(StoredJSON.text(of: Self.object(new.labels))), "versions_max": .int(new.versionsMax),
                "expires_at": .timestamp(new.expiresAt), "rotation": .text(try new.rotation?.stored()),
                "provider": .text(new.provider?.name.storable), "path": .text(new.provider?.path.storable),
                "by": .text(person.storable), "now": .timestamp(now),
            ])
        guard created.first != nil else {
            if let there = try self.find(new.name.rawValue, now: now, on: connection), there.deletedAt != nil {
                throw Self.refused(
                    there,
                    "is deleted, and its name goes to no other; casarectl secret undelete \(there.name) brings it back")
            }
            throw StoreError.nameTaken(.secret, new.name.rawValue)
        }
        try QuotaStore.check(.secrets, now: now, on: connection)
        var secret = try self.get(new.id.description, now: now, on: connection)
        if let sealed {
            try self.add(sealed, to: secret, isPending: false, expiresAt: nil, person, reason, now, on: connection)
            try self.makeCurrent(sealed.version, of: secret, by: person, now: now, on: connection)
            secret = try self.get(new.id.description, now: now, on: connection)
        }
        try ControlLog.record(
            "secret.create", of: new.name.rawValue, by: person, reason: reason,
            detail: ["kind": .string(new.kind.rawValue)], now: now, on: connection)
        return secret
    }

    /// The number that the next version has, to seal a value for it.
    ///
    /// - Parameter expected: the current version that was looked at; `nil`: whatever it is.
    /// - Throws: `StoreError.notFound`, `.revisionChanged` for another current version, `.refused` for a secret that is
    ///   deleted or that a provider has.
    package static func nextVersion(
        of nameOrID: String, expected: Int? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (secret: Secret, number: Int) {
        let secret = try self.get(nameOrID, now: now, on: connection)
        try self.check(secret, expected)
        let numbers = try connection.execute(SecretQueries.lastVersion, ["secret": .uuid(secret.id.rawValue)])
        return (secret, try numbers.only().int("last_version") + 1)
    }

    private static func check(_ secret: Secret, _ expected: Int?) throws {
        if let provider = secret.provider {
            throw self.refused(secret, "is kept by the provider \(provider); change it there")
        }
        guard secret.deletedAt == nil else {
            throw self.refused(
                secret, "is deleted; casarectl secret undelete \(secret.name) brings it back, then put a version")
        }
        guard let expected, expected != secret.currentVersion else { return }
        throw StoreError.revisionChanged(
            "secret \(secret.name)", expected: expected, found: secret.currentVersion)
    }

    /// A new version, sealed for the number that `nextVersion` gave.
    ///
    /// - Throws: as `nextVersion`; `StoreError.contended` when another version has that number by now: seal it for the
    ///   next one, up to `sealingsMax` times.
    package static func put(
        _ sealed: SealedSecret, as put: Put = Put(), by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        if !put.isPending { try SecretRotationStore.release(sealed.name.rawValue, now: now, on: connection) }
        let secret = try self.taken(sealed.name.rawValue, now: now, on: connection)
        try self.check(secret, put.expected)
        try self.add(
            sealed, to: secret, isPending: put.isPending, expiresAt: put.expiresAt, person, reason, now, on: connection)
        if !put.isPending {
            try self.replace(secret, by: sealed.version, overlap: put.overlap, person, now, on: connection)
            try self.tell(put.origin, of: secret, sealed.version, person, now, on: connection)
        }
        try ControlLog.record(
            "secret.put", of: secret.name.rawValue, by: person, reason: reason,
            detail: ["version": .int(sealed.version), "pending": .bool(put.isPending)], now: now, on: connection)
        return try self.get(secret.id.description, now: now, on: connection)
    }

    /// A pending version is the current one from now on. A rotation in which it waited has ended with that.
    ///
    /// - Parameter overlap: of the one before; `nil`: as it was said when the rotation began, and without one, for those
    ///   who ask for it by its number, always.
    /// - Throws: `StoreError.notFound`; `.refused` for one that is not pending, and for one that waits in a rotation
    ///   since whose beginning another version has become current.
    package static func promote(
        _ nameOrID: String, version number: Int, overlap: Duration?, by person: String, reason: String?,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Secret {
        let known = try self.get(nameOrID, now: now, on: connection)
        let held = try SecretRotationStore.held(of: known.id, on: connection)
        let rotation = held?.version == number ? held : nil
        try SecretRotationStore.release(known.id.description, now: now, on: connection)
        let secret = try self.taken(known.id.description, now: now, on: connection)
        try self.checkPending(number, of: secret, now: now, on: connection)
        try self.check(secret, nil)
        if let rotation { try rotation.checkBase(in: secret) }
        try connection.execute(
            SecretQueries.promote, ["secret": .uuid(secret.id.rawValue), "version": .int(number)])
        let lasting = overlap ?? rotation.map { Duration.seconds($0.overlapSeconds) }
        try self.replace(secret, by: number, overlap: lasting, person, now, on: connection)
        if rotation != nil { try SecretRotationStore.settle(secret.id, on: connection) }
        try self.tell(.rotation, of: secret, number, person, now, on: connection)
        try ControlLog.record(
            "secret.promote", of: secret.name.rawValue, by: person, reason: reason,
            detail: ["version": .int(number)], now: now, on: connection)
        return try self.get(secret.id.description, now: now, on: connection)
    }

    /// A pending version comes to nothing: its value is gone, and the current version stays. A rotation in which it
    /// waited has ended with that.
    ///
    /// - Throws: `StoreError.notFound`; `.refused` for one that is not pending.
    package static func discard(
        _ nameOrID: String, version number: Int, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        let kept = try self.takeBack(nameOrID, number, by: person, reason: reason, now: now, on: connection)
        try EventWriting.note(
            .secretRotationDiscarded, of: kept.name, ["version": .int(number), "by": .string(person)], now: now,
            on: connection)
        return kept
    }

    /// The same without an event: whoever does it tells why.
    static func takeBack(
        _ nameOrID: String, _ number: Int, by person: String, reason: String?, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Secret {
        let known = try self.get(nameOrID, now: now, on: connection)
        let held = try SecretRotationStore.held(of: known.id, on: connection)
        let secret = try self.taken(known.id.description, now: now, on: connection)
        try self.checkPending(number, of: secret, now: now, on: connection)
        try connection.execute(
            SecretQueries.destroyVersions,
            [
                "secret": .uuid(secret.id.rawValue), "versions": .int4Array([Int32(clamping: number)]),
                "now": .timestamp(now),
            ])
        try ControlLog.record(
            "secret.discard", of: secret.name.rawValue, by: person, reason: reason,
            detail: ["version": .int(number)], now: now, on: connection)
        try self.prune(secret, current: secret.currentVersion, now, on: connection)
        let kept = try self.get(secret.id.description, now: now, on: connection)
        if let held, held.version == number {
            try SecretRotationStore.giveUp(held, of: kept, now: now, on: connection)
        }
        return kept
    }

    private static func checkPending(
        _ number: Int, of secret: Secret, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        let state = try self.version(number, of: secret, now: now, on: connection).version.state
        guard state == .pending else {
            throw self.refused(secret, "has a version \(number) that is \(state.kind.rawValue), not pending")
        }
    }

    // MARK: -

    /// - Parameter secret: as it was before.
    private static func tell(
        _ origin: Put.Origin, of secret: Secret, _ version: Int, _ person: String, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        var detail: Object = [
            "version": .int(version), "previous_version": .int(secret.currentVersion), "by": .string(person),
        ]
        switch origin {
        case .set: break
        case .rotation:
            try EventWriting.note(.secretRotated, of: secret.name, detail, now: now, on: connection)
        case .rollback(let old):
            detail["to"] = .int(old)
            try EventWriting.note(.secretRolledBack, of: secret.name, detail, now: now, on: connection)
        }
    }

    private static func add(
        _ sealed: SealedSecret, to secret: Secret, isPending: Bool, expiresAt: Date?, _ person: String,
        _ reason: String?, _ now: Date?, on connection: isolated PostgresConnection
    ) throws {
        let numbered = try connection.execute(
            SecretQueries.numbered,
            [
                "secret": .uuid(secret.id.rawValue), "version": .int(sealed.version), "by": .text(person.storable),
                "now": .timestamp(now),
            ])
        guard numbered.first != nil else { throw StoreError.contended("secret \(secret.name)") }
        try connection.execute(
            SecretQueries.addVersion,
            [
                "secret": .uuid(secret.id.rawValue), "version": .int(sealed.version),
                "ciphertext": .bytes(sealed.ciphertext), "wrapped_key": .bytes(sealed.key.bytes),
                "key_id": .text(sealed.key.keyID), "fields": .textArray(sealed.fields),
                "expires_at": .timestamp(expiresAt), "is_pending": .bool(isPending),
                "reason": .text(reason?.storable), "by": .text(person.storable), "now": .timestamp(now),
            ])
    }

    private static func replace(
        _ secret: Secret, by number: Int, overlap: Duration?, _ person: String, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        if let overlap, secret.currentVersion > 0 {
            try connection.execute(
                SecretQueries.overlap,
                [
                    "secret": .uuid(secret.id.rawValue), "version": .int(secret.currentVersion),
                    "seconds": .double(overlap.seconds), "now": .timestamp(now),
                ])
        }
        try self.makeCurrent(number, of: secret, by: person, now: now, on: connection)
        try self.prune(secret, current: number, now, on: connection)
    }

    private static func prune(
        _ secret: Secret, current number: Int, _ now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            SecretQueries.prune,
            [
                "secret": .uuid(secret.id.rawValue), "current_version": .int(number),
                "versions_max": .int(secret.versionsMax), "now": .timestamp(now),
            ])
    }

    private static func makeCurrent(
        _ number: Int, of secret: Secret, by person: String, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            SecretQueries.setCurrent,
            [
                "secret": .uuid(secret.id.rawValue), "version": .int(number), "by": .text(person.storable),
                "now": .timestamp(now),
            ])
    }
}
