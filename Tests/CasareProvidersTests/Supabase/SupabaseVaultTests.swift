import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import Testing

/// On a PostgreSQL with a schema of the shape that the extension makes.
struct SupabaseVaultTests {
    /// As `supabase_vault` 0.3 has it; base64 stands for its encryption, which the view undoes.
    private static let schema = """
        CREATE SCHEMA vault;
        CREATE TABLE vault.secrets (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, description text NOT NULL DEFAULT '',
            secret text NOT NULL, key_id uuid, nonce bytea,
            created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
        CREATE UNIQUE INDEX secrets_name_idx ON vault.secrets (name) WHERE name IS NOT NULL;
        CREATE VIEW vault.decrypted_secrets AS
            SELECT id, name, description, secret,
                CASE WHEN key_id IS NULL THEN convert_from(decode(secret, 'base64'), 'utf8') END AS decrypted_secret,
                key_id, nonce, created_at, updated_at
            FROM vault.secrets;
        INSERT INTO vault.secrets (name, secret, key_id) VALUES
            ('stripe', 'c2tfbGl2ZQ==', NULL), ('mail/password', 'aHVudGVyMg==', NULL), ('mail/host', 'aG9zdA==', NULL),
            ('lost', 'AAAA', gen_random_uuid()), (NULL, 'AAAA', NULL);
        """

    /// Gives `body` a provider that signs in as `user`, or as the owner.
    private static func with<Result>(
        schema: String = Self.schema, user: String? = nil, _ body: (SupabaseVault) async throws -> Result
    ) async throws -> Result {
        let cluster = try await TestCluster.shared()
        let owner = try await cluster.createDatabase()
        let connection = try await PostgresConnection.connect(owner)
        try await connection.script(schema)
        await connection.close()
        var configuration = owner
        if let user { configuration.user = user }
        let url = configuration.description
        let provider = SupabaseVault(
            name: "supabase", url: .environment("SUPABASE_URL"),
            environment: ProcessEnvironment { name in name == "SUPABASE_URL" ? url : nil })
        do {
            let result = try await body(provider)
            await provider.close()
            try await cluster.dropDatabase(owner)
            return result
        } catch {
            await provider.close()
            // The body's error is the one that matters; the whole cluster goes at the end of the process.
            try? await cluster.dropDatabase(owner)
            throw error
        }
    }

    @Test func `a secret is found by its name, decrypted, and names are listed by folder`() async throws {
        try await Self.with { provider in
            try await provider.check()
            let found = try await provider.fields(at: "stripe", version: nil)
            #expect(found.fields.revealed == ["value": "sk_live"] && found.version == nil)
            func names(_ folder: String, _ beginning: String = "", after: String? = nil) async throws -> [String] {
                try await provider.names(PathListing(folder: folder, beginning: beginning, after: after, limit: 2))
            }
            #expect(try await names("") == ["lost", "mail/host"])
            #expect(try await names("", after: "mail/host") == ["mail/password", "stripe"])
            #expect(try await names("mail/") == ["host", "password"])
            #expect(try await names("mail/", "p") == ["password"])
            #expect(try await names("mail/", after: "host") == ["password"])
            #expect(try await names("mail/", "x").isEmpty)
        }
    }

    @Test func `what is not there, cannot be decrypted, or has no versions is told apart`() async throws {
        try await Self.with { provider in
            let none = await problem { try await provider.fields(at: "none", version: nil) }
            #expect(none == .notFound(provider: "supabase", path: "none", why: nil))
            let quoted = await problem { try await provider.fields(at: "x' OR '1'='1", version: nil) }
            #expect(quoted?.meaning == .notFound)
            let lost = await problem { try await provider.fields(at: "lost", version: nil) }
            guard case .unreadable = lost else {
                Issue.record("\(String(describing: lost))")
                return
            }
            let version = await problem { try await provider.fields(at: "stripe", version: 2) }
            #expect(version?.description.contains("has no versions") == true)
        }
    }

    @Test func `a user needs the view and nothing else; one without it is refused`() async throws {
        let roles = """
            DO $$ BEGIN CREATE ROLE vault_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            DO $$ BEGIN CREATE ROLE vault_stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT USAGE ON SCHEMA vault TO vault_reader, vault_stranger;
            GRANT SELECT ON vault.decrypted_secrets TO vault_reader;
            """
        try await Self.with(schema: Self.schema + roles, user: "vault_reader") { provider in
            try await provider.check()
            let found = try await provider.fields(at: "mail/password", version: nil)
            #expect(found.fields.revealed == ["value": "hunter2"])
        }
        try await Self.with(schema: Self.schema + roles, user: "vault_stranger") { provider in
            let sick = await problem { try await provider.check() }
            let refused = await problem { try await provider.fields(at: "stripe", version: nil) }
            #expect(sick?.meaning == .denied && refused?.meaning == .denied)
        }
    }

    /// Of a machine that is not asked for anything: a test network (RFC 5737), or a name that nobody has (RFC 2606).
    @Test(arguments: [
        "host=192.0.2.1 sslmode=prefer", "host=db.invalid sslmode=disable", "host=db.invalid sslmode=allow",
        "host=127.0.0.1,db.invalid sslmode=prefer", "host=localhost hostaddr=192.0.2.1 sslmode=disable",
        "postgres://ann:hunter2@db.invalid/x?sslmode=prefer",
    ])
    func `a database on another machine is not asked in plain text`(url: String) async {
        let provider = SupabaseVault(
            name: "supabase", url: .environment("URL"), environment: ProcessEnvironment { _ in url })
        let refused = await problem { try await provider.fields(at: "stripe", version: nil) }
        await provider.close()
        #expect(refused?.meaning == .unavailable)
        #expect(refused?.description.contains("allow_plaintext: true") == true, "\(String(describing: refused))")
        #expect(refused?.description.contains("hunter2") == false)
    }

    @Test func `a database on this machine is asked as the connection string says`() async throws {
        let cluster = try await TestCluster.shared()
        let owner = try await cluster.createDatabase()
        for (more, allowsPlaintext) in [("sslmode=disable", false), ("sslmode=prefer", true), ("", false)] {
            let provider = SupabaseVault(
                name: "supabase", url: .environment("URL"), allowsPlaintext: allowsPlaintext,
                environment: ProcessEnvironment { _ in "\(owner.description) \(more)" })
            let asked = await problem { try await provider.check() }
            await provider.close()
            #expect(asked?.description.contains("no view vault.decrypted_secrets") == true, "\(more)")
        }
        try await cluster.dropDatabase(owner)
    }

    @Test func `a database without the extension, or none at all, is not available`() async throws {
        try await Self.with(schema: "SELECT 1") { provider in
            let sick = await problem { try await provider.check() }
            #expect(sick?.description.contains("no view vault.decrypted_secrets") == true)
        }
        let nowhere = "host=127.0.0.1 port=\(ClosedPort.number) user=ann dbname=x password=hunter2"
        let provider = SupabaseVault(
            name: "supabase", url: .environment("URL"), environment: ProcessEnvironment { _ in nowhere })
        let error = await problem { try await provider.fields(at: "stripe", version: nil) }
        await provider.close()
        #expect(error?.meaning == .unavailable && error?.description.contains("hunter2") == false)
        let wrong = SupabaseVault(
            name: "supabase", url: .environment("URL"), environment: ProcessEnvironment { _ in "hunter2=x" })
        let unreadable = await problem { try await wrong.check() }
        await wrong.close()
        #expect(unreadable?.meaning == .unavailable && unreadable?.description.contains("hunter2") == false)
    }
}
