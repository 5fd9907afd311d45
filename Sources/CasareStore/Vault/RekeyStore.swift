import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A change of the key that all data keys are wrapped with, those of certificate authorities too, and the secrets of
/// triggers are sealed with.
package struct Rekey: Hashable, Sendable {
    /// Something that could not be wrapped anew, and why.
    package struct Failure: Hashable, Sendable, Codable {
        package let what: String
        package let why: String
    }

    /// What is gone through, in this order.
    package enum Phase: String, Hashable, Sendable {
        case versions, triggers, authorities
    }

    /// Where a batch begins: behind this row.
    struct Place: Hashable, Sendable {
        static let start = Place(tenant: 0, id: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), number: 0)

        let tenant: Int32
        let id: UUID
        let number: Int
    }

    /// Failures that are kept of one.
    package static let failuresMax = 20

    package let id: Int
    /// What everything is wrapped with in the end.
    package let keyID: String
    package let startedAt: Date
    package let startedBy: String
    /// `nil`: it is under way.
    package let finishedAt: Date?
    package let movedAt: Date
    /// Rows that were wrapped anew.
    package let done: Int
    /// Rows that could not be, in the pass that is under way or was the last.
    package let failed: Int
    package let failures: [Failure]
    let phase: Phase
    let place: Place
    let doneInPass: Int

    init(row: Row) throws {
        let phase = try row.string("phase")
        guard let phase = Phase(rawValue: phase) else {
            throw StoreError.unreadable("a change of keys is in the unknown phase \"\(phase)\"")
        }
        self.id = try row.int("rekey_id")
        self.keyID = try row.string("key_id")
        self.startedAt = try row.date("started_at")
        self.startedBy = try row.string("started_by")
        self.finishedAt = try row.optionalDate("finished_at")
        self.movedAt = try row.date("moved_at")
        self.done = try row.int("done")
        self.failed = try row.int("failed")
        self.failures =
            (try? JSONDecoder().decode([Failure].self, from: Data(try row.string("failures").utf8)))
            ?? []  // They are for people to look at; without them it goes on.
        self.phase = phase
        self.place = Place(
            tenant: try row.decode("place_tenant"), id: try row.uuid("place_id"), number: try row.int("place_number"))
        self.doneInPass = try row.int("done_in_pass")
    }
}

/// Where a change of keys has got to. Call within `Database.asSystem`.
package enum RekeyStore {
    /// Begins to wrap everything with this key, in a transaction of its own. One that is under way for the same key goes
    /// on; one for another key begins anew with this one.
    package static func start(
        _ keyID: String, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Rekey {
        try connection.transaction { connection in
            let started = try connection.execute(
                RekeyQueries.start, ["key": .text(keyID), "by": .text(person.storable), "now": .timestamp(now)])
            var row = started.first
            if row == nil {
                row = try connection.execute(
                    RekeyQueries.redirect, ["key": .text(keyID), "now": .timestamp(now)]
                ).first
            }
            if let row {
                try EventWriting.noteOfVault(
                    .vaultRekeyStarted, ["key": .string(keyID), "by": .string(person)], now: now, on: connection)
                return try Rekey(row: row)
            }
            guard let last = try self.last(on: connection) else {
                throw StoreError.contended("the change of keys")
            }
            return last
        }
    }

    /// `nil`: there was none yet.
    package static func last(on connection: isolated PostgresConnection) throws -> Rekey? {
        try connection.execute(RekeyQueries.last).first.map { try Rekey(row: $0) }
    }

    /// The one that is under way.
    package static func open(on connection: isolated PostgresConnection) throws -> Rekey? {
        try connection.execute(RekeyQueries.open).first.map { try Rekey(row: $0) }
    }
}
