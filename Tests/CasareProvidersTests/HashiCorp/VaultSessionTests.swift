import CasareDomain
import CasareProviders
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// How a process stays signed in, by clocks that a test moves: its own, and the server's.
struct VaultSessionTests {
    private static let signIn = "auth/approle/login"
    private static let renewal = "auth/token/renew-self"

    @Test func `AppRole signs in once, renews at two thirds of the token's life, and signs in anew after its end`()
        async throws
    {
        try await TestServer.withVault(tokenTTL: 60) { server in
            let clock = StandingClock()
            try await VaultFixture.with(server, VaultFixture.appRole, now: { clock.now }) { vault in
                try await vault.check()
                try await vault.check()
                #expect(server.vaultRequests(Self.signIn).count == 1 && server.vaultRequests(Self.renewal).isEmpty)
                clock.move(by: .seconds(41))
                try server.setVaultClock(ahead: 41)
                try await vault.check()
                #expect(server.vaultRequests(Self.signIn).count == 1 && server.vaultRequests(Self.renewal).count == 1)
                // 79 s after the sign-in: beyond the first life, within the second.
                clock.move(by: .seconds(38))
                try server.setVaultClock(ahead: 79)
                try await vault.check()
                #expect(server.vaultRequests(Self.signIn).count == 1 && server.vaultRequests(Self.renewal).count == 1)
                clock.move(by: .seconds(3600))
                try server.setVaultClock(ahead: 3700)
                try await vault.check()
                #expect(server.vaultRequests(Self.signIn).count == 2)
            }
        }
    }

    @Test func `a token that is not accepted any more is replaced, and the request sent again`() async throws {
        try await TestServer.withVault(tokenTTL: 60) { server in
            let clock = StandingClock()
            try await VaultFixture.with(server, VaultFixture.appRole, now: { clock.now }) { vault in
                try server.vault(put: ["a": "1"], at: "x")
                _ = try await vault.fields(at: "x", version: nil)
                // The server's clock runs ahead of this process's: the token is gone before anybody here knows.
                try server.setVaultClock(ahead: 100)
                let found = try await vault.fields(at: "x", version: nil)
                #expect(found.fields.revealed == ["a": "1"])
                #expect(server.vaultRequests(Self.signIn).count == 2)
            }
        }
    }

    @Test func `many who ask at once sign in once`() async throws {
        try await TestServer.withVault { server in
            try await VaultFixture.with(server, VaultFixture.appRole) { vault in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 { group.addTask { try await vault.check() } }
                    try await group.waitForAll()
                }
                #expect(server.vaultRequests(Self.signIn).count == 1)
            }
        }
    }

    @Test func `a wrong secret ID is refused in words that do not repeat it`() async throws {
        try await TestServer.withVault { server in
            let login = VaultLogin.appRole(
                mount: "approle", role: .environment("ROLE_ID"), secret: .environment("WRONG"))
            try await VaultFixture.with(server, login) { vault in
                let error = await problem { try await vault.check() }
                #expect(error?.meaning == .denied)
                #expect(error?.description.contains("invalid role or secret ID") == true)
                #expect(error?.description.contains("nobody") == false)
            }
        }
    }

    @Test func `a token's file is read again when the token has ended`() async throws {
        try await TestServer.withVault { server in
            try await withTemporaryDirectory { folder in
                let file = "\(folder)/token"
                try Data("short\n".utf8).write(to: URL(filePath: file))
                let clock = StandingClock()
                try await VaultFixture.with(server, .token(.file(file)), now: { clock.now }) { vault in
                    try await vault.check()
                    // Nobody renewed it, and it ends after 60 s; an agent has put another one there.
                    try server.setVaultClock(ahead: 61)
                    try Data("root\n".utf8).write(to: URL(filePath: file))
                    try await vault.check()
                    let none = await problem { try await vault.fields(at: "none", version: nil) }
                    #expect(none?.meaning == .notFound)
                }
            }
        }
    }

    @Test func `a token is renewed up to its longest life and not beyond`() async throws {
        try await TestServer.withVault { server in
            let clock = StandingClock()
            try await VaultFixture.with(server, .token(.environment("SHORT")), now: { clock.now }) { vault in
                for second in stride(from: 0, through: 280, by: 40) {
                    try server.setVaultClock(ahead: second)
                    try await vault.check()
                    clock.move(by: .seconds(40))
                }
                try server.setVaultClock(ahead: 320)
                let error = await problem { try await vault.check() }
                #expect(error?.meaning == .denied)
            }
        }
    }
}
