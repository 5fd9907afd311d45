import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials
import Testing

struct AuditLogTests {
    private func list(
        _ fixture: AuditFixture, _ filter: AuditLog.Filter = .init(), before: Int64? = nil, limit: Int = 100
    ) async throws -> AuditLog.Page {
        try await fixture.database.asTenant(.default) { connection in
            try AuditLog.list(filter, before: before, limit: limit, on: connection)
        }
    }

    @Test func `an entry stands and falls with what it tells of`() async throws {
        struct Stop: Error {}
        try await AuditFixture.with { fixture in
            await #expect(throws: Stop.self) {
                try await fixture.database.asTenant(.default) { connection in
                    try AuditLog.append(AuditFixture.entry(), on: connection)
                    throw Stop()
                }
            }
            #expect(try await self.list(fixture).entries.isEmpty)
            let trace = try #require(TraceID("0af7651916cd43dd8448eb211c80319c"))
            try await fixture.append(
                NewAuditEntry(
                    actor: "änn\0", actorKind: "token", action: "secret.reveal", subject: "db/main",
                    reason: "on call", source: "10.0.0.1", requestID: "req_1", traceID: trace,
                    detail: ["version": 3]))
            let entry = try #require(try await self.list(fixture).entries.first)
            #expect(entry.actor == "änn\u{FFFD}" && entry.outcome == .granted && entry.reason == "on call")
            #expect(entry.traceID == trace.description && entry.detail == #"{"version":3}"#, "\(entry)")
        }
    }

    @Test func `the database hashes an entry as the domain does`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(
                NewAuditEntry(
                    actor: "ann\n3:x", actorKind: "token", action: "a.b", subject: "ünïcode ✓", source: "::1",
                    detail: ["list": [1, "two", nil]]))
            try await fixture.append(AuditFixture.entry())
            try await fixture.link()
            let span = try await fixture.database.asTenant(.default) { connection in
                try AuditChain.span(after: .start, limit: 10, on: connection)
            }
            #expect(span.links.count == 2)
            for link in span.links { #expect(link.contentHash == link.entry.map { AuditHash.of($0.canonical) }) }
        }
    }

    @Test func `an entry is taken along by what changes something, and only by that`() async throws {
        try await AuditFixture.with { fixture in
            let written = try await fixture.database.asTenant(.default) { connection in
                _ = try PolicyStore.get(on: connection)
                return try AuditLog.appendIfChanged(AuditFixture.entry(), on: connection)
            }
            #expect(!written)
            #expect(try await self.list(fixture).entries.isEmpty)
            let second = try await fixture.database.asTenant(.default) { connection in
                try PolicyStore.change(by: "ann", on: connection) { $0[.scripts] = false }
                return try AuditLog.appendIfChanged(AuditFixture.entry(), on: connection)
            }
            #expect(second)
            #expect(try await self.list(fixture).entries.count == 1)
        }
    }

    @Test func `entries are found by what is asked, the newest first`() async throws {
        try await AuditFixture.with { fixture in
            for (actor, action, subject) in [
                ("ann", "secret.put", "db"), ("bob", "secret.reveal", "db"), ("ann", "job.submit", "db"),
                ("ann", "secret.put", "mail"), ("ann", "secretary.call", "db"),
            ] {
                try await fixture.append(
                    NewAuditEntry(actor: actor, actorKind: "token", action: action, subject: subject))
            }
            func actions(_ filter: AuditLog.Filter) async throws -> [String] {
                try await self.list(fixture, filter).entries.map { "\($0.actor) \($0.action) \($0.subject ?? "")" }
            }
            let ofSecret = try await actions(.init(action: "secret.*", subject: "db"))
            #expect(ofSecret == ["bob secret.reveal db", "ann secret.put db"])
            let ofAnn = try await actions(.init(actor: "ann", action: "secret.put"))
            #expect(ofAnn == ["ann secret.put mail", "ann secret.put db"])
            #expect(try await actions(.init(subject: "db")).count == 4)
            #expect(try await actions(.init(outcome: .denied)).isEmpty)
            #expect(try await actions(.init(since: Date(timeIntervalSinceNow: 3600))).isEmpty)
            #expect(try await actions(.init(until: Date(timeIntervalSinceNow: -3600))).isEmpty)
            let all = AuditLog.Filter(
                since: Date(timeIntervalSinceNow: -3600), until: Date(timeIntervalSinceNow: 3600))
            #expect(try await actions(all).count == 5)
        }
    }

    @Test func `a list goes on where its page ended`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(7)
            var seen: [Int64] = []
            var before: Int64?
            repeat {
                let page = try await self.list(fixture, before: before, limit: 3)
                seen += page.entries.map(\.id)
                before = page.next
            } while before != nil
            #expect(seen.count == 7 && seen == seen.sorted(by: >))
        }
    }

    @Test func `nobody sees another tenant's entries, and the service's role changes none`() async throws {
        try await AuditFixture.with { fixture in
            try await fixture.append(3)
            try await fixture.link()
            let other = Tenant.ID(rawValue: 77)
            let (entries, ends) = try await fixture.database.asTenant(other) { connection in
                (
                    try AuditLog.list(limit: 10, on: connection).entries,
                    try AuditChain.ends(on: connection)
                )
            }
            #expect(entries.isEmpty && ends.head == .start)
            for sql in [
                "UPDATE audit_entries SET actor = 'bob'", "DELETE FROM audit_entries", "DELETE FROM audit_chain",
                "UPDATE audit_heads SET number = 1", "DELETE FROM audit_anchors",
            ] {
                await #expect(throws: PostgresError.self) {
                    try await fixture.database.asTenant(.default) { connection in
                        _ = try connection.execute(Query(assembled: sql))
                    }
                }
            }
        }
    }
}
