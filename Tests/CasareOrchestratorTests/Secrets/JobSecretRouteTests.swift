import CasareClient
import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

/// Secrets for jobs that a provider keeps, over HTTP.
struct JobSecretRouteTests {
    private typealias Fixture = OrchestratorFixture

    /// Gives `body` a server that knows a Vault, with one secret there that is made anew and one that stands there, and
    /// a job that names both.
    private static func with(
        _ body: @escaping @Sendable (OrchestratorFixture, _ vault: TestServer) async throws -> Void
    ) async throws {
        try await TestServer.withVault { vault in
            let text = """
                providers:
                  corp:
                    kind: hashicorp_vault
                    address: \(vault.vaultAddress)
                    auth: { method: token, token_env: ROOT }
                    dynamic: [database]
                """
            let providers = SecretProviders(
                try ProviderFile(parsing: text), environment: ProcessEnvironment { $0 == "ROOT" ? "root" : nil })
            do {
                try await Fixture.with(providers: providers) { server in
                    try await self.makeJob(on: server)
                    try await body(server, vault)
                }
                await providers.close()
            } catch {
                await providers.close()
                throw error
            }
        }
    }

    private static func makeJob(on server: OrchestratorFixture) async throws {
        for (name, path) in [("db", "database/creds/readonly"), ("gone", "nothing/here")] {
            let secret: Value = [
                "name": .string(name), "kind": "username_password", "provider": "corp", "path": .string(path),
            ]
            let made = try await server.call(.POST, "/api/v1/secrets", secret)
            try #require(made.status == 201, "\(made.json)")
        }
        let document = Fixture.document("pay", extraKey: "{{$secret:db.password}} {{$secret:gone}}")
        let pushed = try await server.call(.POST, "/api/v1/workflows", ["document": document])
        try #require(pushed.status == 201, "\(pushed.json)")
        let submitted = try await server.call(.POST, "/api/v1/jobs", ["workflow": "pay"])
        try #require(submitted.status == 201, "\(submitted.json)")
    }

    @Test func `what a provider does not give is refused by itself, and the rest is given`() async throws {
        try await Self.with { server, _ in
            try await server.withRobot("r1") { robot in
                let lease = try #require(try await robot.client.lease(robot.session, slots: 1).first).lease
                let answer = try await robot.client.secrets(["db.password", "gone"], under: lease)
                #expect(answer.secrets.map(\.reference) == ["db.password"])
                #expect(answer.refused.map(\.reference) == ["gone"])
                #expect(answer.refused.map(\.code) == [SecretRefusal.Code.notFound.rawValue])
            }
        }
    }

    @Test func `a robot that loses the lease while a provider is asked is told that it has lost it`() async throws {
        try await Self.with { server, vault in
            try await server.withRobot("r1") { robot in
                let lease = try #require(try await robot.client.lease(robot.session, slots: 1).first).lease
                let holder = try await PostgresConnection.connect(server.database.configuration)
                // What is made for the job cannot be noted before this ends.
                try await holder.script("BEGIN; LOCK TABLE secret_leases IN SHARE MODE")
                async let asked = Fixture.code { () async throws(ClientError) in
                    _ = try await robot.client.secrets(["db.password"], under: lease)
                }
                try await eventually("credentials are made") {
                    vault.vaultRequests("database/creds").isEmpty ? nil : true
                }
                _ = try await server.withClient(.operator) { try await $0.cancelJob(lease.job) }
                try await holder.script("COMMIT")
                await holder.close()
                let code = await asked
                #expect(code == .leaseLost)
                // Nobody has what was made.
                #expect(vault.text("ended").split(separator: "\n").count == 1)
            }
            let told = try await server.withClient(.admin) { client in
                try await client.auditEntries(AuditQuery(action: SecretStore.useAction, outcome: .failed)).entries
            }
            #expect(told.first?.detail["error"] == "LEASE_LOST")
        }
    }

    @Test func `who may run jobs and not use secrets is given none of them`() async throws {
        try await Fixture.with { server in
            let made = try await server.call(
                .POST, "/api/v1/secrets",
                [
                    "name": "db", "kind": "username_password",
                    "fields": ["username": "ann", "password": "hunter2"],
                ])
            try #require(made.status == 201, "\(made.json)")
            let document = Fixture.document("pay", extraKey: "{{$secret:db.password}}")
            let pushed = try await server.call(.POST, "/api/v1/workflows", ["document": document])
            try #require(pushed.status == 201, "\(pushed.json)")
            let submitted = try await server.call(.POST, "/api/v1/jobs", ["workflow": "pay"])
            try #require(submitted.status == 201, "\(submitted.json)")
            let created = try await server.call(
                .POST, "/api/v1/tokens", ["name": "bare", "role": "robot", "scopes": ["robot.protocol"]])
            let token = try #require(created.json["token"]?.string, "\(created.json)")
            try await server.withRobot("r1", token: token) { robot in
                let lease = try #require(try await robot.client.lease(robot.session, slots: 1).first).lease
                let refused = await #expect(throws: ClientError.self) {
                    try await robot.client.secrets(["db.password"], under: lease)
                }
                guard case .api(let problem) = refused else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
                #expect(problem.status == 403 && problem.code == .insufficientPermissions)
                #expect(problem.message.contains("credential.use"), "\(problem.message)")
                // Under the same lease a token of the whole role is given it.
                let given = try await server.withClient(.robot) { try await $0.secrets(["db.password"], under: lease) }
                #expect(given.secrets.map(\.reference) == ["db.password"])
            }
        }
    }
}
