import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What somebody who can write to the database can do to secrets: they open no more, and which it was is said.
struct SecretDamageTests {
    private static let fixture = "UPDATE secret_versions SET"

    @Test(arguments: [
        "ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1)",
        "ciphertext = set_byte(ciphertext, 12, get_byte(ciphertext, 12) # 128)",
        "ciphertext = set_byte(ciphertext, length(ciphertext) - 1, get_byte(ciphertext, length(ciphertext) - 1) # 1)",
        "ciphertext = substring(ciphertext FOR 20)", "ciphertext = ''",
        "wrapped_key = set_byte(wrapped_key, 0, get_byte(wrapped_key, 0) # 1)",
        "wrapped_key = set_byte(wrapped_key, 30, get_byte(wrapped_key, 30) # 4)",
        "wrapped_key = set_byte(wrapped_key, length(wrapped_key) - 1, get_byte(wrapped_key, length(wrapped_key) - 1) # 1)",
        "wrapped_key = ''",
    ])
    func `a bit that was flipped is found, and its version named`(change: String) async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            try await store.put("db/prod", "second")
            try await store.asOwner("\(Self.fixture) \(change) WHERE version = 2")
            await #expect(throws: SecretDamage.altered(StoreFixture.name("db/prod"), version: 2)) {
                _ = try await store.password("db/prod")
            }
            #expect(try await store.password("db/prod", version: 1) == "hunter2", "the others are as they were")
        }
    }

    /// Exchanges columns of two versions, named by secret and number.
    private static func swap(_ columns: String, _ first: (String, Int), _ second: (String, Int)) -> String {
        func place(_ row: (String, Int)) -> String {
            "(SELECT secret_id FROM secrets WHERE name = '\(row.0)' LIMIT 1) AND version = \(row.1)"
        }
        return """
            CREATE TEMPORARY TABLE a AS SELECT * FROM secret_versions WHERE secret_id = \(place(first));
            CREATE TEMPORARY TABLE b AS SELECT * FROM secret_versions WHERE secret_id = \(place(second));
            UPDATE secret_versions SET (\(columns)) = (SELECT \(columns) FROM b) WHERE secret_id = \(place(first));
            UPDATE secret_versions SET (\(columns)) = (SELECT \(columns) FROM a) WHERE secret_id = \(place(second));
            """
    }

    @Test(arguments: [
        "ciphertext", "wrapped_key", "ciphertext, wrapped_key", "ciphertext, wrapped_key, key_id, fields",
    ])
    func `rows that were exchanged between versions or names are found`(columns: String) async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            try await store.put("db/prod", "second")
            try await store.secret("api", "other")
            try await store.asOwner(Self.swap(columns, ("db/prod", 1), ("db/prod", 2)))
            for version in [1, 2] {
                await #expect(throws: SecretDamage.altered(StoreFixture.name("db/prod"), version: version)) {
                    _ = try await store.password("db/prod", version: version)
                }
            }
            #expect(try await store.password("api") == "other")
            try await store.asOwner(Self.swap(columns, ("db/prod", 1), ("db/prod", 2)))
            try await store.asOwner(Self.swap(columns, ("db/prod", 1), ("api", 1)))
            await #expect(throws: SecretDamage.altered(StoreFixture.name("api"), version: 1)) {
                _ = try await store.password("api")
            }
            await #expect(throws: SecretDamage.altered(StoreFixture.name("db/prod"), version: 1)) {
                _ = try await store.password("db/prod", version: 1)
            }
            #expect(try await store.password("db/prod", version: 2) == "second")
        }
    }

    @Test func `a secret that was renamed, or given to another tenant, opens no more`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            try await store.asOwner("UPDATE secrets SET name = 'db/test'")
            await #expect(throws: SecretDamage.altered(StoreFixture.name("db/test"), version: 1)) {
                _ = try await store.password("db/test")
            }
            try await store.asOwner(
                """
                INSERT INTO tenants (tenant_id, name) VALUES (2, 'other');
                UPDATE secret_versions SET tenant_id = 2;
                UPDATE secrets SET tenant_id = 2, name = 'db/prod';
                """)
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            await #expect(throws: SecretDamage.altered(StoreFixture.name("db/prod"), version: 1)) {
                _ = try await other.password("db/prod")
            }
        }
    }

    @Test func `a key that is missing is told from damage`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            let other = StoreFixture.key("11")
            await #expect(
                throws: SecretDamage.otherKey(
                    StoreFixture.name("db/prod"), version: 1, wanted: StoreFixture.key().id, known: [other.id])
            ) {
                _ = try await store.password("db/prod", keys: KeyRing(current: other))
            }
            let both = KeyRing(current: other, former: [StoreFixture.key()])
            #expect(try await store.password("db/prod", keys: both) == "hunter2")
            try await store.asOwner("\(Self.fixture) key_id = '\(other.id)'")
            await #expect(throws: SecretDamage.altered(StoreFixture.name("db/prod"), version: 1)) {
                _ = try await store.password("db/prod", keys: both)
            }
        }
    }

    @Test func `nothing that can be read stands in the tables`() async throws {
        try await withFixture { store in
            let needle = "hunter2-and-more"
            try await store.secret("db/prod", needle)
            try await store.put("db/prod", needle + "!")
            let rows = try await store.database.asSystem { connection in
                try connection.execute(
                    """
                    SELECT
                        (SELECT string_agg(secrets::text, ' ') FROM secrets) || ' '
                            || (SELECT string_agg(secret_versions::text, ' ') FROM secret_versions) || ' '
                            || coalesce((SELECT string_agg(control_actions::text, ' ') FROM control_actions), '')
                            || coalesce((SELECT string_agg(audit_entries::text, ' ') FROM audit_entries), '') AS everything,
                        (SELECT bool_or(position(@needle::bytea IN ciphertext) > 0) FROM secret_versions) AS in_bytes
                    """, ["needle": .bytes(Array(needle.utf8))]
                ).only()
            }
            let text = try rows.string("everything")
            #expect(!text.contains("hunter2") && text.contains("db/prod"))
            let hex = needle.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            #expect(!text.contains(hex))
            #expect(try !rows.bool("in_bytes"))
        }
    }

    @Test func `equal values have nothing in common`() async throws {
        let name = StoreFixture.name("a")
        let first = try await SealedSecret(
            sealing: StoreFixture.password("x"), of: name, version: 1, in: .default, with: StoreFixture.keys)
        let second = try await SealedSecret(
            sealing: StoreFixture.password("x"), of: name, version: 1, in: .default, with: StoreFixture.keys)
        #expect(first.ciphertext != second.ciphertext && first.key.bytes != second.key.bytes)
        let mixed = SealedSecret(
            tenant: .default, name: name, version: 1, ciphertext: first.ciphertext, key: second.key,
            fields: first.fields)
        await #expect(throws: SecretDamage.altered(name, version: 1)) {
            _ = try await mixed.opened(with: StoreFixture.keys)
        }
    }
}
