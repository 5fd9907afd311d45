import CasareDomain
@testable import CasareProviders
import CasareStore
import CasareTestSupport
import Testing

/// A provider against a server that speaks Vault's API.
struct HashiCorpVaultTests {
    @Test func `version 2 gives the newest version, or the one that is asked for`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server) { vault in
                try server.vault(put: ["password": "one"], at: "db/prod")
                let first = try await vault.fields(at: "db/prod", version: nil)
                #expect(first.version == 1 && first.fields.revealed == ["password": "one"])
                try server.vault(put: ["password": "two", "username": "ann"], at: "db/prod")
                let newest = try await vault.fields(at: "db/prod", version: nil)
                #expect(newest.version == 2 && newest.fields.revealed == ["password": "two", "username": "ann"])
                let old = try await vault.fields(at: "db/prod", version: 1)
                #expect(old.version == 1 && old.fields.revealed == ["password": "one"])
                #expect(vault.abilities == [.versions, .paths, .credentials])
            }
        }
    }

    @Test func `names are listed folder by folder, and page by page`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server) { vault in
                func names(
                    _ folder: String = "", beginning: String = "", after: String? = nil, limit: Int = 10
                ) async throws -> [String] {
                    try await vault.names(
                        PathListing(folder: folder, beginning: beginning, after: after, limit: limit))
                }
                for path in ["db/prod", "db/test", "db/old/prod", "api", "db-2"] {
                    try server.vault(put: ["a": "1"], at: path)
                    _ = try await names()
                }
                #expect(try await names() == ["api", "db-2", "db/"])
                #expect(try await names("db/") == ["old/", "prod", "test"])
                #expect(try await names("db/old/") == ["prod"])
                #expect(try await names("nothing/").isEmpty)
                #expect(try await names(beginning: "db") == ["db-2", "db/"])
                #expect(try await names("db/", beginning: "t") == ["test"])
                #expect(try await names(limit: 2) == ["api", "db-2"])
                #expect(try await names(after: "db-2", limit: 2) == ["db/"])
                #expect(try await names(after: "db/").isEmpty)
            }
            try await VaultFixture.with(server, .token(.environment("WRONG"))) { vault in
                let refused = await problem { try await vault.names(PathListing(folder: "", limit: 1)) }
                #expect(refused?.meaning == .denied)
            }
        }
    }

    @Test func `what is not there, was deleted, or never had such a version is told apart`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server) { vault in
                try server.vault(put: ["a": "1"], at: "gone")
                let none = await problem { try await vault.fields(at: "none", version: nil) }
                #expect(none == .notFound(provider: "corp", path: "none", why: nil))
                let version = await problem { try await vault.fields(at: "gone", version: 9) }
                #expect(version == .notFound(provider: "corp", path: "gone", why: "it has no version 9"))
                try server.vault(delete: "gone", versions: [1])
                let deleted = await problem { try await vault.fields(at: "gone", version: nil) }
                #expect(deleted == .notFound(provider: "corp", path: "gone", why: "version 1 is deleted"))
                try server.vault(destroy: "gone", versions: [1])
                let destroyed = await problem { try await vault.fields(at: "gone", version: 1) }
                #expect(destroyed == .notFound(provider: "corp", path: "gone", why: "version 1 is destroyed"))
            }
        }
    }

    @Test func `version 1 has no versions`() async throws {
        try await TestServer.withVault { server in
            let engine = HashiCorpVault.KeyValue(mount: "kv", version: 1)
            try await VaultFixture.with(server, engine: engine) { vault in
                try server.vault(put: ["key": "k1"], at: "api", of: "kv")
                let found = try await vault.fields(at: "api", version: nil)
                #expect(found.version == nil && found.fields.revealed == ["key": "k1"])
                let names = try await vault.names(PathListing(folder: "", limit: 10))
                #expect(names == ["api"] && vault.abilities == [.paths, .credentials])
                let version = await problem { try await vault.fields(at: "api", version: 1) }
                guard case .unsupported = version else {
                    Issue.record("\(String(describing: version))")
                    return
                }
            }
        }
    }

    @Test func `an engine of the other version is an error that says so`() async throws {
        try await TestServer.withVault { server in
            let engine = HashiCorpVault.KeyValue(mount: "secret", version: 1)
            try await VaultFixture.with(server, engine: engine) { vault in
                let error = await problem { try await vault.fields(at: "api", version: nil) }
                #expect(error?.description.contains("versioned K/V secrets engine") == true)
                #expect(error?.meaning == .notFound)
            }
        }
    }

    @Test func `who may not read a path is refused, and so is who is not known`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server, .token(.environment("READER"))) { vault in
                let none = await problem { try await vault.fields(at: "none", version: nil) }
                #expect(none?.meaning == .notFound)
                let made = await problem { try await vault.make(at: "database/creds/readonly") }
                #expect(made?.meaning == .denied)
                try await vault.check()
            }
            try await VaultFixture.with(server, .token(.environment("WRONG"))) { vault in
                let refused = await problem { try await vault.fields(at: "none", version: nil) }
                #expect(refused?.meaning == .denied && refused?.description.contains("variable WRONG") == true)
                let sick = await problem { try await vault.check() }
                #expect(sick?.meaning == .denied)
            }
            try await VaultFixture.with(server, .token(.environment("EMPTY"))) { vault in
                let refused = await problem { try await vault.check() }
                #expect(refused?.description.contains("the variable EMPTY is not set") == true)
            }
        }
    }

    @Test func `a sealed Vault is not available, and is again when it is unsealed`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server) { vault in
                try server.vault(put: ["a": "1"], at: "x")
                try server.setVault(sealed: true)
                let sealed = await problem { try await vault.fields(at: "x", version: nil) }
                #expect(sealed == .unavailable(provider: "corp", why: "Vault is sealed"))
                let sick = await problem { try await vault.check() }
                #expect(sick == .unavailable(provider: "corp", why: "it is sealed; unseal it"))
                try server.setVault(sealed: false)
                let found = try await vault.fields(at: "x", version: nil)
                #expect(found.fields.revealed == ["a": "1"])
                try await vault.check()
            }
        }
    }

    @Test func `namespaces are kept apart`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server, namespace: "team-a") { vault in
                try server.vault(put: ["a": "team"], at: "x", namespace: "team-a")
                let found = try await vault.fields(at: "x", version: nil)
                #expect(found.fields.revealed == ["a": "team"])
                #expect(server.vaultRequests("secret/data/x") == ["GET secret/data/x team-a"])
            }
            try await VaultFixture.with(server) { vault in
                let none = await problem { try await vault.fields(at: "x", version: nil) }
                #expect(none?.meaning == .notFound)
            }
            try await VaultFixture.with(server, namespace: "team-b") { vault in
                let none = await problem { try await vault.check() }
                #expect(none?.meaning == .denied)
            }
        }
    }

    @Test func `nobody who answers is not available`() async throws {
        let vault = HashiCorpVault(
            name: "corp", address: "http://127.0.0.1:\(ClosedPort.number)", namespace: nil, authorities: nil,
            login: VaultFixture.root, engine: HashiCorpVault.KeyValue(mount: "secret", version: 2), dynamicMounts: [],
            environment: VaultFixture.environment)
        let error = await problem { try await vault.fields(at: "x", version: nil) }
        let sick = await problem { try await vault.check() }
        await vault.close()
        #expect(error?.meaning == .unavailable && error?.description.contains("cannot be reached") == true)
        #expect(sick?.meaning == .unavailable)
    }

    @Test func `TLS goes to a server whose certificate is known, and to no other`() async throws {
        try await TestServer.withVault(tls: true) { server in
            try await VaultFixture.with(server, authorities: server.authority.string) { vault in
                try await vault.check()
            }
            try await VaultFixture.with(server) { vault in
                let error = await problem { try await vault.check() }
                #expect(error?.meaning == .unavailable)
            }
        }
    }

    @Test func `values that are no texts are given as JSON`() {
        let given: Object = ["text": "a", "number": 5, "list": [1, "b"], "none": .null, "flag": true]
        #expect(
            HashiCorpVault.fields(of: given).revealed
                == ["text": "a", "number": "5", "list": #"[1,"b"]"#, "flag": "true"])
    }

    @Test func `a path is percent-encoded, and its slashes stay`() {
        #expect(VaultTransport.encoded("a b/c?d#e/ü~-._%") == "a%20b/c%3Fd%23e/%C3%BC~-._%25")
    }
}
