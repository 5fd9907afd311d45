package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What was applied and is not any more as it was then.
package struct AppliedDrift: Hashable, Sendable {
    package let count: BoundedCount
    /// The first ones, by kind and name.
    package let first: [AppliedResource]
}

/// Whose files describe what, and whether it is still as it was applied. Call within `Database.asTenant`.
package enum AppliedStore {
    /// So many that have changed are named.
    package static let driftNamedMax = 5
    /// They are counted up to this.
    static let driftCountMax = 500

    /// Notes what these things are like now, and whose they are. What is not there is left out.
    ///
    /// - Returns: how many are noted otherwise than before.
    /// - Throws: `StoreError.refused` where there would be more than `AppliedResource.countMax`.
    @discardableResult
    package static func record(
        _ keys: [AppliedResource.Key], owner: String, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Int {
        guard !keys.isEmpty else { return 0 }
        try connection.execute(AppliedQueries.lock)
        // One statement must not touch a row twice.
        var seen: Set<AppliedResource.Key> = []
        let each = keys.filter { seen.insert($0).inserted }
        let recorded = try connection.execute(
            AppliedQueries.record,
            [
                "kinds": .textArray(each.map(\.kind.rawValue)), "names": .textArray(each.map(\.name.storable)),
                "owner": .text(owner.storable), "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).count
        guard try connection.execute(AppliedQueries.count).only().int("things") <= AppliedResource.countMax else {
            throw StoreError.refused(
                "what \(owner) applies",
                why: "is too much: files describe at most \(AppliedResource.countMax) things of a tenant")
        }
        return recorded
    }

    /// Takes the marks of an owner away from these things.
    ///
    /// - Returns: how many had one.
    @discardableResult
    package static func forget(
        _ keys: [AppliedResource.Key], owner: String, on connection: isolated PostgresConnection
    ) throws -> Int {
        guard !keys.isEmpty else { return 0 }
        return try connection.execute(
            AppliedQueries.forget,
            [
                "kinds": .textArray(keys.map(\.kind.rawValue)), "names": .textArray(keys.map(\.name.storable)),
                "owner": .text(owner.storable),
            ]
        ).count
    }

    /// By kind and name, behind the cursor's.
    ///
    /// - Parameter owner: `nil`: of all.
    package static func list(
        owner: String? = nil, after: AppliedResource.Key? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [AppliedResource] {
        try connection.execute(
            AppliedQueries.list,
            [
                "owner": .text(owner?.storable), "after_kind": .text(after?.kind.rawValue ?? ""),
                "after_name": .text(after?.name.storable ?? ""), "limit": .int(limit),
            ]
        ).map(AppliedResource.init(row:))
    }

    /// What somebody has changed or deleted since it was applied.
    package static func drift(on connection: isolated PostgresConnection) throws -> AppliedDrift {
        let rows = try connection.execute(AppliedQueries.changed, ["limit": .int(self.driftCountMax + 1)])
        return AppliedDrift(
            count: BoundedCount(min(rows.count, self.driftCountMax), isExact: rows.count <= self.driftCountMax),
            first: try rows.prefix(self.driftNamedMax).map(AppliedResource.init(row:)))
    }
}

extension AppliedResource {
    fileprivate init(row: Row) throws {
        let text = try row.string("kind")
        guard let kind = Kind(rawValue: text) else {
            throw StoreError.unreadable("\(text) is no kind of thing that files describe")
        }
        let mark = try row.string("mark")
        let now = try row.optionalString("mark_now")
        self.init(
            key: Key(kind, try row.string("name")), owner: try row.string("owner"),
            state: now.map { $0 == mark ? .asApplied : .changed } ?? .gone, appliedAt: try row.date("applied_at"),
            appliedBy: try row.string("applied_by"))
    }
}
