import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// People who sign in over TLS, at an identity provider that is a process of its own, or with a token.
extension TransportTests {
    /// Somebody who keeps what casarectl knows in a file.
    private struct Person: Sendable {
        let system: TransportSystem

        private var path: String { "\(self.system.folder)/config/casare/config.json" }

        func run(_ arguments: String..., input: String = "") async throws -> TestProgram.Ended {
            try await self.system.casarectl(arguments, input: input, variables: TransportSystem.stranger)
        }

        /// The contexts in the file, which nobody else may read.
        func contexts() throws -> [Value] {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let kept = try Value(parsingJSON: String(contentsOf: URL(filePath: self.path), encoding: .utf8))
            return kept["contexts"]?.list ?? []
        }
    }

    @Test func `a person signs in by a code, stays signed in while the provider says so, and signs out`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            // A token that ends so soon is renewed by every command.
            try provider.behave(["interval": 0, "pending": 1, "lifetime": 20])
            let settings = [
                "CASARE_OIDC_ISSUER": provider.issuer, "CASARE_OIDC_AUDIENCE": "casare",
                "CASARE_OIDC_ROLES": "staff=developer",
            ]
            try await TransportSystem.with(settings: { _ in settings }) { system in
                let person = Person(system: system)
                let login = try await person.run(
                    "login", "--oidc", "--url", system.url, "--ca-file", "ca.pem", "--name", "staff")
                #expect(login.status == 0 && login.output.isEmpty, "\(login.errors)")
                #expect(login.errors.contains("WDJB-MJHT"), "\(login.errors)")
                #expect(login.errors.contains("as oidc:ann (developer); context staff is in use"), "\(login.errors)")
                let first = try #require(try person.contexts().first)
                let token = try #require(first["token"]?.string)
                #expect(!login.errors.contains(token))

                let me = try Value(parsingJSON: try await person.run("whoami", "-o", "json").output)
                #expect(me["name"] == "oidc:ann" && me["role"] == "developer", "\(me)")
                let second = try #require(try person.contexts().first)
                #expect(second["oidc"]?["refresh_token"] != first["oidc"]?["refresh_token"])
                let submitted = try await person.run("submit", "-", "-o", "json", input: TransportSystem.document)
                #expect(submitted.status == 0, "\(submitted.errors)")
                #expect(try Value(parsingJSON: submitted.output)["created_by"] == "oidc:ann")
                // Two questions for the code, and a new token for each command.
                #expect(provider.requests.count { $0 == "POST /token" } == 4, "\(provider.requests)")

                // Who has lost the role at the provider may do nothing here.
                try provider.behave(["lifetime": 20, "claims": ["roles": []]])
                let forbidden = try await person.run("job", "list")
                #expect(forbidden.status == 6, "\(forbidden.errors)")

                let logout = try await person.run("logout")
                #expect(logout.status == 0 && logout.errors.contains("logged out of staff"), "\(logout.errors)")
                #expect(try person.contexts().isEmpty)
                let gone = try await person.run("whoami")
                #expect(gone.status == 3 && gone.errors.contains("casarectl login"), "\(gone.errors)")
            }
        }
    }

    @Test func `a token from stdin is shown to the server before it is kept, and forgotten by a logout`() async throws {
        try await TransportSystem.with { system in
            let person = Person(system: system)
            func login(_ token: String) async throws -> TestProgram.Ended {
                try await person.run(
                    "login", "--with-token", "--url", system.url, "--ca-file", "ca.pem", "--name", "live",
                    input: token + "\n")
            }
            let wrong = try await login("crpa_wrong")
            #expect(wrong.status == 3, "\(wrong.errors)")
            let unknown = try await person.run("whoami")
            #expect(unknown.status == 3 && unknown.errors.contains("no server is known yet"), "\(unknown.errors)")

            let right = try await login(system.token)
            #expect(right.status == 0 && right.errors.contains("as ann (admin)"), "\(right.errors)")
            #expect(!(right.output + right.errors).contains(system.token))
            #expect(try person.contexts().first?["token"]?.string == system.token)
            let me = try Value(parsingJSON: try await person.run("whoami", "-o", "json").output)
            #expect(me["name"] == "ann" && me["role"] == "admin", "\(me)")

            let logout = try await person.run("logout")
            #expect(logout.status == 0, "\(logout.errors)")
            #expect(try person.contexts().isEmpty)
            #expect(try await person.run("whoami").status == 3)
        }
    }
}
