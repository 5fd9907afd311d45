import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// TLS is libpq's; these show that its modes come through the connection string.
@Suite struct TLSTests {
    @Test func `TLS is required, verified and refused as the connection string says`() async throws {
        let folder = "\(temporaryFolder())/casare-pg-tls-\(UUID().uuidString.prefix(8))"
        defer { removeFolder(folder) }
        var options = PrivateCluster.Options(folder: folder, durability: .disposable)
        options.port = try Self.freePort()
        options.settings = ["listen_addresses": "127.0.0.1", "shared_buffers": "16MB"]

        let plain = try await PrivateCluster.start(options)
        let withoutTLS = await #expect(throws: PostgresError.self) {
            try await Self.session("localhost", options.port, "sslmode=require")
        }
        #expect(withoutTLS?.description.contains("does not support SSL") == true)
        #expect(try await Self.session("localhost", options.port, "sslmode=prefer") == false)
        await plain.stop()

        try Self.makeCertificates(in: folder)
        options.settings.merge([
            "ssl": "on", "ssl_cert_file": "\(folder)/server.crt", "ssl_key_file": "\(folder)/server.key",
        ]) { $1 }
        let secured = try await PrivateCluster.start(options)
        #expect(try await Self.session("localhost", options.port, "sslmode=require"))
        #expect(try await Self.session("localhost", options.port, "sslmode=disable") == false)
        let trusted = "sslrootcert=\(folder)/server.crt"
        #expect(try await Self.session("localhost", options.port, "sslmode=verify-full&\(trusted)"))
        // The certificate is for localhost, not for this address.
        #expect(try await Self.session("127.0.0.1", options.port, "sslmode=verify-ca&\(trusted)"))
        for parameters in ["sslmode=verify-full&\(trusted)", "sslmode=verify-ca&sslrootcert=\(folder)/other.crt"] {
            await #expect(throws: PostgresError.self) {
                try await Self.session("127.0.0.1", options.port, parameters)
            }
        }
        await secured.stop()
    }

    /// Whether the session is encrypted, as the server sees it.
    @discardableResult
    private static func session(_ host: String, _ port: Int, _ parameters: String) async throws -> Bool {
        let connection = try await PostgresConnection.connect(
            try PostgresConfiguration(url: "postgres://casare@\(host):\(port)/postgres?\(parameters)"))
        let row = try await connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").only()
        await connection.close()
        return try row.bool("ssl")
    }

    private static func makeCertificates(in folder: String) throws {
        // The key must belong to the server's user, which owns the folder.
        let commands = ["server", "other"].map { name in
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                + "-addext subjectAltName=DNS:localhost -keyout '\(folder)/\(name).key' -out '\(folder)/\(name).crt' "
                + "2>/dev/null && chown --reference='\(folder)/data' '\(folder)/\(name).key' '\(folder)/\(name).crt' "
                + "&& chmod 600 '\(folder)/\(name).key'"
        }
        #expect(system(commands.joined(separator: " && ")) == 0, "openssl is needed for this test")
    }

    /// A port that nothing listens on just now.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try #require(bind(descriptor, pointer, length) == 0)
                try #require(getsockname(descriptor, pointer, &length) == 0)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
