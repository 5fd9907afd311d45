package import CasareDomain
package import CasarePostgres

/// Links entries, shortly after their transactions have committed: one at a time for a tenant, in the order of their
/// IDs, so that nobody who writes one waits for anybody else. Call within `Database.asSystem`.
///
/// An entry with a low ID may appear after one with a higher ID. So nothing is linked beyond the horizon, up to which
/// all entries are there or never will be (`EventHorizon`, whose rule and conditions hold here as well).
package enum AuditChainer {
    /// When places are put on record.
    package struct Anchoring: Sendable {
        package static let entriesStandard = 10_000
        package static let secondsStandard = 3600

        /// After so many links.
        package var entries: Int
        /// After this time, where there are new links.
        package var seconds: Int
        /// `nil`: anchors are not signed.
        package var key: AuditSigningKey?

        package init(
            entries: Int = Self.entriesStandard, seconds: Int = Self.secondsStandard, key: AuditSigningKey? = nil
        ) {
            self.entries = entries
            self.seconds = seconds
            self.key = key
        }
    }

    /// What was done for one tenant.
    package struct Extended: Sendable {
        package let linked: Int
        /// How long the oldest of them had waited, in seconds.
        package let waited: Double?
        package let anchor: AuditAnchor?
        /// As many as one transaction takes: there may be more.
        package let isPartial: Bool
    }

    /// Entries that are linked in one transaction.
    package static let linkedAtOnceMax = 1000
    /// Tenants that are looked after in one round.
    package static let tenantsAtOnceMax = 100

    /// Looks who writes entries. What is read afterwards has all entries up to the horizon that the look brings about.
    package static func look(on connection: isolated PostgresConnection) throws -> EventLook {
        // In this order: see `EventHorizon`.
        let last = try connection.execute(AuditChainQueries.last).only().int64("entry_id")
        let writers = try connection.execute(AuditChainQueries.writers).only().strings("writers")
        return EventLook(last: EventCursor(number: last), writers: Set(writers), mark: .start)
    }

    /// Tenants that `extend` has something to do for.
    package static func due(
        through horizon: EventCursor, _ anchoring: Anchoring, on connection: isolated PostgresConnection
    ) throws -> [Tenant.ID] {
        try connection.execute(
            AuditChainQueries.due,
            [
                "through": .int8(horizon.number), "anchor_seconds": .int(anchoring.seconds),
                "limit": .int(Self.tenantsAtOnceMax),
            ]
        ).map { Tenant.ID(rawValue: try $0.decode("tenant_id")) }
    }

    /// Links a tenant's next entries, in a transaction of its own.
    package static func extend(
        _ tenant: Tenant.ID, through horizon: EventCursor, _ anchoring: Anchoring, limit: Int = Self.linkedAtOnceMax,
        on connection: isolated PostgresConnection
    ) throws -> Extended {
        try connection.transaction { connection in
            try connection.execute(AuditChainQueries.makeHead, ["tenant": .int4(tenant.rawValue)])
            let head = try Self.holdHead(of: tenant, anchorSeconds: anchoring.seconds, on: connection)
            let rows = try connection.execute(
                AuditChainQueries.unlinked,
                [
                    "tenant": .int4(tenant.rawValue), "after": .int8(head.place.entry),
                    "through": .int8(horizon.number), "limit": .int(limit),
                ])
            let place = try Self.link(rows, of: tenant, after: head.place, on: connection)
            let isDue =
                place.number - head.anchoredNumber >= Int64(anchoring.entries)
                || (head.isAnchorDue && place.number > head.anchoredNumber)
            var anchor: AuditAnchor?
            if isDue {
                anchor = try Self.anchor(place, of: tenant, .regular, anchoring.key, on: connection)
                try Self.noteAnchored(place.number, of: tenant, on: connection)
            }
            return Extended(
                linked: rows.count, waited: try rows.first?.double("age"), anchor: anchor,
                isPartial: rows.count >= limit)
        }
    }

    struct Head {
        let place: AuditPlace
        let base: AuditPlace
        let anchoredNumber: Int64
        let isAnchorDue: Bool
    }

    /// Whoever has it keeps others from making the chain longer or shorter.
    static func holdHead(
        of tenant: Tenant.ID, anchorSeconds: Int, on connection: isolated PostgresConnection
    ) throws -> Head {
        let row = try connection.execute(
            AuditChainQueries.holdHead, ["tenant": .int4(tenant.rawValue), "anchor_seconds": .int(anchorSeconds)]
        ).only()
        return Head(
            place: try AuditPlace(row: row), base: try AuditPlace(row: row, prefix: "base_"),
            anchoredNumber: try row.int64("anchored_number"), isAnchorDue: try row.bool("is_anchor_due"))
    }

    /// - Returns: where the chain ends then.
    private static func link(
        _ rows: Rows, of tenant: Tenant.ID, after head: AuditPlace, on connection: isolated PostgresConnection
    ) throws -> AuditPlace {
        guard !rows.isEmpty else { return head }
        var place = head
        var places: [AuditPlace] = []
        var previous: [[UInt8]] = []
        places.reserveCapacity(rows.count)
        previous.reserveCapacity(rows.count)
        for row in rows {
            let entry = try row.int64("entry_id")
            let hash = AuditHash.of(
                AuditLink.canonical(
                    tenant: tenant, number: place.number + 1, entryID: entry,
                    content: try AuditHash(row: row, "content_hash"), previous: place.hash))
            previous.append(place.hash.bytes)
            place = AuditPlace(number: place.number + 1, entry: entry, hash: hash)
            places.append(place)
        }
        try connection.execute(
            AuditChainQueries.link,
            [
                "tenant": .int4(tenant.rawValue), "numbers": .int8Array(places.map(\.number)),
                "entries": .int8Array(places.map(\.entry)), "hashes": .bytesArray(places.map(\.hash.bytes)),
                "previous": .bytesArray(previous),
            ])
        try connection.execute(
            AuditChainQueries.moveHead,
            [
                "tenant": .int4(tenant.rawValue), "number": .int8(place.number), "entry": .int8(place.entry),
                "hash": .bytes(place.hash.bytes),
            ])
        return place
    }

    /// Puts a place on record.
    static func anchor(
        _ place: AuditPlace, of tenant: Tenant.ID, _ reason: AuditAnchor.Reason, _ key: AuditSigningKey?,
        on connection: isolated PostgresConnection
    ) throws -> AuditAnchor {
        let at = try connection.execute(AuditChainQueries.time).only().string("at_text")
        let plain = AuditAnchor(number: place.number, hash: place.hash, at: at, reason: reason)
        let signature = try key?.sign(plain.canonical(tenant: tenant))
        try connection.execute(
            AuditChainQueries.anchor,
            [
                "tenant": .int4(tenant.rawValue), "number": .int8(place.number), "hash": .bytes(place.hash.bytes),
                "reason": .text(reason.rawValue), "public_key": .text(key?.publicKey), "signature": .bytes(signature),
            ])
        return AuditAnchor(
            number: place.number, hash: place.hash, at: at, reason: reason, publicKey: key?.publicKey,
            signature: signature)
    }

    /// All links up to a number are covered by an anchor now: the time to the next regular one begins.
    static func noteAnchored(
        _ number: Int64, of tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            AuditChainQueries.anchored, ["tenant": .int4(tenant.rawValue), "number": .int8(number)])
    }
}

extension AuditHash {
    init(row: Row, _ column: String) throws {
        guard let hash = AuditHash(try row.bytes(column)) else {
            throw StoreError.unreadable("a hash of the audit log has another length than it should")
        }
        self = hash
    }
}

extension AuditPlace {
    init(row: Row, prefix: String = "") throws {
        self.init(
            number: try row.int64(prefix + "number"), entry: try row.int64(prefix + "entry_id"),
            hash: try AuditHash(row: row, prefix + "hash"))
    }
}
