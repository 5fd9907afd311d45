import CasarePostgres
import Testing

@testable import CasareProviders

/// When a connection string may be used as it is, for a database that gives out secrets.
struct ConnectionPrivacyTests {
    @Test(
        arguments: [
            // Nothing is said: there must be TLS, but on this machine.
            ("host=db.example", true, "require"), ("postgres://ann@db.example/x", true, "require"),
            ("host=localhost,db.example", true, "require"), ("host=localhost hostaddr=192.0.2.1", true, "require"),
            ("user=ann", true, "require"), ("host=/run/postgresql", true, nil), ("host=@casare", true, nil),
            ("host=localhost,127.0.0.1,::1", true, nil), ("host=db.example hostaddr=127.0.0.1", true, nil),
            ("host=db.example sslrootcert=system", true, nil), ("host=db.example sslrootcert=/ca.pem", true, "require"),
            // It is said.
            ("host=db.example sslmode=require", true, "require"),
            ("host=db.example sslmode=verify-ca", true, "verify-ca"),
            ("host=db.example sslmode=verify-full", true, "verify-full"),
            ("host=db.example sslmode=prefer", false, "prefer"), ("host=db.example sslmode=allow", false, "allow"),
            ("host=db.example sslmode=disable", false, "disable"), ("host=localhost sslmode=disable", true, "disable"),
            ("host=localhost,db.example sslmode=disable", false, "disable"),
        ] as [(String, Bool, String?)])
    func `what leaves the machine goes over TLS`(url: String, isPrivate: Bool, mode: String?) throws {
        var configuration = try PostgresConfiguration(url: url)
        #expect(configuration.requireTLS() == isPrivate)
        #expect(configuration.tlsMode == mode)
    }
}
