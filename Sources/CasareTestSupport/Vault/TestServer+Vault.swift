package import CasareDomain
import FoundationEssentials

/// A server that speaks the HTTP API of HashiCorp Vault on loopback, in memory, as far as a client of secrets goes.
///
/// Its clock is its own: it stands a given number of seconds ahead of the machine's, so that leases and tokens end when
/// a test says so.
extension TestServer {
    /// Runs a Vault at `port`, unsealed, in which there are, in the root namespace and in `team-a` alike:
    ///
    /// - `secret/` (KV version 2), `kv/` (KV version 1), `transit/` with the key `casare`, and `database/` with the
    ///   role `readonly` (60 s, at most 600 s);
    /// - the token `root`, the token `reader`, which may read `secret/` and `kv/` and nothing else, and the token
    ///   `short` (root's rights, 60 s, renewable up to 300 s);
    /// - the AppRole `casare` with the role ID `role-id` and the secret ID `secret-id`; its tokens live as long as
    ///   `tokenTTL` says, with rights to all engines and to renew tokens by their accessors.
    ///
    /// Requests are noted in the file `requests`, one `METHOD path namespace` a line, credentials that ended in the
    /// file `ended`.
    ///
    /// - Parameters:
    ///   - tokenTTL: seconds.
    ///   - tokenMaxTTL: seconds, beyond which a token is not renewed; 0: its tokens are periodic and have no such end.
    package static func withVault<Result: Sendable>(
        tls: Bool = false, tokenTTL: Int = 3600, tokenMaxTTL: Int = 0,
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(
            program: Self.vaultEngines + Self.vaultProgram,
            options: ["tls": .bool(tls), "token_ttl": .int(tokenTTL), "token_max_ttl": .int(tokenMaxTTL)], body)
    }

    /// Where the Vault answers.
    package var vaultAddress: String {
        let scheme = self.details["tls"]?.bool == true ? "https" : "http"
        return "\(scheme)://localhost:\(self.port().int ?? 0)"
    }

    /// Sets the Vault's clock so many seconds ahead of its start; by itself it stands still.
    package func setVaultClock(ahead seconds: Int) throws { try self.write(String(seconds), "ahead") }

    /// Seals the Vault, or unseals it.
    package func setVault(sealed: Bool) throws { try self.write(sealed ? "yes" : "", "sealed") }

    /// The requests so far that came for a path, in the order in which they came: `GET secret/data/a team-a`.
    package func vaultRequests(_ path: String = "") -> [String] {
        self.text("requests").split(separator: "\n").map(String.init).filter { line in
            path.isEmpty || line.split(separator: " ").dropFirst().first.map { $0.hasPrefix(path) } == true
        }
    }
}

extension TestServer {
    /// Deletes versions of what is at a path of `secret/` in the root namespace, as somebody else would.
    package func vault(delete path: String, versions: [Int]) throws {
        try self.change("delete", path, versions)
    }

    /// Destroys versions of what is at a path of `secret/` in the root namespace, as somebody else would.
    package func vault(destroy path: String, versions: [Int]) throws {
        try self.change("destroy", path, versions)
    }

    /// Puts a secret, or a new version of one, at a path of `secret/` or `kv/`, as somebody else would. One such change
    /// waits for a request at a time.
    package func vault(
        put fields: Object, at path: String, of mount: String = "secret", namespace: String = ""
    ) throws {
        try self.change([
            "verb": "put", "path": .string(path), "fields": .object(fields), "mount": .string(mount),
            "namespace": .string(namespace),
        ])
    }

    private func change(_ verb: String, _ path: String, _ versions: [Int]) throws {
        try self.change([
            "verb": .string(verb), "path": .string(path), "versions": .list(versions.map { .int($0) }),
            "mount": "secret", "namespace": "",
        ])
    }

    /// The server does this before it answers the next request.
    private func change(_ change: Object) throws {
        // Whole, or not there: somebody may be asking just now.
        try Data(Value.object(change).jsonText(.compact).utf8)
            .write(to: URL(filePath: "\(self.folder)/change"), options: .atomic)
    }
}
