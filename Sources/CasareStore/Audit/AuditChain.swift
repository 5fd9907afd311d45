package import CasareDomain
package import CasarePostgres

/// A tenant's chain as it is read and checked. Call within `Database.asTenant`, in a transaction of mode `.snapshot`:
/// several statements must see the same.
package enum AuditChain {
    /// A stretch of the chain with its entries.
    package struct Span: Sendable {
        /// Where it begins: what is before is not among the links.
        package let start: AuditPlace
        package let links: [AuditLink]
        /// Entries among those of the links that no link names.
        package let strays: [Int64]
        package let head: AuditPlace
        /// There are no more.
        package let isEnd: Bool
    }

    /// What a check has found.
    package struct Check: Sendable {
        /// Up to here everything is as it was.
        package let place: AuditPlace
        package let head: AuditPlace
        package let fault: AuditFault?
        /// The chain's end was reached.
        package let isEnd: Bool
        /// How many links and anchors were looked at.
        package let links: Int
        package let anchors: Int
    }

    /// Links that are checked in one call.
    package static let checkedAtOnceMax = 5000
    /// Strays that are looked for in one stretch.
    private static let straysMax = 100

    /// Where the chain ends, and after which place what is kept of it begins.
    package static func ends(
        on connection: isolated PostgresConnection
    ) throws -> (head: AuditPlace, base: AuditPlace) {
        guard let row = try connection.execute(AuditQueries.head).first else { return (.start, .start) }
        return (try AuditPlace(row: row), try AuditPlace(row: row, prefix: "base_"))
    }

    /// The place of a number.
    ///
    /// - Returns: `nil`: there is none, or it is not kept any more.
    package static func place(
        _ number: Int64, on connection: isolated PostgresConnection
    ) throws -> AuditPlace? {
        let (_, base) = try self.ends(on: connection)
        if number == base.number { return base }
        return try connection.execute(AuditQueries.place, ["number": .int8(number)]).first.map {
            try AuditPlace(row: $0)
        }
    }

    /// The links after a place.
    package static func span(
        after start: AuditPlace, limit: Int, on connection: isolated PostgresConnection
    ) throws -> Span {
        let (head, _) = try self.ends(on: connection)
        let rows = try connection.execute(
            AuditQueries.links, ["after": .int8(start.number), "limit": .int(limit)])
        let linked = try rows.map { try $0.int64("entry_id") }
        // One that was made to name an entry far away does not bring all of those.
        let found = try connection.execute(
            AuditQueries.entries,
            [
                "after": .int8(start.entry), "through": .int8(linked.max() ?? head.entry),
                "limit": .int(limit + Self.straysMax),
            ])
        var entries: [Int64: (entry: AuditEntry, hash: AuditHash)] = [:]
        for row in found {
            let entry = try AuditEntry(row: row)
            entries[entry.id] = (entry, try AuditHash(row: row, "content_hash"))
        }
        let named = Set(linked)
        let links = try rows.map { row in
            let id = try row.int64("entry_id")
            return AuditLink(
                number: try row.int64("number"), entryID: id, hash: try AuditHash(row: row, "hash"),
                previous: try AuditHash(row: row, "previous_hash"), contentHash: entries[id]?.hash,
                entry: entries[id]?.entry)
        }
        return Span(
            start: start, links: links, strays: entries.keys.filter { !named.contains($0) }.sorted(), head: head,
            isEnd: rows.count < limit)
    }

    /// The anchors after a number, by number.
    package static func anchors(
        after number: Int64, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [AuditAnchor] {
        try connection.execute(AuditQueries.anchors, ["after": .int8(number), "limit": .int(limit)])
            .map { try AuditAnchor(row: $0) }
    }

    /// The newest first.
    package static func latestAnchors(
        before number: Int64 = .max, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [AuditAnchor] {
        try connection.execute(AuditQueries.latestAnchors, ["before": .int8(number), "limit": .int(limit)])
            .map { try AuditAnchor(row: $0) }
    }

    /// Checks a part of the chain, and the anchors in it.
    ///
    /// - Parameters:
    ///   - start: where it begins, such as where the check before it has got to; `nil`: with the first link that is
    ///     kept.
    ///   - publicKey: that all signed anchors must be signed with; `nil`: each with the key that it names.
    package static func check(
        after start: AuditPlace? = nil, publicKey: String? = nil, limit: Int = Self.checkedAtOnceMax,
        of tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Check {
        let base = try self.ends(on: connection).base
        // What it had got to may not be kept any more.
        let start = start.map { $0.number < base.number ? base : $0 } ?? base
        let span = try self.span(after: start, limit: limit, on: connection)
        var verifier = AuditVerifier(tenant: tenant, after: start) { AuditHash.of($0) }
        var fault: AuditFault?
        var anchors: [AuditAnchor] = []
        do throws(AuditFault) {
            try verifier.check(span.links, strays: span.strays)
            if span.isEnd { try verifier.check(head: span.head) }
        } catch {
            fault = error
        }
        if fault == nil {
            // That of the base itself proves what the rest begins with.
            let first = start == base && base.number > 0
            anchors = try self.anchors(
                after: first ? base.number - 1 : start.number, limit: limit, on: connection)
            if first, anchors.first?.number != base.number {
                fault = AuditFault(
                    .removed, number: 1,
                    "the chain begins after number \(base.number), and no anchor says that this is right")
            } else {
                fault = self.fault(of: anchors, in: span, publicKey: publicKey, tenant: tenant)
            }
        }
        return Check(
            place: verifier.place, head: span.head, fault: fault, isEnd: span.isEnd, links: span.links.count,
            anchors: anchors.count)
    }

    /// Anchors beyond a stretch that is not the last one are looked at with the next one.
    private static func fault(
        of anchors: [AuditAnchor], in span: Span, publicKey: String?, tenant: Tenant.ID
    ) -> AuditFault? {
        var hashes = Dictionary(span.links.map { ($0.number, $0.hash) }) { first, _ in first }
        hashes[span.start.number] = span.start.hash
        let last = span.links.last?.number ?? span.start.number
        for anchor in anchors where span.isEnd || anchor.number <= last {
            do throws(AuditFault) {
                try AuditVerifier.check(anchor, found: hashes[anchor.number])
                try anchor.checkSignature(of: tenant, with: publicKey)
            } catch {
                return error
            }
        }
        return nil
    }
}

extension AuditAnchor {
    /// - Parameter publicKey: that it must be signed with; `nil`: with the one that it names, if it names one.
    /// - Throws: `.forged`.
    package func checkSignature(of tenant: Tenant.ID, with publicKey: String?) throws(AuditFault) {
        guard let key = publicKey ?? self.publicKey else { return }
        guard AuditSigningKey.isSigned(self, of: tenant, with: key) == true else {
            throw AuditFault(
                .forged, number: self.number, "the anchor of \(self.at) is not signed with the key \(key)")
        }
    }

    init(row: Row) throws {
        guard let reason = Reason(rawValue: try row.string("reason")) else {
            throw StoreError.unreadable("an anchor of the audit log has a reason that there is not")
        }
        self.init(
            number: try row.int64("number"), hash: try AuditHash(row: row, "hash"), at: try row.string("at_text"),
            reason: reason, publicKey: try row.optionalString("public_key"),
            signature: try row.optionalBytes("signature"))
    }
}
