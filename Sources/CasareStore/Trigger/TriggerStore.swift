package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Triggers as people see them. Call within `Database.asTenant`, where nothing else is said.
package enum TriggerStore {
    /// A trigger to create.
    package typealias New = NewResource<Trigger.ID, TriggerSpec>

    /// All that is given must be true of a trigger.
    package struct Filter: Hashable, Sendable {
        package var kind: Trigger.Kind?
        package var status: Trigger.Status?
        /// As the trigger names it.
        package var workflow: String?
        package var managedBy: String?

        package init(
            kind: Trigger.Kind? = nil, status: Trigger.Status? = nil, workflow: String? = nil, managedBy: String? = nil
        ) {
            self.kind = kind
            self.status = status
            self.workflow = workflow
            self.managedBy = managedBy
        }
    }

    /// - Parameter secret: of a hook or a feed that needs one.
    /// - Throws: `StoreError.nameTaken`, and `.notFound` for a workflow or a version of it that there is not;
    ///   `.refused` when there are as many as there may be, or the secret and the authentication do not fit.
    package static func create(
        _ new: New, secret: SealingKey.Sealed?, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Trigger {
        guard (secret != nil) == new.spec.needsSecret else {
            throw StoreError.refused(
                "trigger \(new.name)",
                why: new.spec.needsSecret
                    ? "needs a secret: by which requests prove themselves, or the password or token of the feed"
                    : "has no use for a secret; leave it out")
        }
        try WorkflowStore.check(new.spec.workflow, version: new.spec.workflowVersion, on: connection)
        try connection.execute(TriggerQueries.lock)
        let row = try connection.execute(TriggerQueries.count, ["limit": .int(Trigger.countMax)]).only()
        let count = try row.int("triggers")
        guard count < Trigger.countMax else {
            throw StoreError.refused(
                "trigger \(new.name)",
                why: "cannot be created: \(Trigger.countMax) are there, and no more may be; delete one of them")
        }
        let created = try connection.execute(
            TriggerQueries.create,
            [
                "trigger": .uuid(new.id.rawValue), "name": .text(new.name.storable),
                "kind": .text(new.spec.source.kind.rawValue), "spec": .text(try new.spec.stored()),
                "variables": .text(StoredJSON.text(of: new.spec.variables)), "is_paused": .bool(new.isPaused),
                "reason": .text(new.reason?.storable), "managed_by": .text(new.managedBy?.storable),
                "by": .text(person.storable), "now": .timestamp(now),
            ])
        guard created.first != nil else { throw StoreError.nameTaken(.trigger, new.name) }
        if let secret { try self.add(secret, number: 1, to: new.id, now: now, on: connection) }
        try ControlLog.record(
            "trigger.create", of: new.name, by: person, reason: new.reason,
            detail: ["kind": .string(new.spec.source.kind.rawValue), "workflow": .string(new.spec.workflow)], now: now,
            on: connection)
        return try self.get(new.id, now: now, on: connection)
    }

    /// - Throws: `StoreError.notFound`.
    package static func get(
        _ id: Trigger.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Trigger {
        let rows = try connection.execute(
            TriggerQueries.get, ["trigger": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.trigger, id.description) }
        return try Trigger(row: row)
    }

    /// - Parameter nameOrID: no name is a UUID.
    /// - Throws: `StoreError.notFound`.
    package static func get(
        _ nameOrID: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Trigger {
        try Trigger(row: try self.row(nameOrID, now: now, on: connection))
    }

    /// Its row, also of one that cannot be read.
    private static func row(
        _ nameOrID: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        let rows =
            if let id = Trigger.ID(nameOrID) {
                try connection.execute(TriggerQueries.get, ["trigger": .uuid(id.rawValue), "now": .timestamp(now)])
            } else {
                try connection.execute(
                    TriggerQueries.getByName, ["name": .text(nameOrID.storable), "now": .timestamp(now)])
            }
        guard let row = rows.first else { throw StoreError.notFound(.trigger, nameOrID) }
        return row
    }

    /// A trigger of a list, or what became of one that was steered.
    package struct Listed: Hashable, Sendable {
        package let id: Trigger.ID
        package let name: String
        /// `nil`: what is stored of it cannot be read, and nothing comes of it.
        package let trigger: Trigger?
        /// Why it cannot be read.
        package let problem: String?
    }

    /// By name, behind the cursor's. One that cannot be read keeps nobody from seeing the others.
    package static func list(
        _ filter: Filter = Filter(), after name: String = "", limit: Int, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [Listed] {
        try connection.execute(
            TriggerQueries.list,
            [
                "kind": .text(filter.kind?.rawValue), "is_paused": .bool(filter.status.map { $0 == .paused }),
                "workflow": .text(filter.workflow?.storable), "managed_by": .text(filter.managedBy?.storable),
                "after": .text(name.storable), "limit": .int(limit), "now": .timestamp(now),
            ]
        ).map(Listed.init(row:))
    }

    /// Those that wait for jobs to end, behind the cursor's; paused ones too.
    package static func onJobs(
        after id: Trigger.ID? = nil, limit: Int = Trigger.countMax, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [Listed] {
        let first = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return try connection.execute(
            TriggerQueries.onJobs,
            ["after": .uuid(id?.rawValue ?? first), "limit": .int(limit), "now": .timestamp(now)]
        ).map(Listed.init(row:))
    }

    // MARK: - Changing

    /// - Parameters:
    ///   - expected: the revision that was looked at; `nil`: whatever it is.
    ///   - change: makes the new spec of the one that holds; the kind stays, and whether it needs a secret.
    ///   - managedBy: the new mark; `nil` leaves it as it is, and `.some(nil)` takes it away.
    /// - Throws: `StoreError.notFound`, also for a workflow or a version of it that there is not, `.revisionChanged`,
    ///   and `.refused` for a change of kind, of whether there is a secret, or to a scheme that its secret is none of.
    package static func update(
        _ nameOrID: String, expected: Int? = nil, managedBy: String?? = nil, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection, change: (Trigger) throws -> TriggerSpec
    ) throws -> Trigger {
        let trigger = try self.taken(nameOrID, now: now, on: connection)
        try StoreError.check(expected, isRevisionOf: "trigger \(trigger.name)", at: trigger.revision)
        let spec = try change(trigger)
        guard spec.source.kind == trigger.kind else {
            throw StoreError.refused(
                "trigger \(trigger.name)",
                why: "waits for a \(trigger.kind.rawValue) and stays so; create another trigger for something else")
        }
        // One that asked for a secret would stand open all at once.
        guard spec.needsSecret == trigger.spec.needsSecret else {
            throw StoreError.refused(
                "trigger \(trigger.name)",
                why: spec.needsSecret
                    ? "has no secret, and would need one then; create another trigger with a secret"
                    : "asks for a secret and stays so; create another trigger that asks for none")
        }
        guard !spec.isStandardWebhook || trigger.spec.isStandardWebhook else {
            throw StoreError.refused(
                "trigger \(trigger.name)",
                why: "has a secret that is none of Standard Webhooks; create another trigger for that")
        }
        let mark = managedBy ?? trigger.managedBy
        guard spec != trigger.spec || mark != trigger.managedBy else { return trigger }
        if spec != trigger.spec {
            try WorkflowStore.check(spec.workflow, version: spec.workflowVersion, on: connection)
        }
        try connection.execute(
            TriggerQueries.update,
            [
                "trigger": .uuid(trigger.id.rawValue), "spec": .text(try spec.stored()),
                "variables": .text(StoredJSON.text(of: spec.variables)), "managed_by": .text(mark?.storable),
                "step": .int(spec == trigger.spec ? 0 : 1), "by": .text(person.storable), "now": .timestamp(now),
            ])
        try ControlLog.record("trigger.update", of: trigger.name, by: person, reason: nil, now: now, on: connection)
        return try self.get(trigger.id, now: now, on: connection)
    }

    /// Nothing comes of it until somebody resumes it, also of one that cannot be read. One that is paused already stays
    /// as it is.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func pause(
        _ nameOrID: String, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Listed {
        let known = try Listed(row: try self.takenRow(nameOrID, now: now, on: connection))
        let changed = try connection.execute(
            TriggerQueries.pause,
            [
                "trigger": .uuid(known.id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                "now": .timestamp(now),
            ])
        guard changed.first != nil else { return known }
        try ControlLog.record("trigger.pause", of: known.name, by: person, reason: reason, now: now, on: connection)
        return try Listed(row: try self.row(known.id.description, now: now, on: connection))
    }

    /// What came meanwhile is not made up for. One that is not paused stays as it is.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func resume(
        _ nameOrID: String, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Listed {
        let known = try Listed(row: try self.takenRow(nameOrID, now: now, on: connection))
        let changed = try connection.execute(TriggerQueries.resume, ["trigger": .uuid(known.id.rawValue)])
        guard changed.first != nil else { return known }
        try ControlLog.record("trigger.resume", of: known.name, by: person, reason: reason, now: now, on: connection)
        return try Listed(row: try self.row(known.id.description, now: now, on: connection))
    }

    /// With its secrets and its history, also of one that cannot be read; the jobs that it made stay.
    ///
    /// - Returns: what it was.
    /// - Throws: `StoreError.notFound`.
    package static func delete(
        _ nameOrID: String, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Listed {
        let known = try Listed(row: try self.takenRow(nameOrID, now: now, on: connection))
        try connection.execute(TriggerQueries.delete, ["trigger": .uuid(known.id.rawValue)])
        try ControlLog.record("trigger.delete", of: known.name, by: person, reason: reason, now: now, on: connection)
        return known
    }

    /// The trigger, whose row nobody else changes until the transaction ends.
    static func taken(
        _ nameOrID: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Trigger {
        try Trigger(row: try self.takenRow(nameOrID, now: now, on: connection))
    }

    /// The same of one that cannot be read.
    private static func takenRow(
        _ nameOrID: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        let id = Trigger.ID(rawValue: try self.row(nameOrID, now: now, on: connection).uuid("trigger_id"))
        let rows = try connection.execute(TriggerQueries.take, ["trigger": .uuid(id.rawValue)])
        guard rows.first != nil else { throw StoreError.notFound(.trigger, nameOrID) }
        return try self.row(id.description, now: now, on: connection)
    }
}

extension TriggerSpec {
    /// Of a hook whose authentication rests on one, and of a feed that is read with one.
    package var needsSecret: Bool {
        switch self.source {
        case .webhook(let webhook): webhook.auth.kind.needsSecret
        case .job, .file: false
        case .feed(let feed): feed.needsSecret
        }
    }

    /// Of a hook whose secrets are of a form of their own.
    fileprivate var isStandardWebhook: Bool {
        switch self.source {
        case .webhook(let webhook): webhook.auth.kind == .standard
        case .job, .file, .feed: false
        }
    }
}
