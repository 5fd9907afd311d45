import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials
import Testing

/// What is put on record, and what is removed when its time is over.
struct AuditAnchorTests {
    private static let key = AuditSigningKey(text: String(repeating: "5a", count: 32))
    private static let otherKey = AuditSigningKey(text: String(repeating: "a5", count: 32))

    private func anchors(_ fixture: AuditFixture) async throws -> [AuditAnchor] {
        try await fixture.database.asTenant(.default) { connection in
            try AuditChain.anchors(after: 0, limit: 100, on: connection)
        }
    }

    private func remove(_ fixture: AuditFixture, days: Int = 30, limit: Int = 100) async throws -> Int? {
        try await fixture.database.asSystem { connection in
            try AuditChainer.removeOutlived(
                days: days, of: .default, key: Self.key, limit: limit, on: connection)?.removed
        }
    }

    @Test func `a place is put on record after so many entries, and not before`() async throws {
        try await AuditFixture.with { fixture in
            let anchoring = AuditChainer.Anchoring(entries: 5, seconds: 86_400, key: Self.key)
            try await fixture.append(4)
            try await fixture.link(anchoring)
            #expect(try await self.anchors(fixture).isEmpty)
            try await fixture.append(1)
            try await fixture.link(anchoring)
            let anchors = try await self.anchors(fixture)
            #expect(anchors.map(\.number) == [5] && anchors.first?.reason == .regular)
            #expect(anchors.first?.publicKey == Self.key?.publicKey)
            try await fixture.link(anchoring)
            #expect(try await self.anchors(fixture).count == 1)
        }
    }

    @Test func `a place is put on record after a while, where there is a new one`() async throws {
        try await AuditFixture.with { fixture in
            let anchoring = AuditChainer.Anchoring(entries: 1000, seconds: 0)
            try await fixture.link(anchoring)
            #expect(try await self.anchors(fixture).isEmpty)
            try await fixture.append(2)
            try await fixture.link(anchoring)
            try await fixture.link(anchoring)
            #expect(try await self.anchors(fixture).map(\.number) == [2])
        }
    }

    @Test func `a signed anchor is known from a forged one`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.link(AuditChainer.Anchoring(entries: 3, seconds: 86_400, key: Self.key))
            let key = try #require(Self.key?.publicKey)
            #expect(try await fixture.check(publicKey: key).fault == nil)
            let other = try #require(Self.otherKey?.publicKey)
            #expect(try await fixture.check(publicKey: other).fault?.kind == .forged)
            try await fixture.tamper("UPDATE audit_anchors SET at = at + interval '1 second'")
            #expect(try await fixture.check().fault?.kind == .forged)
            try await fixture.tamper("UPDATE audit_anchors SET public_key = NULL, signature = NULL")
            #expect(try await fixture.check().fault == nil)
            #expect(try await fixture.check(publicKey: key).fault?.kind == .forged)
        }
    }

    @Test func `an anchor that says otherwise than the chain is found`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.link(AuditChainer.Anchoring(entries: 3, seconds: 86_400))
            try await fixture.tamper("UPDATE audit_anchors SET hash = decode(repeat('00', 32), 'hex')")
            let fault = try await fixture.check().fault
            #expect(fault?.kind == .changed && fault?.number == 3)
        }
    }

    @Test func `what is too old goes from the beginning, and the rest is proven as before`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(6)
            try await fixture.age(byDays: 31)
            try await fixture.link()
            let before = Date().addingTimeInterval(-2 * 86_400)
            let due = try await fixture.database.asSystem { connection in
                (
                    try AuditChainer.outlived(days: 30, now: before, on: connection),
                    try AuditChainer.outlived(days: 30, on: connection)
                )
            }
            #expect(due.0.isEmpty && due.1.map(\.tenant) == [.default] && due.1.map(\.days) == [30])
            #expect(try await self.remove(fixture, days: 32) == nil)
            #expect(try await self.remove(fixture, limit: 2) == 2)
            var check = try await fixture.check(publicKey: Self.key?.publicKey)
            #expect(check.fault == nil && check.links == 4 && check.place.number == 6, "\(check)")
            // The last one stays.
            #expect(try await self.remove(fixture) == 3)
            #expect(try await self.remove(fixture) == nil)
            try await fixture.append(1)
            try await fixture.link()
            check = try await fixture.check()
            #expect(check.fault == nil && check.links == 2 && check.place.number == 7, "\(check)")
            #expect(try await self.anchors(fixture).map(\.reason) == [.retention, .retention])
        }
    }

    /// Removing comes every ten minutes, regular anchors every hour.
    @Test func `what goes from the beginning does not put the next regular anchor off`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.age(byDays: 31)
            try await fixture.link(AuditChainer.Anchoring(entries: 3, seconds: 86_400))
            try await fixture.append(1)
            try await fixture.link()
            try await fixture.tamper("UPDATE audit_heads SET anchored_at = now() - interval '2 hours'")
            #expect(try await self.remove(fixture) == 3)
            try await fixture.link(AuditChainer.Anchoring(entries: 1000, seconds: 3600))
            #expect(try await self.anchors(fixture).map(\.number) == [3, 4])
            #expect(try await self.anchors(fixture).last?.reason == .regular)
        }
    }

    @Test func `nor does the anchor that is made for what goes`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.age(byDays: 31)
            try await fixture.append(1)
            try await fixture.link()
            try await fixture.tamper("UPDATE audit_heads SET anchored_at = now() - interval '2 hours'")
            #expect(try await self.remove(fixture) == 3)
            try await fixture.link(AuditChainer.Anchoring(entries: 1000, seconds: 3600))
            #expect(try await self.anchors(fixture).map(\.reason) == [.retention, .regular])
        }
    }

    /// Whatever a service that is not itself any more asks for.
    @Test func `the database removes nothing but what is too old, from the beginning, with an anchor`() async throws {
        try await AuditFixture.with { fixture in
            @Sendable func removed(
                _ through: Int, _ days: Int?, of tenant: Int = 1
            ) async throws -> Int? {
                do {
                    return try await fixture.database.asSystem { connection in
                        try connection.execute(
                            "SELECT casare_remove_audit(@tenant::int4, @through::int8, @days::int4) AS removed",
                            ["tenant": .int(tenant), "through": .int(through), "days": .int(days)]
                        ).only().int("removed")
                    }
                } catch let error as PostgresError {
                    #expect(error.sqlState?.rawValue == "55000", "\(error)")
                    return nil
                }
            }
            try await fixture.append(4)
            try await fixture.age(byDays: 31)
            try await fixture.append(2)
            try await fixture.link()
            // Nothing stands in their place.
            #expect(try await removed(2, 30) == nil)
            try await fixture.tamper(
                """
                INSERT INTO audit_anchors (tenant_id, number, hash, at, reason)
                SELECT tenant_id, number, hash, now(), 'retention' FROM audit_chain WHERE number <> 3
                """)
            let wrong: [(Int, Int?)] = [
                (2, 32), (2, 0), (2, -1), (2, nil), (0, 30), (3, 30), (5, 30), (5, 1), (6, 1), (7, 1),
            ]
            for (through, days) in wrong {
                #expect(try await removed(through, days) == nil, "\(through) \(String(describing: days))")
            }
            #expect(try await removed(2, 30, of: 2) == nil)
            // One for whom entries are kept for ever, or for longer.
            for kept in [0, 32] {
                _ = try await fixture.database.inSystem { connection in
                    try TenantStore.update("default", .init(auditDays: .some(kept)), on: connection)
                }
                #expect(try await removed(2, 30) == nil, "\(kept)")
            }
            _ = try await fixture.database.inSystem { connection in
                try TenantStore.update("default", .init(auditDays: .some(nil)), on: connection)
            }
            #expect(try await removed(2, 30) == 2)
            #expect(try await removed(2, 30) == nil)
            // One that is gone is to be found, and an anchor that says otherwise, too.
            let id = try await fixture.entry(at: 3)
            try await fixture.tamper("DELETE FROM audit_entries WHERE entry_id = \(id)")
            #expect(try await removed(4, 30) == nil)
            try await fixture.tamper("UPDATE audit_anchors SET hash = sha256('x') WHERE number = 4")
            #expect(try await removed(4, 30) == nil)
        }
    }

    @Test(arguments: [
        "UPDATE audit_entries SET actor = 'bob'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
        "UPDATE audit_chain SET number = 1", "DELETE FROM audit_chain", "DELETE FROM audit_heads",
        "UPDATE audit_heads SET base_number = 1", "UPDATE audit_heads SET base_entry_id = 1",
        "UPDATE audit_anchors SET signature = NULL", "DELETE FROM audit_anchors",
    ])
    func `the roles of services change and remove nothing themselves`(sql: String) async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.link()
            let query = Query(assembled: sql)
            for role in ["casare_system", "casare_app"] {
                let error = await #expect(throws: PostgresError.self) {
                    if role == "casare_app" {
                        try await fixture.database.asTenant(.default) { _ = try $0.execute(query) }
                    } else {
                        try await fixture.database.asSystem { _ = try $0.execute(query) }
                    }
                }
                #expect(error?.sqlState == .insufficientPrivilege, "\(role)")
            }
        }
    }

    @Test(arguments: [nil, 7, 0])
    func `what is said of a tenant counts before what the installation says`(days: Int?) async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.link()
            _ = try await fixture.database.inSystem { connection in
                try TenantStore.update("default", .init(auditDays: .some(days)), on: connection)
            }
            func outlived(_ standard: Int, after past: Double) async throws -> [Int] {
                try await fixture.database.asSystem { connection in
                    try AuditChainer.outlived(
                        days: standard, now: Date().addingTimeInterval(past * 86_400), on: connection
                    ).map(\.days)
                }
            }
            #expect(try await outlived(30, after: 8) == (days == 7 ? [7] : []))
            #expect(try await outlived(30, after: 31) == (days == 0 ? [] : [days ?? 30]))
            #expect(try await outlived(0, after: 36_600) == (days == 7 ? [7] : []))
        }
    }

    @Test func `a beginning that was removed by somebody else is missed`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(6)
            try await fixture.link()
            let id = try await fixture.entry(at: 3)
            for sql in [
                """
                UPDATE audit_heads SET base_number = 3, base_entry_id = link.entry_id, base_hash = link.hash
                FROM audit_chain AS link WHERE link.number = 3
                """,
                "DELETE FROM audit_entries WHERE entry_id <= \(id)", "DELETE FROM audit_chain WHERE number <= 3",
            ] { try await fixture.tamper(sql) }
            #expect(try await fixture.check().fault?.kind == .removed)
        }
    }

    @Test func `a key is read in hex and base64, and never printed`() {
        let hex = String(repeating: "5a", count: 32)
        let base64 = Data([UInt8](repeating: 0x5A, count: 32)).base64EncodedString()
        #expect(AuditSigningKey(text: hex)?.publicKey == AuditSigningKey(text: base64)?.publicKey)
        #expect(Self.key?.publicKey != Self.otherKey?.publicKey && Self.key?.publicKey.count == 64)
        for wrong in ["", "5a", hex + "5a", "not base64 !"] { #expect(AuditSigningKey(text: wrong) == nil) }
        if let key = Self.key { #expect(!"\(key)".contains(hex) && !String(reflecting: key).contains(hex)) }
    }
}
