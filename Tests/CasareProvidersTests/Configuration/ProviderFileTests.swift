import CasareDomain
import CasareProviders
import CasareSettings
import CasareTestSupport
import Configuration
import FoundationEssentials
import Testing

struct ProviderFileTests {
    private static let whole = """
        providers:
          corp:
            kind: hashicorp_vault
            address: https://vault.example.com:8200/
            namespace: team-a
            ca_file: /etc/ssl/corp.pem
            auth:
              method: approle
              mount: casare/approle
              role_id_env: VAULT_ROLE_ID
              secret_id_file: /run/secrets/secret-id
            kv: { mount: kv, version: 1 }
            dynamic: [database]
            tenants: [default, sales]
            tenant_folder: casare/{tenant}
          env: { kind: environment, prefix: CASARE_SECRET_ }
          mounted: { kind: files, folder: /run/secrets, tenants: ["*"] }
          supabase: { kind: supabase_vault, url_env: SUPABASE_URL }
        """

    private static func problem(_ text: String) -> String? {
        do throws(ProviderFileError) {
            _ = try ProviderFile(parsing: text)
            return nil
        } catch {
            return error.description
        }
    }

    private static func vault(_ members: String) -> String {
        "providers:\n  corp:\n    kind: hashicorp_vault\n"
            + members.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    @Test func `every kind is read with all that it may have`() throws {
        let file = try ProviderFile(parsing: Self.whole)
        #expect(file.entries.map(\.name) == ["corp", "env", "mounted", "supabase"])
        #expect(file.entries.map(\.kind) == [.hashiCorpVault, .environment, .files, .supabaseVault])
        let corp = try #require(file.entries.first)
        #expect(corp.access == ProviderAccess(tenants: ["default", "sales"], folder: "casare/{tenant}"))
        guard
            case .hashiCorpVault(let address, let namespace, let authorities, let login, let engine, let dynamic) =
                corp.source
        else {
            Issue.record("\(corp.kind)")
            return
        }
        #expect(address == "https://vault.example.com:8200" && namespace == "team-a")
        #expect(authorities == "/etc/ssl/corp.pem" && dynamic == ["database"])
        #expect(engine == HashiCorpVault.KeyValue(mount: "kv", version: 1))
        guard case .appRole(let mount, let role, let secret) = login else {
            Issue.record("another method")
            return
        }
        #expect(mount == "casare/approle" && role == .environment("VAULT_ROLE_ID"))
        #expect(secret == .file("/run/secrets/secret-id"))
        #expect(file.entries[1].access == ProviderAccess(tenants: ["default"]))
    }

    @Test(arguments: [
        ("", "is empty"), ("providers", "must be a mapping"), ("provider: {}", "needs `providers`"),
        ("providers: {}\nmore: 1", "has no `more`"), ("providers: [", "is not YAML: line"),
        ("providers: { Corp: { kind: files } }", "a name is"),
        ("providers: { a: { kind: onepassword } }", "has the kind onepassword"),
        ("providers: { a: { folder: /x } }", "needs `kind`"),
        ("providers: { a: { kind: files, folder: x } }", "must be a whole path"),
        ("providers: { a: { kind: files, folder: /x, foldr: /y } }", "has no `foldr` (line 1); it may have"),
        ("providers: { a: { kind: environment, prefix: _ } }", "at least 4 capital letters"),
        ("providers: { a: { kind: environment, prefix: CASARE_ } }", "as variables of Casare itself begin"),
        ("providers: { a: { kind: environment, prefix: CASARE_SEALING_ } }", "take CASARE_SECRET_"),
        ("providers: { a: { kind: supabase_vault } }", "needs `url_file` or `url_env`"),
        ("providers: { a: { kind: supabase_vault, url: 'postgres://a:b@c/d' } }", "holds a credential itself"),
        ("providers: { a: { kind: supabase_vault, url_env: A, url_file: /b } }", "leave one out"),
        ("providers: { a: { kind: files, folder: /x, tenants: all } }", "must be a list"),
        ("providers: { a: { kind: files, folder: /x, tenant_folder: x } }", "must have {tenant} in it"),
    ])
    func `what cannot be meant is refused with what to do`(text: String, reason: String) {
        let problem = Self.problem(text)
        #expect(problem?.contains(reason) == true, "\(text): \(problem ?? "nothing")")
    }

    @Test(arguments: [
        ("address: vault:8200", "must be like https://host:8200"),
        ("address: https://a:b@vault", "must be like https://host:8200"),
        ("address: https://vault:8200", "needs `auth`"),
        ("address: https://vault:8200\nauth: { method: ldap }", "there are token and approle"),
        ("address: https://vault:8200\nauth: { method: token, token: hvs.x }", "holds a credential itself, in `token`"),
        ("address: https://vault:8200\nauth: { method: token, token_env: T }\nkv: { version: 3 }", "from 1 to 2"),
        ("address: https://vault:8200\nauth: { method: token, token_env: T }\nkv: { mount: /x }", "without slashes"),
        (
            "address: https://vault:8200\nauth: { method: token, token_env: T }\ndynamic: [secret]",
            "cannot be the mount"
        ),
    ])
    func `a Vault needs an address and a way in`(members: String, reason: String) {
        let problem = Self.problem(Self.vault(members))
        #expect(problem?.contains(reason) == true && problem?.contains("hvs") == false, "\(problem ?? "nothing")")
    }

    @Test(arguments: [
        ("http://vault:8200", false), ("http://10.0.0.5:8200", false), ("http://localhost.example:8200", false),
        ("http://127.0.0.1.example", false), ("http://[2001:db8::1]:8200", false), ("https://vault:8200", true),
        ("http://localhost:8200", true), ("http://127.0.0.1:8200", true), ("http://[::1]:8200", true),
    ])
    func `a Vault on another machine is asked over TLS, unless the file says otherwise`(
        address: String, isPrivate: Bool
    ) {
        let members = "address: '\(address)'\nauth: { method: token, token_env: T }\n"
        let problem = Self.problem(Self.vault(members))
        #expect((problem == nil) == isPrivate, "\(problem ?? "nothing")")
        if let problem { #expect(problem.contains("allow_plaintext: true") && problem.contains(address), "\(problem)") }
        let refused = Self.problem(Self.vault(members + "allow_plaintext: false"))
        #expect((refused == nil) == isPrivate)
        #expect(Self.problem(Self.vault(members + "allow_plaintext: true")) == nil)
        let odd = Self.problem(Self.vault(members + "allow_plaintext: perhaps"))
        #expect(odd?.contains("must be true or false") == true)
    }

    @Test func `tenants that are not listed are refused, and each one's paths are below its folder`() throws {
        let providers = SecretProviders(
            try ProviderFile(parsing: Self.whole), environment: ProcessEnvironment { _ in nil })
        #expect(providers.names == ["corp", "env", "mounted", "supabase"])
        #expect(try providers.place("corp", path: "db", tenant: "sales").path == "casare/sales/db")
        #expect(try providers.place("corp", path: "database/creds/x", tenant: "sales").path == "database/creds/x")
        #expect(try providers.place("mounted", path: "a/b", tenant: "anybody").path == "a/b")
        #expect(throws: ProviderError.notForTenant(provider: "corp", tenant: "hr")) {
            try providers.place("corp", path: "db", tenant: "hr")
        }
        #expect(throws: ProviderError.unknown(provider: "other", configured: providers.names)) {
            try providers.place("other", path: "db", tenant: "default")
        }
        #expect(throws: ProviderError.notConfigured(provider: "corp")) {
            try SecretProviders.none.place("corp", path: "db", tenant: "default")
        }
        for path in ["", "a//b", "../hr/db", "a/./b", "/a", "a/", String(repeating: "x", count: 501)] {
            #expect(throws: ProviderError.self, "\(path)") { try providers.place("corp", path: path, tenant: "sales") }
        }
    }

    @Test func `each tenant lists the paths of its own folder, and no other`() throws {
        let providers = SecretProviders(
            try ProviderFile(parsing: Self.whole), environment: ProcessEnvironment { _ in nil })
        #expect(providers.all(for: "hr").map(\.name) == ["mounted"])
        #expect(providers.all(for: "sales").map(\.name) == ["corp", "mounted"])
        func listing(
            _ prefix: String, after: String? = nil, of name: String = "corp", tenant: String = "sales"
        ) throws(ProviderError) -> (folder: String, listing: PathListing) {
            let found = try providers.listing(name, prefix: prefix, after: after, limit: 5, tenant: tenant)
            return (found.folder, found.listing)
        }
        let root = try listing("")
        #expect(root.folder == "" && root.listing == PathListing(folder: "casare/sales/", limit: 5))
        let below = try listing("apps/c", after: "apps/crm")
        let expected = PathListing(folder: "casare/sales/apps/", beginning: "c", after: "crm", limit: 5)
        #expect(below.folder == "apps/" && below.listing == expected)
        #expect(try listing("a/", of: "mounted", tenant: "hr").listing == PathListing(folder: "a/", limit: 5))
        #expect(throws: ProviderError.notForTenant(provider: "corp", tenant: "hr")) { try listing("", tenant: "hr") }
        for prefix in ["/", "a//", "../hr/", "a/./b", "a\u{7}", String(repeating: "x", count: 501), "database/creds/"] {
            #expect(throws: ProviderError.self, "\(prefix)") { try listing(prefix) }
        }
        #expect(throws: ProviderError.self) { try listing("apps/", after: "other/x") }
    }

    @Test func `a process is told of the file by its environment, and does not start with one that is wrong`()
        async throws
    {
        func providers(_ path: String?) throws(SettingError) -> SecretProviders {
            let variables = path.map { ["CASARE_SECRET_PROVIDERS": $0] } ?? [:]
            return try SecretProviders(
                config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
        }
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/providers.yaml"
            #expect(throws: SettingError("CASARE_SECRET_PROVIDERS", "names \(path), which is not there")) {
                try providers(path)
            }
            try Data("providers: { a: { kind: files, folder: /x } }".utf8).write(to: URL(filePath: path))
            let known = try providers(path)
            #expect(known.names == ["a"])
            try Data("providers: { a: { kind: files } }".utf8).write(to: URL(filePath: path))
            let error = #expect(throws: SettingError.self) { try providers(path) }
            #expect(error?.problem.contains("cannot be used: `a` of `providers` needs `folder`") == true)
        }
        let none = try providers(nil)
        #expect(none.names.isEmpty)
        #expect(throws: ProviderError.notConfigured(provider: "a")) { try none.provider("a") }
    }

    @Test func `each provider is asked how it is, and one that is sick is named`() async throws {
        try await withTemporaryDirectory { folder in
            let text = """
                providers:
                  here: { kind: files, folder: \(folder) }
                  gone: { kind: files, folder: \(folder)/gone }
                  corp:
                    kind: hashicorp_vault
                    address: http://127.0.0.1:\(ClosedPort.number)
                    auth: { method: token, token_env: T }
                """
            let providers = SecretProviders(
                try ProviderFile(parsing: text), environment: ProcessEnvironment { _ in "t" })
            let health = await providers.health()
            await providers.close()
            #expect(health.map(\.name) == ["corp", "gone", "here"])
            #expect(health.map(\.isHealthy) == [false, false, true])
            #expect(health[0].problem?.contains("cannot be reached") == true && health[2].problem == nil)
        }
    }
}
