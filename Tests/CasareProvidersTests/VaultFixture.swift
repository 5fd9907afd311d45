import CasareDomain
import CasareProviders
import CasareTestSupport
import Synchronization

/// Short ways to a Vault of a test.
enum VaultFixture {
    /// The variables that a process was started with.
    static let environment = ProcessEnvironment { name in
        [
            "ROOT": "root", "READER": "reader", "SHORT": "short", "WRONG": "nobody's", "ROLE_ID": "role-id",
            "SECRET_ID": "secret-id", "EMPTY": "",
        ][name]
    }

    static let root = VaultLogin.token(.environment("ROOT"))
    static let appRole = VaultLogin.appRole(
        mount: "approle", role: .environment("ROLE_ID"), secret: .environment("SECRET_ID"))

    /// Gives `body` a provider of the server's Vault, and closes it.
    static func with<Result>(
        _ server: TestServer, _ login: VaultLogin = Self.root, namespace: String? = nil, authorities: String? = nil,
        engine: HashiCorpVault.KeyValue = HashiCorpVault.KeyValue(mount: "secret", version: 2),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        _ body: (HashiCorpVault) async throws -> Result
    ) async throws -> Result {
        let vault = HashiCorpVault(
            name: "corp", address: server.vaultAddress, namespace: namespace, authorities: authorities, login: login,
            engine: engine, dynamicMounts: ["database"], environment: Self.environment, now: now)
        do {
            let result = try await body(vault)
            await vault.close()
            return result
        } catch {
            await vault.close()
            throw error
        }
    }
}

/// A clock that stands until a test moves it.
final class StandingClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { self.instant.withLock { $0 } }

    func move(by duration: Duration) { self.instant.withLock { $0 += duration } }
}

/// What `body` throws of a provider; `nil` when it throws nothing, or something else.
func problem<Result>(_ body: () async throws -> Result) async -> ProviderError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ProviderError
    }
}

extension SecretFields {
    /// Its texts in the clear: what tests compare.
    var revealed: [String: String] {
        var texts: [String: String] = [:]
        for name in self.names { texts[name] = self[name]?.reveal { $0 } }
        return texts
    }
}
