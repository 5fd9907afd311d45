package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A selection that was saved under a name.
package struct SavedSelection: Hashable, Sendable {
    package let name: String
    /// In the form of the wire.
    package let selection: Object
    package let createdAt: Date
    /// The name of a token.
    package let createdBy: String
    package let updatedAt: Date
    package let updatedBy: String
}

/// Selections that people use again and again: what is to be true of jobs, and not which jobs that was. Call within
/// `Database.asTenant`.
package enum SelectionStore {
    /// No tenant saves more.
    package static let selectionsMax = 1000

    /// Under a new name, or instead of what was saved under it.
    ///
    /// - Parameter selection: in the form of the wire.
    /// - Throws: `StoreError.tooManySelections`.
    package static func save(
        _ selection: Object, as name: String, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> SavedSelection {
        // Two that save at once must not both be the last that there is room for.
        try connection.execute(Queries.lock)
        let count = try connection.execute(
            Queries.count, ["name": .text(name), "limit": .int(self.selectionsMax)]
        ).only().int("others")
        guard count < self.selectionsMax else { throw StoreError.tooManySelections(max: self.selectionsMax) }
        let row = try connection.execute(
            Queries.save,
            [
                "name": .text(name), "selection": .text(StoredJSON.text(of: selection)), "by": .text(person.storable),
                "now": .timestamp(now),
            ]
        ).only()
        try ControlLog.record(
            "selection.save", of: name, by: person, reason: nil, detail: ["selection": .object(selection)], now: now,
            on: connection)
        return try SavedSelection(row: row)
    }

    package static func get(_ name: String, on connection: isolated PostgresConnection) throws -> SavedSelection {
        guard let row = try connection.execute(Queries.get, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.selection, name)
        }
        return try SavedSelection(row: row)
    }

    /// By name, behind the cursor's.
    package static func list(
        after name: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [SavedSelection] {
        try connection.execute(Queries.list, ["after": .text(name.storable), "limit": .int(limit)])
            .map(SavedSelection.init(row:))
    }

    /// - Returns: what was saved.
    /// - Throws: `StoreError.notFound`.
    package static func delete(
        _ name: String, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> SavedSelection {
        guard let row = try connection.execute(Queries.delete, ["name": .text(name.storable)]).first else {
            throw StoreError.notFound(.selection, name)
        }
        try ControlLog.record("selection.delete", of: name, by: person, reason: nil, now: now, on: connection)
        return try SavedSelection(row: row)
    }

    private enum Queries {
        static let lock = Query(
            "SELECT pg_advisory_xact_lock(hashtextextended('casare selections ' || casare_tenant(), 0))")

        static let count = Query(
            """
            SELECT count(*) AS others FROM (
                SELECT FROM selections WHERE tenant_id = casare_tenant() AND name <> @name LIMIT @limit
            ) AS counted
            """)

        static let save = Query(
            """
            INSERT INTO selections (name, selection, created_at, created_by, updated_at, updated_by)
            VALUES (
                @name, @selection::text::json, coalesce(@now::timestamptz, now()), @by,
                coalesce(@now::timestamptz, now()), @by
            )
            ON CONFLICT (tenant_id, name) DO UPDATE
            SET selection = excluded.selection, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            RETURNING *
            """)

        static let get = Query("SELECT * FROM selections WHERE tenant_id = casare_tenant() AND name = @name")

        static let list = Query(
            """
            SELECT * FROM selections WHERE tenant_id = casare_tenant() AND name > @after
            ORDER BY name LIMIT @limit
            """)

        static let delete = Query(
            "DELETE FROM selections WHERE tenant_id = casare_tenant() AND name = @name RETURNING *")
    }
}

extension SavedSelection {
    fileprivate init(row: Row) throws {
        let name = try row.string("name")
        self.init(
            name: name,
            selection: try StoredJSON.object(try row.string("selection"), in: "the saved selection \(name)"),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.date("updated_at"), updatedBy: try row.string("updated_by"))
    }
}
