package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What cannot be taken back, and takes two persons where the tenant says so. Call within `Database.asTenant`, where
/// nothing else is said.
package enum ApprovalStore {
    /// Something that somebody wants to do.
    package struct Request: Hashable, Sendable {
        package let action: Approval.Action
        /// The operation's ID, the secret's or the tenant's name.
        package let subject: String
        /// All that makes a difference to what is done: what was approved is this and nothing else.
        package let detail: String
        package let person: String
        package let reason: String?
        /// Whether it cannot wait for a second person. Whoever says so is noted loudly.
        package let breaksGlass: Bool

        package init(
            _ action: Approval.Action, of subject: String, detail: String = "", by person: String, reason: String?,
            breaksGlass: Bool = false
        ) {
            self.action = action
            self.subject = subject
            self.detail = detail
            self.person = person
            self.reason = reason
            self.breaksGlass = breaksGlass
        }
    }

    /// Whether it may be done now.
    package enum Verdict: Hashable, Sendable {
        /// One person is enough in this tenant.
        case free
        /// A second person has agreed; that is used up with this.
        case approved(Approval)
        /// Nobody was asked.
        case glassBroken
        /// Commit, and tell the one who asked.
        case waiting(Approval)
    }

    package static func isNeeded(on connection: isolated PostgresConnection) throws -> Bool {
        try connection.execute(ApprovalQueries.isNeeded).only().bool("requires_approval")
    }

    /// Says whether something may be done in this transaction, and else asks for it.
    ///
    /// - Parameter always: whatever the tenant says.
    /// - Throws: `StoreError.refused` where too many wait already, and for broken glass without a reason.
    package static func verdict(
        for request: Request, always: Bool = false, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Verdict {
        guard try always || self.isNeeded(on: connection) else { return .free }
        if request.breaksGlass {
            try self.breakGlass(request, now: now, on: connection)
            return .glassBroken
        }
        let place: KeyValuePairs<String, PostgresValue> = [
            "action": .text(request.action.rawValue), "subject": .text(request.subject.storable),
            "by": .text(request.person.storable), "detail": .text(request.detail.storable), "now": .timestamp(now),
        ]
        if let row = try connection.execute(ApprovalQueries.use, place).first {
            return .approved(try Approval(row: row))
        }
        try connection.execute(ApprovalQueries.supersede, place)
        return .waiting(try self.ask(request, as: .new(at: now ?? Date()), now: now, on: connection))
    }

    /// Asks a second person.
    ///
    /// - Parameter id: an operation's own, where one waits for it.
    /// - Throws: `StoreError.refused` where too many wait already.
    package static func ask(
        _ request: Request, as id: Approval.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Approval {
        let open = try connection.execute(ApprovalQueries.openCount, ["limit": .int(Approval.openMax)]).only()
        guard try open.int("open") < Approval.openMax else {
            throw StoreError.refused(
                "this request",
                why: "would wait for a second person, as \(Approval.openMax) others do; decide those first")
        }
        let row = try connection.execute(
            ApprovalQueries.ask,
            [
                "approval": .uuid(id.rawValue), "action": .text(request.action.rawValue),
                "subject": .text(request.subject.storable), "detail": .text(request.detail.storable),
                "reason": .text(request.reason?.storable), "by": .text(request.person.storable),
                "seconds": .double(Approval.secondsMax), "now": .timestamp(now),
            ]
        ).only()
        return try Approval(row: row)
    }

    /// Notes that somebody did not wait for a second person.
    ///
    /// - Throws: `StoreError.refused` without a reason.
    package static func breakGlass(
        _ request: Request, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard let reason = request.reason, !reason.isEmpty else {
            throw StoreError.refused(
                "breaking the glass", why: "takes a reason: it is kept for those who will ask; add --reason")
        }
        try ControlLog.record(
            "\(request.action.rawValue).break_glass", of: request.subject, by: request.person, reason: reason,
            detail: ["severity": "alert", "waited_for_approval": false], now: now, on: connection)
    }

    // MARK: - Deciding

    /// - Throws: `StoreError.notFound`.
    package static func get(_ id: Approval.ID, on connection: isolated PostgresConnection) throws -> Approval {
        guard let row = try connection.execute(ApprovalQueries.get, ["approval": .uuid(id.rawValue)]).first else {
            throw StoreError.notFound(.approval, id.description)
        }
        return try Approval(row: row)
    }

    /// Newest first, below the cursor's.
    package static func list(
        _ status: Approval.Status? = nil, before cursor: Approval.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [Approval] {
        try connection.execute(
            ApprovalQueries.list,
            [
                "status": .text(status?.rawValue), "before": .uuid(cursor?.rawValue ?? Job.ID.last.rawValue),
                "limit": .int(limit),
            ]
        ).map(Approval.init(row:))
    }

    /// Decides, as another person than the one who asked. An operation that waited goes on, or is cancelled, with this.
    ///
    /// - Throws: `StoreError.notFound`; `.refused` where this person cannot decide, or nobody any more.
    package static func decide(
        _ id: Approval.ID, agrees: Bool, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Approval {
        let held = try connection.execute(
            ApprovalQueries.hold, ["approval": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = held.first else { throw StoreError.notFound(.approval, id.description) }
        let approval = try Approval(row: row)
        if let refusal = approval.refusal(of: person, at: try row.date("now")) {
            throw StoreError.refused("approval \(id)", why: refusal)
        }
        let goesOn = approval.action.goesOnByItself
        let status: Approval.Status = agrees ? (goesOn ? .used : .approved) : .denied
        let decided = try connection.execute(
            ApprovalQueries.decide,
            [
                "approval": .uuid(id.rawValue), "status": .text(status.rawValue), "by": .text(person.storable),
                "reason": .text(reason?.storable), "seconds": .double(Approval.secondsMax), "now": .timestamp(now),
            ]
        ).only()
        if goesOn {
            _ = try OperationStore.steer(
                Operation.ID(rawValue: id.rawValue), agrees ? .approve : .cancel, by: person, reason: reason, now: now,
                on: connection)
        }
        try ControlLog.record(
            "operation.\(agrees ? "approve" : "deny")", of: id.description, by: person, reason: reason,
            detail: ["action": .string(approval.action.rawValue), "subject": .string(approval.subject)], now: now,
            on: connection)
        return try Approval(row: decided)
    }

    /// One that nobody has decided in time.
    package struct Expired: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let id: Approval.ID
        package let action: Approval.Action?
    }

    /// Ends those that nobody decided, or used, in time. Call within `Database.asSystem`; operations that waited are
    /// cancelled by `cancel(_:)`, each as its tenant.
    package static func expire(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Expired] {
        try connection.execute(ApprovalQueries.expire, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Expired(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                id: Approval.ID(rawValue: try row.uuid("approval_id")),
                action: Approval.Action(rawValue: try row.string("action")))
        }
    }

    /// Cancels the operation that waited, if it was one and still waits.
    package static func cancel(
        _ expired: Expired, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard expired.action?.goesOnByItself == true else { return }
        let id = Operation.ID(rawValue: expired.id.rawValue)
        guard try OperationStore.get(id, on: connection)?.status == .awaitingApproval else { return }
        _ = try OperationStore.steer(
            id, .cancel, by: "approvals", reason: "nobody agreed in time", now: now, on: connection)
    }
}

extension Approval {
    /// - Parameter row: of the table `approvals`.
    init(row: Row) throws {
        let id = ID(rawValue: try row.uuid("approval_id"))
        let (action, status) = (try row.string("action"), try row.string("status"))
        guard let action = Action(rawValue: action), let status = Status(rawValue: status) else {
            throw StoreError.unreadable("approval \(id) is of a kind that this program does not know")
        }
        self.init(
            id: id, action: action, subject: try row.string("subject"), detail: try row.string("detail"),
            status: status,
            reason: try row.optionalString("reason"), askedAt: try row.date("asked_at"),
            askedBy: try row.string("asked_by"), expiresAt: try row.date("expires_at"),
            decidedAt: try row.optionalDate("decided_at"), decidedBy: try row.optionalString("decided_by"),
            decisionReason: try row.optionalString("decision_reason"))
    }
}
