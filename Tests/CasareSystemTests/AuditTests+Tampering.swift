import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

extension AuditTests {
    /// Somebody who rules the database changes rows behind the servers' backs: a server finds it, and so does whoever
    /// has an export.
    struct TamperingTests {
        private static let tables = ["audit_entries", "audit_chain", "audit_heads", "audit_anchors"]

        /// What `audit verify` has found.
        struct Found: Hashable, CustomStringConvertible {
            let status: Int
            var kind: String?
            var number: Int?

            static let nothing = Found(status: 0)

            var description: String { "\(self.status) \(self.kind ?? "intact") \(self.number ?? 0)" }
        }

        /// One thing that somebody does, and what is to be found of it.
        struct Deed: Sendable {
            let name: String
            let sql: String
            let kind: AuditFault.Kind
            let number: Int
            /// It is beside the chain, so an export has nothing of it.
            var isBesideChain = false
        }

        // MARK: - Deeds

        static func entry(_ number: Int) -> String {
            "(SELECT entry_id FROM audit_chain WHERE tenant_id = 1 AND number = \(number))"
        }

        static func remove(_ numbers: ClosedRange<Int>) -> String {
            let (first, last) = (numbers.lowerBound, numbers.upperBound)
            return """
                DELETE FROM audit_entries WHERE tenant_id = 1 AND entry_id IN (
                    SELECT entry_id FROM audit_chain WHERE tenant_id = 1 AND number BETWEEN \(first) AND \(last));
                DELETE FROM audit_chain WHERE tenant_id = 1 AND number BETWEEN \(first) AND \(last);
                """
        }

        static func rehash(_ number: Int) -> String {
            """
            UPDATE audit_entries SET content_hash = casare_audit_hash(
                tenant_id, entry_id, at, actor, actor_kind, action, subject, outcome, reason, source, request_id,
                trace_id, detail::text)
            WHERE entry_id = \(Self.entry(number));
            """
        }

        private static func swap(_ first: Int, _ second: Int) -> String {
            """
            UPDATE audit_chain SET number = 100000 WHERE number = \(first);
            UPDATE audit_chain SET number = \(first) WHERE number = \(second);
            UPDATE audit_chain SET number = \(second) WHERE number = 100000;
            """
        }

        /// With a link as it should be, after a number, and all behind it moved on.
        private static func insert(after number: Int) -> String {
            """
            UPDATE audit_chain SET number = number + 100001 WHERE number > \(number);
            UPDATE audit_chain SET number = number - 100000 WHERE number > 100000;
            WITH written AS (
                INSERT INTO audit_entries (
                    tenant_id, entry_id, at, actor, actor_kind, action, outcome, content_hash)
                SELECT
                    1, id, now(), 'eve', 'token', 'job.submit', 'granted', casare_audit_hash(
                        1, id, now(), 'eve', 'token', 'job.submit', NULL, 'granted', NULL, NULL, NULL, NULL, NULL)
                FROM nextval('audit_entry_ids') AS id
                RETURNING entry_id, content_hash
            ), previous AS (
                SELECT coalesce(
                    (SELECT hash FROM audit_chain WHERE tenant_id = 1 AND number = \(number)),
                    decode(repeat('00', 32), 'hex')) AS hash
            )
            INSERT INTO audit_chain (tenant_id, number, entry_id, hash, previous_hash)
            SELECT 1, \(number + 1), entry_id, \(Self.linkHash("\(number + 1)", "previous.hash")), previous.hash
            FROM written, previous;
            """
        }

        /// What a link's hash is made of, as the page about the log says.
        static func linkHash(_ number: String, _ previous: String) -> String {
            """
            sha256(convert_to(
                'casare-audit-link 1' || chr(10) || casare_audit_field('1')
                || casare_audit_field((\(number))::text) || casare_audit_field(entry_id::text)
                || casare_audit_field(encode(content_hash, 'hex'))
                || casare_audit_field(encode(\(previous), 'hex')), 'UTF8'))
            """
        }

        /// - Parameter last: how many entries there are.
        private static func deeds(_ last: Int) -> [Deed] {
            let middle = last / 2
            var deeds: [Deed] = []
            for place in [1, middle, last] {
                deeds += [
                    Deed(
                        name: "remove an entry", sql: "DELETE FROM audit_entries WHERE entry_id = \(Self.entry(place))",
                        kind: .removed, number: place),
                    Deed(
                        name: "remove an entry and its link", sql: Self.remove(place...place), kind: .removed,
                        number: place),
                    Deed(
                        name: "change an entry",
                        sql: "UPDATE audit_entries SET actor = 'eve' WHERE entry_id = \(Self.entry(place))",
                        kind: .changed, number: place),
                    Deed(
                        name: "change an entry and hash it anew",
                        sql: "UPDATE audit_entries SET actor = 'eve' WHERE entry_id = \(Self.entry(place));"
                            + Self.rehash(place), kind: .changed, number: place),
                ]
            }
            for (first, second) in [(1, 2), (middle, middle + 2), (last - 1, last)] {
                deeds.append(
                    Deed(name: "swap two", sql: Self.swap(first, second), kind: .reordered, number: first))
            }
            for place in [0, middle, last] {
                deeds.append(
                    Deed(
                        name: "put one in", sql: Self.insert(after: place), kind: .inserted, number: place + 1,
                        isBesideChain: place == last))
            }
            return deeds + [
                Deed(name: "cut the beginning off", sql: Self.remove(1...middle), kind: .removed, number: 1),
                Deed(
                    name: "cut the middle out", sql: Self.remove(middle...(middle + 1)), kind: .removed,
                    number: middle),
                Deed(name: "cut the end off", sql: Self.remove(middle...last), kind: .removed, number: middle),
                Deed(name: "empty the log", sql: Self.remove(1...last), kind: .removed, number: 1),
            ]
        }

        // MARK: - Looking

        static func verify(_ arguments: [String] = [], by system: TestSystem) async throws -> Found {
            let ended = try await system.casarectl(["audit", "verify", "-o", "json"] + arguments)
            guard ended.status == 0 || ended.status == 13 else {
                throw NeverHappened(what: "audit verify ended with \(ended.status): \(ended.errors)")
            }
            let fault = try Value(parsingJSON: ended.output)["fault"]
            return Found(status: ended.status, kind: fault?["kind"]?.string, number: fault?["number"]?.int)
        }

        static func export(_ name: String, by system: TestSystem) async throws -> String {
            let path = "\(system.folder)/\(name).jsonl"
            let ended = try await system.casarectl("audit", "export", "--file", path, "--force")
            guard ended.status == 0 else { throw NeverHappened(what: "an export: \(ended.errors)") }
            return path
        }

        static func script(_ sql: String, _ installation: TestInstallation) async throws {
            try await installation.withConnection { connection in try connection.script("BEGIN; \(sql); COMMIT") }
        }

        /// Does something to the rows, and puts them back when `body` has looked.
        static func undoing<Result: Sendable>(
            _ sql: String, in installation: TestInstallation, _ body: () async throws -> Result
        ) async throws -> Result {
            try await Self.script(sql, installation)
            let result = try await body()
            let back = Self.tables.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM kept.\($0)" }
            try await Self.script(back.joined(separator: ";"), installation)
            return result
        }

        /// An installation with some entries, and a copy of its log.
        static func with(
            _ count: Int, variables: [String: String] = [:],
            _ body: @escaping @Sendable (TestSystem, TestInstallation, _ last: Int) async throws -> Void
        ) async throws {
            try await TestInstallation.with { installation in
                try await installation.withOrchestrator("orchestrator", variables: variables) { system in
                    for number in 1...count {
                        let made = try await system.casarectl("token", "create", "t\(number)", "--role", "viewer")
                        #expect(made.status == 0, "\(made.errors)")
                    }
                    let last = try await AuditTests.linked(in: installation)
                    #expect(last > count)
                    try await eventually("all anchors are there that are due") {
                        try await Self.anchorsAreThere(variables, last, system) ? true : nil
                    }
                    let copies = Self.tables.map { "CREATE TABLE kept.\($0) AS TABLE \($0)" }
                    try await Self.script("CREATE SCHEMA kept; " + copies.joined(separator: ";"), installation)
                    #expect(try await Self.verify(by: system) == .nothing)
                    try await body(system, installation, last)
                }
            }
        }

        private static func anchorsAreThere(
            _ variables: [String: String], _ last: Int, _ system: TestSystem
        ) async throws -> Bool {
            guard let each = variables["CASARE_AUDIT_ANCHOR_ENTRIES"].flatMap({ Int($0) }) else { return true }
            let newest = try await system.json("audit", "anchors").list?.first?["number"]?.int ?? 0
            return last - newest < each
        }

        // MARK: - Tests

        @Test func `whatever is done to the rows is found and named, on the server and in an export`() async throws {
            try await Self.with(8) { system, installation, last in
                for deed in Self.deeds(last) {
                    let (there, here, text) = try await Self.undoing(deed.sql, in: installation) {
                        async let there = Self.verify(by: system)
                        let path = try await Self.export("export", by: system)
                        let here = try await Self.verify([path], by: system)
                        return (try await there, here, try String(contentsOf: URL(filePath: path), encoding: .utf8))
                    }
                    let expected = Found(status: 13, kind: deed.kind.rawValue, number: deed.number)
                    #expect(there == expected, "\(deed.name) at \(deed.number)")
                    if deed.isBesideChain {
                        #expect(here == .nothing && !text.contains("eve"), "\(deed.name) at \(deed.number)")
                    } else {
                        #expect(here == expected, "in an export: \(deed.name) at \(deed.number)")
                    }
                }
                #expect(try await Self.verify(by: system) == .nothing)
                // Whatever the servers have seen of it, they go on.
                #expect(try await system.casarectl("token", "create", "after", "--role", "viewer").status == 0)
                let count = try await AuditTests.linked(in: installation)
                #expect(count == last + 1)
            }
        }
    }
}
