import CasareDomain
@testable import CasareProviders
import CasareSettings
import CasareStore
import CasareTestSupport
import Configuration
import Testing

struct TransitKeyProviderTests {
    private static let dataKey = [UInt8](0..<32)

    private static func with<Result>(
        _ server: TestServer, login: VaultLogin = VaultFixture.root, key: String = "casare", namespace: String? = nil,
        _ body: (TransitKeyProvider) async throws -> Result
    ) async throws -> Result {
        let provider = TransitKeyProvider(
            address: server.vaultAddress, namespace: namespace, authorities: nil, login: login, mount: "transit",
            key: key, environment: VaultFixture.environment)
        do {
            let result = try await body(provider)
            await provider.close()
            return result
        } catch {
            await provider.close()
            throw error
        }
    }

    @Test func `what is wrapped unwraps at its place, and nowhere else`() async throws {
        try await TestServer.withVault { server in
            try await Self.with(server) { provider in
                let wrapped = try await provider.wrap(Self.dataKey, for: "1/db/1")
                #expect(wrapped.keyID == "transit:transit/casare")
                let again = try await provider.wrap(Self.dataKey, for: "1/db/1")
                #expect(wrapped.bytes != again.bytes)
                let opened = try await provider.unwrap(wrapped, for: "1/db/1")
                #expect(opened == Self.dataKey)
                await #expect(throws: KeyProviderError.altered) { try await provider.unwrap(wrapped, for: "1/db/2") }
                var bytes = wrapped.bytes
                let last = bytes.count - 6
                bytes[last] = bytes[last] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                let altered = WrappedKey(bytes: bytes, keyID: wrapped.keyID)
                await #expect(throws: KeyProviderError.altered) { try await provider.unwrap(altered, for: "1/db/1") }
                let noise = WrappedKey(bytes: [0xFF, 0xFE], keyID: wrapped.keyID)
                await #expect(throws: KeyProviderError.altered) { try await provider.unwrap(noise, for: "1/db/1") }
            }
        }
    }

    /// As the one does who keeps the key.
    private static func administer(_ server: TestServer, _ path: String, _ body: Object = [:]) async throws {
        let transport = VaultTransport(
            provider: "keeper", address: server.vaultAddress, namespace: nil, authorities: nil)
        let call = VaultCall(method: .post, path: "transit/keys/casare/\(path)", body: body)
        let reply = try await transport.send(call, token: "root")
        await transport.shutdown()
        #expect(reply.status == 200)
    }

    @Test func `a version of the key that opens no longer is no damage, and is told with what to do`() async throws {
        try await TestServer.withVault { server in
            try await Self.with(server) { provider in
                let ring = KeyRing(current: provider)
                let name = try #require(Secret.Name("db"))
                let sealed = try await SealedSecret(
                    sealing: ["password": SecretText("hunter2")], of: name, version: 1, in: .default, with: ring)
                try await Self.administer(server, "rotate")
                let rotated = try await sealed.opened(with: ring)
                #expect(rotated.revealed == ["password": "hunter2"])
                try await Self.administer(server, "config", ["min_decryption_version": 2])
                let refused = await #expect(throws: KeyProviderError.self) { try await sealed.opened(with: ring) }
                guard case .versionRefused(let key, let why)? = refused else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
                #expect(key == "transit:transit/casare" && why.contains("version 1"))
                #expect(why.contains("transit/keys/casare/config min_decryption_version=1"))
                // What is wrapped now opens, and what was altered is damage as before.
                let again = try await ring.current.wrap(Self.dataKey, for: "x")
                #expect(String(decoding: again.bytes, as: UTF8.self).hasPrefix("vault:v2:"))
                let opened = try await ring.unwrap(again, for: "x")
                #expect(opened == Self.dataKey)
                await #expect(throws: KeyProviderError.altered) { try await ring.unwrap(again, for: "y") }
                try await Self.administer(server, "config", ["min_decryption_version": 1])
                #expect(try await sealed.opened(with: ring).revealed == ["password": "hunter2"])
            }
        }
    }

    @Test func `another key's is told apart without asking`() async throws {
        try await TestServer.withVault { server in
            try await Self.with(server, namespace: "team-a") { provider in
                let other = WrappedKey(bytes: Array("vault:v1:AAAA".utf8), keyID: "transit:transit/casare")
                await #expect(
                    throws: KeyProviderError.otherKey(
                        wanted: "transit:transit/casare", known: ["transit:team-a/transit/casare"])
                ) { try await provider.unwrap(other, for: "x") }
                #expect(server.vaultRequests().isEmpty)
            }
        }
    }

    @Test func `a sealed Vault, a key that is not there and a stranger are a reason to try later, not damage`()
        async throws
    {
        try await TestServer.withVault { server in
            let wrapped = try await Self.with(server) { try await $0.wrap(Self.dataKey, for: "x") }
            func unwrapping(_ provider: TransitKeyProvider) async -> KeyProviderError? {
                do {
                    _ = try await provider.unwrap(
                        WrappedKey(bytes: wrapped.bytes, keyID: provider.id), for: "x")
                    return nil
                } catch {
                    return error as? KeyProviderError
                }
            }
            let noKey = try await Self.with(server, key: "none") { await unwrapping($0) }
            #expect(noKey == .unavailable(provider: "transit:transit/none", why: "encryption key not found"))
            let stranger = try await Self.with(server, login: .token(.environment("READER"))) { await unwrapping($0) }
            guard case .unavailable? = stranger else {
                Issue.record("\(String(describing: stranger))")
                return
            }
            try server.setVault(sealed: true)
            let sealed = try await Self.with(server) { await unwrapping($0) }
            guard case .unavailable? = sealed else {
                Issue.record("\(String(describing: sealed))")
                return
            }
        }
    }

    @Test func `it is a ring's current key as any other`() async throws {
        try await TestServer.withVault { server in
            try await Self.with(server) { provider in
                let local = try #require(SealingKey(text: String(repeating: "5a", count: 32)))
                let before = try await local.wrap(Self.dataKey, for: "x")
                let ring = KeyRing(current: provider, former: [local])
                let after = try await ring.current.wrap(Self.dataKey, for: "x")
                let opened = [try await ring.unwrap(before, for: "x"), try await ring.unwrap(after, for: "x")]
                #expect(opened == [Self.dataKey, Self.dataKey])
                try await provider.check()
            }
        }
    }

    @Test func `a key in a Vault may be a former one beside a current one from elsewhere`() async throws {
        func ring(_ values: [String: String]) throws(SettingError) -> KeyRing? {
            try KeySettings.ring(
                in: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values)))
        }
        let transit = [
            "CASARE_SEALING_TRANSIT_ADDRESS": "https://vault:8200", "CASARE_SEALING_TRANSIT_TOKEN_FILE": "/run/token",
        ]
        let key = ["CASARE_SEALING_KEY": String(repeating: "5a", count: 32)]
        let former = ["CASARE_SEALING_TRANSIT_FORMER": "true"]
        let current = try ring(transit)
        #expect(current?.ids == ["transit:transit/casare"] && current?.sealingKey == nil)
        let both = try ring(transit.merging(key) { $1 }.merging(former) { $1 })
        #expect(both?.ids.count == 2 && both?.ids.last == "transit:transit/casare" && both?.sealingKey != nil)
        #expect(throws: SettingError.self) { try ring(transit.merging(key) { $1 }) }
        let none = #expect(throws: SettingError.self) { try ring(transit.merging(former) { $1 }) }
        #expect(none?.variable == "CASARE_SEALING_TRANSIT_FORMER")
    }

    @Test func `it says how it is, as providers of secrets do`() async throws {
        try await TestServer.withVault { server in
            try await Self.with(server) { provider in
                let well = await provider.health()
                #expect(well.name == "transit:transit/casare" && well.isHealthy)
                try server.setVault(sealed: true)
                let sick = await provider.health()
                #expect(!sick.isHealthy && sick.problem?.contains("Vault is sealed") == true)
            }
        }
    }

    @Test func `settings must name one token, and an address`() async throws {
        func variable(_ values: [String: String]) -> String? {
            do throws(SettingError) {
                _ = try TransitKeyProvider(
                    config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values)))
                return nil
            } catch {
                return error.variable
            }
        }
        let address = "CASARE_SEALING_TRANSIT_ADDRESS"
        let (token, file) = ("CASARE_SEALING_TRANSIT_TOKEN", "CASARE_SEALING_TRANSIT_TOKEN_FILE")
        #expect(variable([:]) == nil)
        #expect(variable([address: "https://vault:8200", token: "t"]) == nil)
        #expect(variable([address: "https://vault:8200", file: "/run/token"]) == nil)
        #expect(variable([address: "vault:8200", token: "t"]) == address)
        #expect(variable([address: "https://vault:8200/v1", token: "t"]) == address)
        #expect(variable([address: "http://vault:8200", token: "t"]) == address)
        #expect(variable([address: "http://localhost:8200", token: "t"]) == nil)
        #expect(
            variable([
                address: "http://vault:8200", token: "t", "CASARE_SEALING_TRANSIT_ALLOW_PLAINTEXT": "true",
            ]) == nil)
        #expect(variable([address: "https://vault:8200"]) == file)
        #expect(variable([address: "https://vault:8200", token: "t", file: "/run/token"]) == file)
        #expect(
            variable([address: "https://vault:8200", token: "t", "CASARE_SEALING_TRANSIT_KEY": "../x"])
                == "CASARE_SEALING_TRANSIT_KEY")
    }
}
