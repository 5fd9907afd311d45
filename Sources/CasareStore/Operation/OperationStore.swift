package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// What is done to many jobs at once, with a selection that is frozen when it begins. Call within `Database.asTenant`,
/// where nothing else is said.
///
/// A job's effect, what became of it and how far the operation is are committed together: an operation that is broken
/// off goes on behind its last commit, by whoever comes next, and does nothing twice.
package enum OperationStore {
    /// An operation to make.
    package struct New: Sendable {
        package let id: Operation.ID
        package let plan: Operation.Plan
        package let selection: Operation.Selection
        /// As it is to be shown, in the form of the wire.
        package let shown: Object
        /// Of the saved selection that it was asked for by.
        package let name: String?
        /// What the person saw who said yes.
        package let expected: Operation.Mark?
        package let idempotency: NewJob.Idempotency?
        /// What the jobs that it creates belong to, each below it at a place of its own.
        package let trace: TraceCarrier
        /// Nothing of it happens before a second person has agreed.
        package let awaitsApproval: Bool

        package init(
            id: Operation.ID, plan: Operation.Plan, selection: Operation.Selection, shown: Object, name: String? = nil,
            expected: Operation.Mark? = nil, idempotency: NewJob.Idempotency? = nil,
            trace: TraceCarrier = .makeRoot(), awaitsApproval: Bool = false
        ) {
            self.id = id
            self.plan = plan
            self.selection = selection
            self.shown = shown
            self.name = name
            self.expected = expected
            self.idempotency = idempotency
            self.trace = trace
            self.awaitsApproval = awaitsApproval
        }
    }

    /// Freezes the selection and makes the operation; the loop does the rest. All of it is one action for the audit.
    ///
    /// - Returns: the operation, or the one that the same request has made before.
    /// - Throws: `Operation.Invalid` for a plan that cannot be; `StoreError.selectionChanged`, `.nothingSelected`,
    ///   `.selectionTooLarge`, `.tooManyOperations`, `.idempotencyConflict`, and `.notFound` for a workflow or queue that
    ///   there is not.
    package static func create(
        _ new: New, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Operation {
        try new.plan.check(new.selection)
        if let known = try self.known(new, on: connection) { return known }
        let open = try connection.execute(OperationQueries.openCount, ["limit": .int(Operation.openMax)]).only()
        guard try open.int("open") < Operation.openMax else {
            throw StoreError.tooManyOperations(max: Operation.openMax)
        }
        let mark = try self.freeze(
            new.selection, for: new.plan.verb, resolving: new.plan.resolves, as: new.id, on: connection)
        guard mark.count <= Operation.jobsMax else { throw StoreError.selectionTooLarge(max: Operation.jobsMax) }
        if let expected = new.expected, expected != mark {
            throw StoreError.selectionChanged(expected: expected, found: mark)
        }
        guard mark.count > 0 else { throw StoreError.nothingSelected }
        let plan = new.plan
        let trace = new.trace.stored
        let row = try connection.execute(
            OperationQueries.insert,
            [
                "operation": .uuid(new.id.rawValue), "verb": .text(plan.verb.rawValue),
                "selection": .text(StoredJSON.text(of: new.shown)), "selection_name": .text(new.name?.storable),
                "is_filter": .bool(new.selection.isFilter), "jobs": .int(mark.count), "hash": .text(mark.hash),
                "reason": .text(plan.reason?.storable), "rate_per_second": .double(plan.ratePerSecond),
                "canary": .int(plan.canary), "stop_on_error_rate": .double(plan.stopOnErrorRate),
                "undo_seconds": .double(plan.undoWithin?.seconds), "priority": .int(plan.priority?.rawValue),
                "resolves": .bool(plan.resolves),
                "variables": .text(plan.changes.set.isEmpty ? nil : StoredJSON.text(of: plan.changes.set)),
                "patch": .text(plan.changes.patch?.json.jsonText(.compact)),
                "from_point": .text(plan.verb.isRerun ? plan.changes.from.stored : nil),
                "version": .text(plan.verb.isRerun ? plan.changes.version.rawValue : nil),
                "key": .text(new.idempotency?.key.storable), "request_hash": .text(new.idempotency?.requestHash),
                "trace": trace.trace, "tracestate": trace.tracestate, "baggage": trace.baggage,
                "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        try ControlLog.record(
            "operation.create", of: new.id.description, by: person, reason: plan.reason, detail: self.detail(new, mark),
            now: now, on: connection)
        guard new.awaitsApproval else { return try Operation(row: row) }
        var state = try OperationState(row: row)
        state.approvalNeeded(reason: plan.reason, by: person)
        var kept = try OperationWork.Kept(row: row)
        kept.lookAt = nil
        return try OperationWork.save(state, kept, of: new.id, isChanged: true, on: connection)
    }

    /// The operation that the same request has made before.
    private static func known(_ new: New, on connection: isolated PostgresConnection) throws -> Operation? {
        guard let idempotency = new.idempotency else { return nil }
        let key = PostgresValue.text(idempotency.key.storable)
        try connection.execute(OperationQueries.lockKey, ["key": key])
        guard let row = try connection.execute(OperationQueries.ofKey, ["key": key]).first else { return nil }
        guard try row.optionalString("request_hash") == idempotency.requestHash else {
            throw StoreError.idempotencyConflict(key: idempotency.key)
        }
        return try self.get(Operation.ID(rawValue: try row.uuid("operation_id")), on: connection)
    }

    /// What the audit keeps: all that was asked for but the values of variables, which may be nobody's business.
    private static func detail(_ new: New, _ mark: Operation.Mark) -> Object {
        let plan = new.plan
        var detail: Object = [
            "verb": .string(plan.verb.rawValue), "count": .int(mark.count), "hash": .string(mark.hash),
            "selection": .object(new.shown),
        ]
        detail["selection_name"] = new.name.map(Value.string)
        detail["rate_per_second"] = plan.ratePerSecond.map(Value.double)
        detail["canary"] = plan.canary.map(Value.int)
        detail["stop_on_error_rate"] = plan.stopOnErrorRate.map(Value.double)
        detail["undo_within_seconds"] = plan.undoWithin.map { .double($0.seconds) }
        detail["priority"] = plan.priority.map { .int($0.rawValue) }
        if plan.resolves { detail["resolve"] = true }
        if !plan.changes.set.isEmpty { detail["variables"] = .list(plan.changes.set.keys.map(Value.string)) }
        if let patch = plan.changes.patch {
            detail["patch"] = .list(patch.operations.map { .string("\($0.name) \($0.path)") })
        }
        if plan.changes.from != .start { detail["from"] = .string(plan.changes.from.stored) }
        if plan.changes.version != .same { detail["version"] = .string(plan.changes.version.rawValue) }
        return detail
    }

    package static func get(_ id: Operation.ID, on connection: isolated PostgresConnection) throws -> Operation? {
        try connection.execute(OperationQueries.get, ["operation": .uuid(id.rawValue)]).first.map(Operation.init(row:))
    }

    /// Newest first, below the cursor's.
    package static func list(
        _ status: Operation.Status? = nil, before cursor: Operation.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [Operation] {
        let before = PostgresValue.uuid(cursor?.rawValue ?? Job.ID.last.rawValue)
        let rows =
            if let status {
                try connection.execute(
                    OperationQueries.listOfStatus,
                    ["status": .text(status.rawValue), "before": before, "limit": .int(limit)])
            } else {
                try connection.execute(OperationQueries.list, ["before": before, "limit": .int(limit)])
            }
        return try rows.map(Operation.init(row:))
    }
}

extension NewJob.Idempotency {
    /// SHA-256 of the request's text.
    fileprivate var requestHash: String { SHA256.hash(data: Array(self.request.utf8)).hex }
}
