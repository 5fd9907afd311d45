import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What an orchestrator says of the providers that it knows, and what it does for them by itself.
struct ProviderHealthTests {
    private static func with(
        _ server: TestServer, _ body: @escaping @Sendable (OrchestratorFixture) async throws -> Void
    ) async throws {
        let text = """
            providers:
              corp:
                kind: hashicorp_vault
                address: \(server.vaultAddress)
                auth: { method: token, token_env: ROOT }
                dynamic: [database]
              gone: { kind: files, folder: /nonexistent/secrets }
            """
        let providers = SecretProviders(
            try ProviderFile(parsing: text), environment: ProcessEnvironment { $0 == "ROOT" ? "root" : nil })
        do {
            try await OrchestratorFixture.with(providers: providers, body)
            await providers.close()
        } catch {
            await providers.close()
            throw error
        }
    }

    @Test func `readiness names providers that are sick, and they do not make the server unready`() async throws {
        try await TestServer.withVault { vault in
            try await Self.with(vault) { server in
                let ready = try await eventually("the providers are asked") { () -> Value? in
                    let reply = try await server.call(.GET, "/health/ready", as: nil)
                    #expect(reply.status == 200)
                    return reply.json["providers"]?.list?.isEmpty == false ? reply.json : .none
                }
                let providers = ready["providers"]?.list ?? []
                #expect(providers.compactMap { $0["name"]?.string } == ["corp", "gone"])
                #expect(providers.compactMap { $0["is_healthy"]?.bool } == [true, false])
                // Everybody may ask this: addresses and folders are for those who may ask the doctor.
                #expect(!ready.jsonText(.compact).contains("/nonexistent"))
                let doctor = try await server.call(.GET, "/api/v1/doctor/db", as: .admin)
                let finding = doctor.json["findings"]?.list?.first { $0["check"] == "secret_providers" }
                #expect(finding?["level"] == "critical", "\(String(describing: finding))")
                #expect(finding?["summary"]?.string?.contains("/nonexistent/secrets") == true)
            }
        }
    }

    @Test func `its loop gives credentials back when a job has ended`() async throws {
        try await TestServer.withVault { vault in
            try await Self.with(vault) { server in
                // Of an attempt that holds no lease any more: as it stands in the database after a job's end.
                let now = Date()
                let job = Job.ID.new(at: now)
                let owner = try await PostgresConnection.connect(server.database.configuration)
                try await owner.script(
                    """
                    INSERT INTO secret_leases (
                        tenant_id, secret_lease_id, secret, provider, path, provider_lease, job_id, token, made_at,
                        renewed_at, expires_at, is_renewable, look_at)
                    VALUES (1, gen_random_uuid(), 'db', 'corp', 'database/creds/readonly', 'database/creds/readonly/x',
                        '\(job)', 1, now(), now(), now() + interval '1 hour', true, now())
                    """)
                await owner.close()
                let ended = try await eventually("they are given back") { () -> SecretLease.Outcome? in
                    try await server.database.asTenant(.default) { connection in
                        try SecretLeaseStore.list(of: job, on: connection).first?.outcome
                    }
                }
                #expect(ended == .revoked)
                #expect(vault.vaultRequests("sys/leases/revoke") == ["POST sys/leases/revoke"])
            }
        }
    }
}
