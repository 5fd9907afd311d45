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

    private func remove(_ fixture: AuditFixture, now: Date, limit: Int = 100) async throws -> Int? {
        try await fixture.database.asSystem { connection in
            try AuditChainer.removeOutlived(
                days: 30, of: .default, key: Self.key, limit: limit, now: now, on: connection)?.removed
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
            try await fixture.link()
            let soon = Date().addingTimeInterval(29 * 86_400)
            let later = Date().addingTimeInterval(31 * 86_400)
            #expect(try await self.remove(fixture, now: soon) == nil)
            let due = try await fixture.database.asSystem { connection in
                (
                    try AuditChainer.outlived(days: 30, now: soon, on: connection),
                    try AuditChainer.outlived(days: 30, now: later, on: connection)
                )
            }
            #expect(due.0.isEmpty && due.1.map(\.tenant) == [.default] && due.1.map(\.days) == [30])
            #expect(try await self.remove(fixture, now: later, limit: 2) == 2)
            var check = try await fixture.check(publicKey: Self.key?.publicKey)
            #expect(check.fault == nil && check.links == 4 && check.place.number == 6, "\(check)")
            // The last one stays.
            #expect(try await self.remove(fixture, now: later) == 3)
            #expect(try await self.remove(fixture, now: later) == nil)
            try await fixture.append(1)
            try await fixture.link()
            check = try await fixture.check()
            #expect(check.fault == nil && check.links == 2 && check.place.number == 7, "\(check)")
            #expect(try await self.anchors(fixture).map(\.reason) == [.retention, .retention])
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
