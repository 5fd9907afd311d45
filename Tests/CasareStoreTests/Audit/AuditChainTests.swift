import CasareDomain
import CasarePostgres
@testable import CasareStore
import Testing

/// The chain as it grows, and what is found of what somebody did to it.
struct AuditChainTests {
    private static let count = 9
    /// The first one, one in the middle and the last one.
    private static let places = [1, 5, 9]

    private func tampered(
        _ sql: (AuditFixture) async throws -> [String]
    ) async throws -> AuditFault? {
        try await AuditFixture.with { fixture in
            try await fixture.append(Self.count)
            try await fixture.link()
            let before = try await fixture.check()
            #expect(before.fault == nil && before.place.number == Int64(Self.count))
            for statement in try await sql(fixture) { try await fixture.tamper(statement) }
            return try await fixture.check().fault
        }
    }

    @Test func `a hundred writers at once are linked without a gap, each once`() async throws {
        try await AuditFixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<100 {
                    group.addTask {
                        for number in 0..<3 {
                            try await fixture.append(AuditFixture.entry(subject: "\(writer)/\(number)"))
                        }
                    }
                }
                // Two orchestrators link meanwhile.
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<20 { try await fixture.link(limit: 7) } }
                }
                try await group.waitForAll()
            }
            try await fixture.link()
            let check = try await fixture.check(limit: 50)
            #expect(check.fault == nil && check.isEnd && check.place.number == 300, "\(check)")
            let span = try await fixture.database.asTenant(.default) { connection in
                try AuditChain.span(after: .start, limit: 1000, on: connection)
            }
            #expect(Set(span.links.compactMap { $0.entry?.subject }).count == 300)
        }
    }

    @Test func `what is not committed yet is not passed over`() async throws {
        try await AuditFixture.with { fixture in
            let slow = try await fixture.database.connect()
            try await slow.run { connection in
                try connection.execute("BEGIN")
                try connection.execute("SELECT set_config('casare.tenant', '1', true)")
                try AuditLog.append(AuditFixture.entry(subject: "slow"), on: connection)
            }
            try await fixture.append(AuditFixture.entry(subject: "fast"))
            // The later number is committed, the earlier one is not: neither is linked.
            #expect(try await fixture.link() == 0)
            try await slow.run { connection in _ = try connection.execute("COMMIT") }
            await slow.close()
            #expect(try await fixture.link() == 2)
            let span = try await fixture.database.asTenant(.default) { connection in
                try AuditChain.span(after: .start, limit: 10, on: connection)
            }
            #expect(span.links.map { $0.entry?.subject } == ["slow", "fast"])
        }
    }

    @Test func `whoever links after a restart goes on where the one before ended`() async throws {
        try await AuditFixture.with { fixture in
            for _ in 0..<3 {
                try await fixture.append(4)
                #expect(try await fixture.link() == 4)
                #expect(try await fixture.link() == 0)
            }
            let check = try await fixture.check()
            #expect(check.fault == nil && check.place.number == 12)
        }
    }

    @Test(arguments: Self.places)
    func `an entry that is gone is missed`(place: Int) async throws {
        let fault = try await self.tampered { fixture in
            ["DELETE FROM audit_entries WHERE entry_id = \(try await fixture.entry(at: place))"]
        }
        #expect(fault?.kind == .removed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: Self.places)
    func `an entry that is gone with its link is missed`(place: Int) async throws {
        let fault = try await self.tampered { fixture in
            [
                "DELETE FROM audit_entries WHERE entry_id = \(try await fixture.entry(at: place))",
                "DELETE FROM audit_chain WHERE number = \(place)",
            ]
        }
        #expect(fault?.kind == .removed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: [1, 5])
    func `an entry that is gone is missed where the others were moved up`(place: Int) async throws {
        let fault = try await self.tampered { fixture in
            [
                "DELETE FROM audit_entries WHERE entry_id = \(try await fixture.entry(at: place))",
                "DELETE FROM audit_chain WHERE number = \(place)",
                "UPDATE audit_chain SET number = -number + 100 WHERE number > \(place)",
                "UPDATE audit_chain SET number = 100 - number - 1 WHERE number > \(Self.count)",
                "UPDATE audit_heads SET number = number - 1",
            ]
        }
        #expect(fault?.kind == .removed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: Self.places)
    func `an entry that was changed is found`(place: Int) async throws {
        let fault = try await self.tampered { fixture in
            ["UPDATE audit_entries SET actor = 'bob' WHERE entry_id = \(try await fixture.entry(at: place))"]
        }
        #expect(fault?.kind == .changed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: Self.places)
    func `an entry that was changed and hashed anew is found`(place: Int) async throws {
        let fault = try await self.tampered { fixture in
            let id = try await fixture.entry(at: place)
            return [
                "UPDATE audit_entries SET subject = 'other' WHERE entry_id = \(id)",
                """
                UPDATE audit_entries SET content_hash = casare_audit_hash(
                    tenant_id, entry_id, at, actor, actor_kind, action, subject, outcome, reason, source, request_id,
                    trace_id, detail::text)
                WHERE entry_id = \(id)
                """,
            ]
        }
        #expect(fault?.kind == .changed && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test(arguments: [(1, 2), (4, 6), (1, 9), (8, 9)])
    func `entries that have changed places are found`(first: Int, second: Int) async throws {
        let fault = try await self.tampered { _ in
            [
                "UPDATE audit_chain SET number = 100 WHERE number = \(first)",
                "UPDATE audit_chain SET number = \(first) WHERE number = \(second)",
                "UPDATE audit_chain SET number = \(second) WHERE number = 100",
            ]
        }
        #expect(fault?.kind == .reordered && fault?.number == Int64(first), "\(String(describing: fault))")
    }

    @Test(arguments: Self.places)
    func `an entry beside the chain is found`(place: Int) async throws {
        let fault = try await AuditFixture.with { fixture -> AuditFault? in
            for number in 1...Self.count {
                // Numbers that were taken back leave room between the others.
                try? await fixture.database.asTenant(.default) { connection in
                    try AuditLog.append(AuditFixture.entry(), on: connection)
                    throw CancellationError()
                }
                try await fixture.append(AuditFixture.entry(subject: "s\(number)"))
            }
            try await fixture.link()
            #expect(try await fixture.check().fault == nil)
            let id = try await fixture.entry(at: place)
            try await fixture.tamper(
                """
                INSERT INTO audit_entries (tenant_id, entry_id, at, actor, actor_kind, action, outcome, content_hash)
                SELECT 1, \(id) - 1, now(), 'eve', 'token', 'a.b', 'granted', decode(repeat('00', 32), 'hex')
                """)
            return try await fixture.check().fault
        }
        #expect(fault?.kind == .inserted && fault?.number == Int64(place), "\(String(describing: fault))")
    }

    @Test func `a chain that was cut off is found by its head`() async throws {
        let fault = try await self.tampered { fixture in
            let id = try await fixture.entry(at: 7)
            return [
                "DELETE FROM audit_entries WHERE entry_id >= \(id)", "DELETE FROM audit_chain WHERE number >= 7",
            ]
        }
        #expect(fault?.kind == .removed && fault?.number == 7)
    }

    @Test func `a chain that was cut off with its head is found by an anchor`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(Self.count)
            try await fixture.link(AuditChainer.Anchoring(entries: Self.count, seconds: 86_400))
            #expect(try await fixture.check().anchors == 1)
            let id = try await fixture.entry(at: 7)
            for sql in [
                "DELETE FROM audit_entries WHERE entry_id >= \(id)", "DELETE FROM audit_chain WHERE number >= 7",
                """
                UPDATE audit_heads SET number = link.number, entry_id = link.entry_id, hash = link.hash
                FROM audit_chain AS link WHERE link.number = 6
                """,
            ] { try await fixture.tamper(sql) }
            let fault = try await fixture.check().fault
            #expect(fault?.kind == .removed && fault?.number == Int64(Self.count), "\(String(describing: fault))")
        }
    }
}
