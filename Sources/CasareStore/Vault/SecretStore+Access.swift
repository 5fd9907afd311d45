package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Values, still sealed, for those who may have them.
extension SecretStore {
    /// What a value is wanted for.
    package enum Purpose: Hashable, Sendable {
        /// To look at it or to copy it: anything whose value is there.
        case reading
        /// To work with it: nothing that is past its time, pending or replaced.
        case use
    }

    /// - Parameter number: `nil`: the current version.
    /// - Throws: `StoreError.notFound`; `.refused` for what has no value to give, and why.
    package static func sealed(
        _ nameOrID: String, version number: Int? = nil, for purpose: Purpose, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (secret: Secret, version: SecretVersion, sealed: SealedSecret) {
        let secret = try self.get(nameOrID, now: now, on: connection)
        if let provider = secret.provider {
            throw self.refused(secret, "is kept by the provider \(provider), which alone has its value")
        }
        let found = try self.found(secret, number, for: purpose, now: now, on: connection)
        return (secret, found.version, found.sealed)
    }

    private static func found(
        _ secret: Secret, _ number: Int?, for purpose: Purpose, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (version: SecretVersion, sealed: SealedSecret) {
        if let deletedAt = secret.deletedAt {
            throw self.refused(
                secret,
                "was deleted at \(deletedAt.formatted(.iso8601)); "
                    + "casarectl secret undelete \(secret.name) brings it back")
        }
        let number = number ?? secret.currentVersion
        guard number > 0 else {
            throw self.refused(secret, "has no value yet; put one with casarectl secret set \(secret.name)")
        }
        let (version, row) = try self.version(number, of: secret, now: now, on: connection)
        let why: String? =
            switch version.state {
            case .deleted(let at):
                "was deleted at \(at.formatted(.iso8601)); undelete it, roll back, or put another one"
            case .destroyed(let at):
                "was destroyed at \(at.formatted(.iso8601)): its value is gone; put another one"
            case .pending: purpose == .use ? "is pending: it is used when somebody has promoted it" : nil
            case .superseded(let at):
                purpose == .use
                    ? "was replaced, and its time ended at \(at.formatted(.iso8601)); name no version, or a newer one"
                    : nil
            case .live, .overlapping: nil
            }
        if let why { throw self.refused(secret, "cannot be had: version \(number) \(why)") }
        // The tenant of the transaction, and not the one that a row says it is of: to that the value is bound.
        let here = try connection.execute(SecretQueries.here, ["now": .timestamp(now)]).only()
        if purpose == .use {
            try self.check([secret.expiresAt, version.expiresAt], of: secret, at: try here.date("seen_at"))
        }
        let sealed = SealedSecret(
            tenant: Tenant.ID(rawValue: try here.decode("tenant_id")), name: secret.name, version: number,
            ciphertext: try row.bytes("ciphertext"),
            key: WrappedKey(bytes: try row.bytes("wrapped_key"), keyID: try row.string("key_id")),
            fields: version.fields)
        return (version, sealed)
    }

    private static func check(_ ends: [Date?], of secret: Secret, at now: Date) throws(StoreError) {
        guard let end = ends.compactMap({ $0 }).min(), end <= now else { return }
        throw self.refused(
            secret, "expired at \(end.formatted(.iso8601)); put a new version, or let it expire later")
    }

    // MARK: - For jobs

    /// References that one request may have.
    package static let referencesMax = SecretReference.countMax

    /// Gives a run of a job what its workflow names, and notes that it has it. All of it is in the answer, what was
    /// refused too: commit in either case, so that the note of who asked stays.
    ///
    /// A reference is answered where the job's pinned version of the workflow has it, word for word, aliases put in.
    /// Who holds the lease of a job can have no other secret by it.
    ///
    /// - Parameters:
    ///   - references: as `SecretReference.named(in:)` gives them.
    ///   - entry: who asks; an entry of the audit log is made of it for each reference.
    /// - Throws: `StoreError.leaseLost`.
    package static func access(
        _ references: [String], under lease: Lease, as entry: NewAuditEntry, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> SecretAccess {
        let rows = try connection.execute(
            HoldQueries.program, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        guard let program = rows.first else { throw StoreError.leaseLost(lease.job) }
        var entry = entry
        if entry.traceID == nil { entry.traceID = try TraceID(row: program) }
        let version = try WorkflowStore.version(
            try program.int("workflow_version"), of: Workflow.ID(rawValue: try program.uuid("workflow_id")),
            on: connection)
        guard let document = try? Value(parsingJSON: version.document) else {  // It was checked when it was pushed.
            throw StoreError.unreadable(
                "version \(version.number) of workflow \(version.name) is not JSON; push it again")
        }
        let named = SecretReference.named(in: document)
        var access = SecretAccess()
        for reference in references.prefix(Self.referencesMax) {
            guard named.contains(reference), let parsed = SecretReference(reference) else {
                access.refusals.append(
                    SecretRefusal(
                        reference: reference, code: .denied,
                        why: "version \(version.number) of workflow \(version.name) does not name the secret "
                            + "\(reference.prefix(Secret.Name.charactersMax)); name it there, by credential_name or "
                            + "{{$secret:…}}, and push that"))
                continue
            }
            do {
                access.grants.append(try self.grant(parsed, asked: reference, to: lease.job, now: now, on: connection))
            } catch let error as StoreError {
                guard let refusal = SecretRefusal(of: reference, error) else { throw error }
                access.refusals.append(refusal)
            }
        }
        try self.note(access, lease, robot: try program.optionalString("robot_id"), entry, now, on: connection)
        return access
    }

    /// The same for a robot that speaks SQL: it asks from where its connection comes, in the trace of the job.
    ///
    /// - Parameter person: who asks, for the audit log.
    package static func access(
        _ references: [String], under lease: Lease, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> SecretAccess {
        let source = try connection.execute(HoldQueries.source).only().optionalString("source")
        let entry = NewAuditEntry(
            actor: person, actorKind: Principal.Kind.internal.rawValue, action: self.useAction, source: source)
        return try self.access(references, under: lease, as: entry, now: now, on: connection)
    }

    /// What the audit log calls it when a job is given a secret.
    package static let useAction = "secret.use"

    private static func grant(
        _ reference: SecretReference, asked: String, to job: Job.ID, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> SecretAccess.Grant {
        for target in reference.targets {
            let key = target.key.description
            guard let secret = try self.find(key, now: now, on: connection) else { continue }
            if let provider = secret.provider, let path = secret.path {
                guard secret.deletedAt == nil else { throw self.refused(secret, "is deleted") }
                // Its number would mean the newest version to some providers.
                guard reference.version != SecretReference.pendingVersion else {
                    throw self.refused(
                        secret, "is kept by the provider \(provider), where nothing is pending; leave @pending out")
                }
                let here = try connection.execute(SecretQueries.here, ["now": .timestamp(now)]).only()
                try self.check([secret.expiresAt], of: secret, at: try here.date("seen_at"))
                return SecretAccess.Grant(
                    reference: asked, secret: secret, version: reference.version ?? 0, field: target.field,
                    value: .provider(name: provider, path: path, version: reference.version))
            }
            var (number, purpose) = (reference.version, Purpose.use)
            if number == SecretReference.pendingVersion {
                number = try SecretRotationStore.pendingVersion(of: secret.id, for: job, on: connection)
                guard number != nil else {
                    throw self.refused(
                        secret, "has no pending version for this job: only the job of its rotation is given that")
                }
                purpose = .reading
            }
            let (version, sealed) = try self.found(secret, number, for: purpose, now: now, on: connection)
            if let field = target.field, !version.fields.contains(field) {
                let fields = version.fields.joined(separator: ", ")
                throw StoreError.notFound(
                    .secret, "\(secret.name) with a field \(field): version \(version.number) has \(fields)")
            }
            return SecretAccess.Grant(
                reference: asked, secret: secret, version: version.number, field: target.field,
                value: .sealed(sealed))
        }
        throw StoreError.notFound(.secret, "\(reference); put it there with casarectl secret set \(reference.path)")
    }

    private static func note(
        _ access: SecretAccess, _ lease: Lease, robot: String?, _ entry: NewAuditEntry, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        var entry = entry
        entry.action = Self.useAction
        let about: Object = ["job": .string(lease.job.description), "robot": robot.map { Value.string($0) } ?? .null]
        for grant in access.grants {
            entry.subject = grant.secret.name.rawValue
            entry.outcome = .granted
            entry.detail = about
            entry.detail["version"] = .int(grant.version)
            try AuditLog.append(entry, on: connection)
        }
        for refusal in access.refusals {
            entry.subject = refusal.reference
            entry.outcome = refusal.code == .denied ? .denied : .failed
            entry.detail = about
            entry.detail["why"] = .string(refusal.why)
            try AuditLog.append(entry, on: connection)
        }
        if !access.grants.isEmpty {
            try connection.execute(
                HoldQueries.hold,
                [
                    "secrets": .uuidArray(access.grants.map(\.secret.id.rawValue)),
                    "versions": .int4Array(access.grants.map { Int32(clamping: $0.version) }),
                    "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue), "robot": .text(robot),
                    "now": .timestamp(now),
                ])
        }
    }

    /// The jobs that run and were given it, by version.
    ///
    /// - Parameter version: `nil`: any.
    /// - Throws: `StoreError.notFound`.
    package static func consumers(
        of nameOrID: String, version: Int? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [SecretConsumer] {
        let secret = try self.get(nameOrID, on: connection)
        return try connection.execute(
            HoldQueries.consumers,
            ["secret": .uuid(secret.id.rawValue), "version": .int(version), "limit": .int(limit)]
        ).map { row in
            SecretConsumer(
                job: Job.ID(rawValue: try row.uuid("job_id")), workflow: try row.string("workflow_name"),
                robot: try row.optionalString("robot_id"), version: try row.int("version"),
                since: try row.date("at"))
        }
    }
}

extension SecretRefusal {
    /// `nil` for an error that does not concern the reference alone.
    fileprivate init?(of reference: String, _ error: StoreError) {
        let code: Code
        if case .notFound = error {
            code = .notFound
        } else if case .refused = error {
            code = .denied
        } else {
            return nil
        }
        self.init(reference: reference, code: code, why: error.description)
    }
}
