import CasareDomain
import CasarePostgres

extension PostgresConfiguration {
    /// https://www.postgresql.org/docs/current/libpq-ssl.html: with the others a server that says that it has no TLS is
    /// asked without, and anybody on the way can say so.
    private static let privateModes: Set<String> = ["require", "verify-ca", "verify-full"]

    /// Asks for TLS wherever a connection leaves this machine and nothing is said of it.
    ///
    /// - Returns: `false` where the connection string itself asks for less: then nothing is changed.
    mutating func requireTLS() -> Bool {
        // Without a host it is a socket, for which libpq overlooks the mode, or what the environment says.
        let stays = !self.hosts.isEmpty && self.hosts.allSatisfy(Self.isHere)
        if stays { return true }
        if let mode = self.tlsMode { return Self.privateModes.contains(mode) }
        // With the system's authorities libpq verifies by itself, and takes no weaker mode.
        if self.files["sslrootcert"] != "system" { self.tlsMode = "require" }
        return true
    }

    /// A socket's folder begins with a slash, an abstract socket with an at sign.
    private static func isHere(_ host: String) -> Bool {
        host.hasPrefix("/") || host.hasPrefix("@") || NetworkAddress.isLoopback(host: host)
    }
}
