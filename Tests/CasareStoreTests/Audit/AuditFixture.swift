import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import Testing

/// What tests of the audit log do all the time.
struct AuditFixture: Sendable {
    let database: Database

    static let anchoring = AuditChainer.Anchoring(entries: 1_000_000, seconds: 86_400)

    static func with<R: Sendable>(_ body: (AuditFixture) async throws -> R) async throws -> R {
        try await withTestDatabase { database in try await body(AuditFixture(database: database)) }
    }

    static func entry(_ action: String = "job.submit", subject: String? = nil) -> NewAuditEntry {
        NewAuditEntry(actor: "ann", actorKind: "token", action: action, subject: subject)
    }

    func append(_ entry: NewAuditEntry = Self.entry()) async throws {
        try await self.database.asTenant(.default) { connection in try AuditLog.append(entry, on: connection) }
    }

    func append(_ count: Int) async throws {
        for number in 0..<count { try await self.append(Self.entry(subject: "s\(number)")) }
    }

    /// Links all that is there, as an orchestrator does that was just started.
    @discardableResult
    func link(_ anchoring: AuditChainer.Anchoring = Self.anchoring, limit: Int = 1000) async throws -> Int {
        var horizon = EventHorizon()
        let look = try await self.database.asSystem { connection in try AuditChainer.look(on: connection) }
        horizon.looked(look)
        let reached = horizon.final
        return try await self.database.asSystem { connection in
            var linked = 0
            while true {
                let extended = try AuditChainer.extend(
                    .default, through: reached, anchoring, limit: limit, on: connection)
                linked += extended.linked
                guard extended.isPartial else { return linked }
            }
        }
    }

    /// All parts, until the end or the first fault.
    func check(limit: Int = 1000, publicKey: String? = nil) async throws -> AuditChain.Check {
        var start: AuditPlace?
        while true {
            let from = start
            let check = try await self.database.asTenant(.default, mode: .snapshot) { connection in
                try AuditChain.check(
                    after: from, publicKey: publicKey, limit: limit, of: .default, on: connection)
            }
            if check.isEnd || check.fault != nil { return check }
            start = check.place
        }
    }

    /// As somebody who rules the database and is kept from nothing.
    func tamper(_ sql: String) async throws {
        let connection = try await PostgresConnection.connect(self.database.configuration)
        do {
            try await connection.execute(Query(assembled: sql))
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// All entries as they would be, had they been written so long before. Call before they are linked.
    func age(byDays days: Int) async throws {
        try await self.tamper(
            """
            UPDATE audit_entries SET
                at = at - interval '\(days) days',
                content_hash = casare_audit_hash(
                    tenant_id, entry_id, at - interval '\(days) days', actor, actor_kind, action, subject, outcome,
                    reason, source, request_id, trace_id, detail::text)
            """)
    }

    /// The ID of the entry of a number.
    func entry(at number: Int) async throws -> Int64 {
        try await self.database.asSystem { connection in
            try connection.execute(
                "SELECT entry_id FROM audit_chain WHERE number = @number", ["number": .int(number)]
            ).only().int64("entry_id")
        }
    }
}
