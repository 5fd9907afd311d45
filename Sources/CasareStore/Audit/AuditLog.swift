package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Who did what. Call within `Database.asTenant`: entries stand and fall with what they tell of.
package enum AuditLog {
    /// Writes an entry.
    package static func append(_ entry: NewAuditEntry, on connection: isolated PostgresConnection) throws {
        try connection.execute(AuditQueries.append, self.parameters(entry))
    }

    /// The same for who signed in as the owner of the tables, and so as nobody's tenant: what is done to the
    /// installation itself is in the log of the tenant `default`. Call within a transaction.
    package static func appendAsOwner(_ entry: NewAuditEntry, on connection: isolated PostgresConnection) throws {
        try connection.execute(SettingQueries.tenant, ["tenant": .text(Tenant.ID.default.description)])
        try self.append(entry, on: connection)
    }

    /// Writes an entry if this transaction has changed or locked anything by now.
    ///
    /// - Returns: whether it has.
    package static func appendIfChanged(
        _ entry: NewAuditEntry, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(AuditQueries.appendIfChanged, self.parameters(entry)).isEmpty
    }

    private static func parameters(_ entry: NewAuditEntry) -> KeyValuePairs<String, PostgresValue> {
        [
            "actor": .text(entry.actor.storable), "actor_kind": .text(entry.actorKind.storable),
            "action": .text(entry.action.storable),
            "subject": .text(entry.subject.map { String($0.prefix(NewAuditEntry.subjectCharactersMax)).storable }),
            "outcome": .text(entry.outcome.rawValue),
            "reason": .text(entry.reason.map { String($0.prefix(NewAuditEntry.reasonCharactersMax)).storable }),
            "source": .text(entry.source?.storable), "request": .text(entry.requestID?.storable),
            "trace": .text(entry.traceID?.description),
            "detail": .text(entry.detail.isEmpty ? nil : StoredJSON.text(of: entry.detail).storable),
        ]
    }

    // MARK: Looking

    /// Which entries; what is `nil` is not asked.
    package struct Filter: Hashable, Sendable {
        package var actor: String?
        /// An action, or all of a noun: `secret.*`.
        package var action: String?
        package var subject: String?
        package var outcome: AuditEntry.Outcome?
        package var since: Date?
        package var until: Date?

        package init(
            actor: String? = nil, action: String? = nil, subject: String? = nil, outcome: AuditEntry.Outcome? = nil,
            since: Date? = nil, until: Date? = nil
        ) {
            self.actor = actor
            self.action = action
            self.subject = subject
            self.outcome = outcome
            self.since = since
            self.until = until
        }

        /// The beginning that the action must have, where all of a noun are asked for.
        fileprivate var actionPrefix: String? {
            self.action.flatMap { $0.hasSuffix("*") ? String($0.dropLast()) : nil }
        }

        fileprivate var exactAction: String? { self.actionPrefix == nil ? self.action : nil }

        /// Whether what is asked for is found by the name of a secret, and nothing else is read.
        fileprivate var isOfSecret: Bool { self.subject != nil && self.action?.hasPrefix("secret.") == true }
    }

    /// A part of a list.
    package struct Page: Hashable, Sendable {
        /// The newest first.
        package let entries: [AuditEntry]
        /// Where the next part begins; `nil`: there is none. A part may be empty and have one.
        package let next: Int64?
    }

    /// So many entries are read for a part of a list, whatever is found among them.
    package static let scannedMax = 20_000
    /// How much later an entry may have got its number than another one of a later time: as long as its transaction ran
    /// before. A statement may take half of it (`Database.statementMaxDefault`).
    private static let disorderMax = 30.0

    /// - Parameter before: an entry's ID, which `Page.next` gave.
    package static func list(
        _ filter: Filter = Filter(), before: Int64? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> Page {
        var before = before ?? .max
        if let until = filter.until {
            before = min(before, try self.place(after: until, on: connection))
        }
        let asked: KeyValuePairs<String, PostgresValue> = [
            "before": .int8(before), "actor": .text(filter.actor?.storable),
            "action": .text(filter.exactAction?.storable), "prefix": .text(filter.actionPrefix?.storable),
            "subject": .text(filter.subject?.storable), "outcome": .text(filter.outcome?.rawValue),
            "since": .timestamp(filter.since), "until": .timestamp(filter.until), "scanned": .int(Self.scannedMax),
            "limit": .int(limit),
        ]
        let rows = try connection.execute(filter.isOfSecret ? AuditQueries.listOfSecret : AuditQueries.list, asked)
        let entries = try rows.map { try AuditEntry(row: $0) }
        if entries.count >= limit { return Page(entries: entries, next: entries.last?.id) }
        guard !filter.isOfSecret,
            let reached = try connection.execute(
                AuditQueries.reached, ["before": .int8(before), "skipped": .int(Self.scannedMax - 1)]
            ).first
        else { return Page(entries: entries, next: nil) }
        if let since = filter.since, try reached.date("at") < since.addingTimeInterval(-Self.disorderMax) {
            return Page(entries: entries, next: nil)
        }
        return Page(entries: entries, next: try reached.int64("entry_id"))
    }

    /// A number after which all entries are later than a time, as near as halving finds it.
    private static func place(after time: Date, on connection: isolated PostgresConnection) throws -> Int64 {
        let safe = time.addingTimeInterval(Self.disorderMax)
        var low = Int64(0)
        var high = try connection.execute(AuditQueries.last).only().int64("entry_id") + 1
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let row = try connection.execute(AuditQueries.firstFrom, ["from": .int8(middle)]).first
            if let row, try row.date("at") <= safe {
                low = try row.int64("entry_id")
            } else {
                high = middle
            }
        }
        return high
    }
}

extension AuditEntry {
    init(row: Row) throws {
        guard let outcome = Outcome(rawValue: try row.string("outcome")) else {
            throw StoreError.unreadable("an entry of the audit log has an outcome that there is not")
        }
        self.init(
            tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), id: try row.int64("entry_id"),
            at: try row.string("at_text"), actor: try row.string("actor"), actorKind: try row.string("actor_kind"),
            action: try row.string("action"), subject: try row.optionalString("subject"), outcome: outcome,
            reason: try row.optionalString("reason"), source: try row.optionalString("source"),
            requestID: try row.optionalString("request_id"), traceID: try row.optionalString("trace"),
            detail: try row.optionalString("detail"))
    }
}
