import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// What the server's own rows cannot show, or have no more: it is proven by what stands elsewhere, exports and anchors.
extension AuditTests.TamperingTests {
    /// Makes every hash anew, that of the chain's end and those of anchors included.
    private static let rehashAll = """
        DO $$
        DECLARE
            link record;
            before bytea := decode(repeat('00', 32), 'hex');
        BEGIN
            FOR link IN
                SELECT audit_chain.number, audit_entries.entry_id, audit_entries.content_hash
                FROM audit_chain JOIN audit_entries USING (tenant_id, entry_id)
                WHERE tenant_id = 1 ORDER BY audit_chain.number
            LOOP
                UPDATE audit_chain SET previous_hash = before, hash = made.hash
                FROM (
                    SELECT \(Self.linkHash("link.number", "before")) AS hash
                    FROM (SELECT link.entry_id AS entry_id, link.content_hash AS content_hash) AS it
                ) AS made
                WHERE tenant_id = 1 AND number = link.number
                RETURNING made.hash INTO before;
            END LOOP;
            UPDATE audit_heads SET hash = before WHERE tenant_id = 1;
            UPDATE audit_anchors SET hash = audit_chain.hash FROM audit_chain
            WHERE audit_anchors.tenant_id = 1 AND audit_chain.tenant_id = 1
                AND audit_chain.number = audit_anchors.number;
        END $$
        """

    @Test func `who makes all hashes anew is found by anchors that stand elsewhere and by their key`() async throws {
        let settings = [
            "CASARE_AUDIT_ANCHOR_ENTRIES": "4", "CASARE_AUDIT_SIGNING_KEY": String(repeating: "5a", count: 32),
        ]
        try await Self.with(8, variables: settings) { system, installation, last in
            let anchor = try #require(try await system.json("audit", "anchors").list?.first)
            let number = try #require(anchor["number"]?.int)
            let hash = try #require(anchor["hash"]?.string)
            let key = try #require(anchor["public_key"]?.string)
            let witness = ["--anchor", "\(number):\(hash)"]
            #expect(system.dev.log.contains(hash), "the service's log has it, too")
            #expect(try await Self.verify(witness + ["--public-key", key], by: system) == .nothing)

            // The end is gone, and the place where it is said to be moved back.
            let middle = last / 2
            let cut =
                Self.remove(middle...last) + """
                    UPDATE audit_heads SET number = link.number, entry_id = link.entry_id, hash = link.hash
                    FROM audit_chain AS link WHERE link.tenant_id = 1 AND link.number = \(middle - 1);
                    """
            for sql in [cut, cut + "DELETE FROM audit_anchors"] {
                let (there, here) = try await Self.undoing(sql, in: installation) {
                    let path = try await Self.export("cut", by: system)
                    return (
                        try await Self.verify(witness, by: system),
                        try await Self.verify([path] + witness, by: system)
                    )
                }
                #expect(there.status == 13 && there.kind == "removed", "\(there)")
                #expect(here == Found(status: 13, kind: "removed", number: number), "\(here)")
            }

            // Nothing of the old hashes is left, but for what was signed.
            let anew =
                "UPDATE audit_entries SET actor = 'eve' WHERE entry_id = \(Self.entry(2));" + Self.rehash(2)
                + Self.rehashAll
            let (there, here, unsigned) = try await Self.undoing(anew, in: installation) {
                let path = try await Self.export("anew", by: system)
                try await Self.script("UPDATE audit_anchors SET public_key = NULL, signature = NULL", installation)
                let plain = try await Self.verify(by: system)
                let witnessed = try await Self.verify(witness, by: system)
                let keyed = try await Self.verify(["--public-key", key], by: system)
                return (try await Self.verify([path], by: system), plain, [witnessed, keyed])
            }
            #expect(there.status == 13 && there.kind == "forged", "\(there)")
            #expect(here == .nothing, "without a place or a key nobody can tell: \(here)")
            #expect(unsigned[0] == Found(status: 13, kind: "changed", number: number), "\(unsigned)")
            #expect(unsigned[1].status == 13 && unsigned[1].kind == "forged", "\(unsigned)")
            #expect(try await Self.verify(witness, by: system) == .nothing)
        }
    }

    /// Entries of days ago, as they would stand there: written before a server has linked any.
    private static func age(_ installation: TestInstallation, _ count: Int) async throws {
        try await Self.script(
            """
            UPDATE audit_entries SET at = at - interval '4 days';
            INSERT INTO audit_entries (tenant_id, at, actor, actor_kind, action, outcome, content_hash)
            SELECT 1, now() - interval '3 days', 'ann', 'token', 'job.submit', 'granted', sha256('')
            FROM generate_series(1, \(count));
            UPDATE audit_entries SET content_hash = casare_audit_hash(
                tenant_id, entry_id, at, actor, actor_kind, action, subject, outcome, reason, source, request_id,
                trace_id, detail::text)
            """, installation)
    }

    @Test func `what is left when the time of the oldest is over is proven as before`() async throws {
        try await TestInstallation.with { installation in
            try await Self.age(installation, 20)
            let (old, whole) = try await installation.withOrchestrator("keeping") { system in
                let old = try await AuditTests.linked(in: installation)
                for number in 1...3 {
                    let made = try await system.casarectl("token", "create", "t\(number)", "--role", "viewer")
                    #expect(made.status == 0, "\(made.errors)")
                }
                _ = try await AuditTests.linked(in: installation)
                let path = try await Self.export("whole", by: system)
                return (old, path)
            }
            try await installation.withOrchestrator("removing", variables: ["CASARE_AUDIT_DAYS": "1"]) { system in
                let verdict = try await eventually("the oldest are gone") { () throws -> Value? in
                    let verdict = try await system.json("audit", "verify")
                    return verdict["after"]?.int == old ? verdict : .none
                }
                #expect(verdict["is_intact"] == true && verdict["entries"] == 3, "\(verdict)")
                let anchor = try #require(try await system.json("audit", "anchors").list?.first)
                #expect(anchor["number"] == .int(old) && anchor["reason"] == "retention", "\(anchor)")
                let witness = "\(old):\(anchor["hash"]?.string ?? "")"
                let rest = try await Self.export("rest", by: system)
                for file in [whole, rest] {
                    // Both have the place where the one ends and the other begins.
                    #expect(try await Self.verify([file, "--anchor", witness], by: system) == .nothing, "\(file)")
                }
                try await Self.script("DELETE FROM audit_anchors", installation)
                #expect(try await Self.verify(by: system) == Found(status: 13, kind: "removed", number: 1))
            }
        }
    }
}
