import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Credentials that a Vault makes for jobs: from the request of a job to the end of its attempt, and beyond processes.
struct LeasedCredentialsTests {
    /// A database with a job that runs, and a Vault.
    private struct Fixture: Sendable {
        let database: Database
        let server: TestServer
        let lease: Lease

        init(_ database: Database, _ server: TestServer) async throws {
            self.database = database
            self.server = server
            self.lease = try await database.asTenant(.default) { connection in
                let pushed = try WorkflowStore.push(name: "orders", document: "{}", by: "ann", on: connection)
                let robot = try #require(Robot.ID(rawValue: "r1"))
                _ = try RobotStore.register(
                    robot, environment: "default", tags: [], capabilities: [], slots: 2, on: connection)
                let session = try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 2, on: connection)
                _ = try JobStore.submit(
                    [NewJob(workflow: pushed.version.workflow, workflowVersion: 1)], by: "ann", on: connection)
                var cursor = LeaseCursor()
                let leased = try LeaseStore.lease(session, limit: 1, cursor: &cursor, on: connection)
                return try #require(leased.first).lease
            }
        }

        /// Another process that knows the same Vault.
        func providers(_ clock: StandingClock = StandingClock()) throws -> SecretProviders {
            let text = """
                providers:
                  corp:
                    kind: hashicorp_vault
                    address: \(self.server.vaultAddress)
                    auth: { method: approle, role_id_env: ROLE_ID, secret_id_env: SECRET_ID }
                    dynamic: [database]
                """
            return SecretProviders(
                try ProviderFile(parsing: text), environment: VaultFixture.environment, now: { clock.now })
        }

        static func secret(_ path: String, kind: Secret.Kind = .usernamePassword) throws -> Secret {
            let name = try #require(Secret.Name(rawValue: "db/reports"))
            let now = Date()
            return Secret(
                id: .new(at: now), name: name, kind: kind, description: nil, labels: [:], currentVersion: 0,
                versionsMax: 10, expiresAt: nil, rotation: nil, rotatedAt: nil, provider: "corp", path: path,
                revision: 1, deletedAt: nil, createdAt: now, createdBy: "ann", updatedAt: now, updatedBy: "ann")
        }

        /// - Parameter role: of the engine `database`.
        func credentials(_ providers: SecretProviders, role: String = "readonly") async throws -> ProvidedFields {
            try await ExternalSecrets(providers, database: self.database).fields(
                of: Self.secret("database/creds/\(role)"), version: nil, in: .default, under: self.lease)
        }

        func noted() async throws -> [(lease: SecretLease, outcome: SecretLease.Outcome?, error: String?)] {
            let job = self.lease.job
            return try await self.database.asTenant(.default) { connection in
                try SecretLeaseStore.list(of: job, on: connection)
            }
        }

        func complete() async throws {
            let lease = self.lease
            let result = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])
            try await self.database.asTenant(.default) { connection in
                try LeaseStore.complete(lease, result: result, on: connection)
            }
        }

        /// Does what is due at a time, by the database's clock and the Vault's.
        @discardableResult
        func round(_ providers: SecretProviders, at seconds: Int) async throws -> [SecretLeaseUpkeep.Deed] {
            try self.server.setVaultClock(ahead: seconds)
            return try await SecretLeaseUpkeep(providers, database: self.database).round(
                now: Date().addingTimeInterval(Double(seconds))
            ).deeds.map(\.deed)
        }
    }

    private static func with(
        tokenTTL: Int = 3600, _ body: @escaping @Sendable (Fixture) async throws -> Void
    ) async throws {
        try await TestServer.withVault(tokenTTL: tokenTTL) { server in
            try await withTestDatabase { database in
                try await body(try await Fixture(database, server))
            }
        }
    }

    @Test func `a job is given credentials of its own, which are noted without their values`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            let first = try await fixture.credentials(providers).fields.revealed
            let second = try await fixture.credentials(providers).fields.revealed
            #expect(Set(first.keys) == ["username", "password"] && first["username"] != second["username"])
            let noted = try await fixture.noted()
            #expect(noted.count == 2 && noted.allSatisfy { $0.outcome == nil && $0.lease.secret == "db/reports" })
            let text = try await fixture.database.asSystem { connection in
                try connection.execute("SELECT json_agg(secret_leases)::text AS rows FROM secret_leases").only()
                    .string("rows")
            }
            for value in first.values { #expect(!text.contains(value)) }
            await providers.close()
        }
    }

    @Test func `all fields that an attempt names are of one set of credentials`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            let secrets = AttemptSecrets(
                ExternalSecrets(providers, database: fixture.database), in: .default, under: fixture.lease)
            let secret = try Fixture.secret("database/creds/readonly")
            let first = try await secrets.fields(of: secret, version: nil).fields.revealed
            let second = try await secrets.fields(of: secret, version: nil).fields.revealed
            #expect(first == second && first.count == 2)
            let unknown = try Fixture.secret("database/creds/nobody")
            for _ in 0..<2 {
                let error = await problem { try await secrets.fields(of: unknown, version: nil) }
                #expect(error?.meaning == .notFound)
            }
            #expect(
                fixture.server.vaultRequests("database")
                    == ["GET database/creds/readonly", "GET database/creds/nobody"])
            let noted = try await fixture.noted()
            #expect(noted.count == 1)
            await providers.close()
        }
    }

    @Test func `they are renewed at two thirds of their life, and given back when the job has ended`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            let made = try await fixture.credentials(providers).fields.revealed
            let early = try await fixture.round(providers, at: 30)
            #expect(early == [] && fixture.server.vaultRequests("sys/leases/renew").isEmpty)
            let due = try await fixture.round(providers, at: 45)
            #expect(due == [.renewed] && fixture.server.text("ended").isEmpty)
            // Beyond the first life, within the second.
            let later = try await fixture.round(providers, at: 75)
            #expect(later == [] && fixture.server.text("ended").isEmpty)
            try await fixture.complete()
            let last = try await fixture.round(providers, at: 82)
            #expect(last == [.ended(.revoked)] && fixture.server.text("ended") == "\(made["username"] ?? "")\n")
            let noted = try await fixture.noted()
            #expect(noted.map(\.outcome) == [.revoked])
            let none = try await fixture.round(providers, at: 200)
            #expect(none == [])
            await providers.close()
        }
    }

    @Test func `another process renews what one made that is gone, and the token that made it`() async throws {
        try await Self.with(tokenTTL: 100) { fixture in
            let first = try fixture.providers()
            _ = try await fixture.credentials(first)
            // It is gone, and its token would end 100 s after it signed in, and the credentials with it.
            await first.close()
            let second = try fixture.providers()
            for seconds in stride(from: 45, through: 405, by: 45) {
                let deeds = try await fixture.round(second, at: seconds)
                #expect(deeds == [.renewed], "after \(seconds) s")
            }
            #expect(fixture.server.text("ended").isEmpty)
            try await fixture.complete()
            let last = try await fixture.round(second, at: 420)
            #expect(last == [.ended(.revoked)])
            await second.close()
        }
    }

    @Test func `a sealed Vault is asked again until it answers`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            _ = try await fixture.credentials(providers)
            try fixture.server.setVault(sealed: true)
            let deeds = try await fixture.round(providers, at: 41)
            guard case .failed(let why)? = deeds.first else {
                Issue.record("\(deeds)")
                return
            }
            #expect(why.contains("Vault is sealed"))
            let noted = try await fixture.noted()
            #expect(noted.map(\.lease.failures) == [1] && noted.first?.error?.contains("sealed") == true)
            try fixture.server.setVault(sealed: false)
            let again = try await fixture.round(providers, at: 44)
            #expect(again == [.renewed])
            let healed = try await fixture.noted()
            #expect(healed.map(\.lease.failures) == [0] && healed.map(\.error) == [nil])
            await providers.close()
        }
    }

    @Test func `credentials that ended at the provider are noted as lost, and those whose time is over as expired`()
        async throws
    {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            _ = try await fixture.credentials(providers)
            _ = try await fixture.credentials(providers, role: "fixed")
            // The Vault's clock runs ahead: it has ended both.
            try fixture.server.setVaultClock(ahead: 70)
            let deeds = try await SecretLeaseUpkeep(providers, database: fixture.database).round(
                now: Date().addingTimeInterval(45)
            ).deeds.map(\.deed)
            #expect(deeds == [.ended(.lost)])
            let rest = try await fixture.round(providers, at: 75)
            #expect(rest == [.ended(.expired)])
            await providers.close()
        }
    }

    @Test func `who has lost the lease is given nothing, and what was made is given back at once`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            try await fixture.complete()
            let error = await problem { try await fixture.credentials(providers) }
            #expect(error == .leaseLost(fixture.lease))
            #expect(fixture.server.text("ended").split(separator: "\n").count == 1)
            let noted = try await fixture.noted()
            #expect(noted.isEmpty)
            await providers.close()
        }
    }

    @Test func `a process without the provider notes that, and leaves it to others`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            _ = try await fixture.credentials(providers)
            let deeds = try await fixture.round(.none, at: 41)
            guard case .failed(let why)? = deeds.first else {
                Issue.record("\(deeds)")
                return
            }
            #expect(why.contains("CASARE_SECRET_PROVIDERS"))
            let again = try await fixture.round(providers, at: 44)
            #expect(again == [.renewed])
            await providers.close()
        }
    }

    @Test func `of two processes at once one does it`() async throws {
        try await Self.with { fixture in
            let providers = [try fixture.providers(), try fixture.providers()]
            for _ in 0..<5 { _ = try await fixture.credentials(providers[0]) }
            async let one = fixture.round(providers[0], at: 41)
            async let other = fixture.round(providers[1], at: 41)
            let deeds = try await one + other
            #expect(deeds.count == 5 && deeds.allSatisfy { $0 == .renewed })
            #expect(fixture.server.vaultRequests("sys/leases/renew").count == 5)
            for provider in providers { await provider.close() }
        }
    }

    @Test func `a restored database drops them, and does not give back what it does not know of`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            _ = try await fixture.credentials(providers)
            let dropped = try await fixture.database.asSystem { try SecretLeaseStore.drop(on: $0) }
            let deeds = try await fixture.round(providers, at: 45)
            let noted = try await fixture.noted()
            #expect(dropped == 1 && deeds == [] && noted.map(\.outcome) == [.dropped])
            #expect(fixture.server.vaultRequests("sys/leases").isEmpty)
            let kept = try await fixture.database.asSystem { connection in
                try SecretLeaseStore.forget(now: Date().addingTimeInterval(29 * 86_400), on: connection)
            }
            let gone = try await fixture.database.asSystem { connection in
                try SecretLeaseStore.forget(now: Date().addingTimeInterval(31 * 86_400), on: connection)
            }
            #expect(kept == 0 && gone == 1)
            await providers.close()
        }
    }

    @Test func `a person is given no credentials that are made anew, and no version of such`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            let secrets = ExternalSecrets(providers, database: fixture.database)
            let secret = try Fixture.secret("database/creds/readonly")
            let person = await problem { try await secrets.fields(of: secret, version: nil, in: .default, under: nil) }
            #expect(person == .onlyForJobs(provider: "corp", path: "database/creds/readonly"))
            let version = await problem {
                try await secrets.fields(of: secret, version: 2, in: .default, under: fixture.lease)
            }
            #expect(version?.meaning == .unavailable)
            let role = await problem { try await fixture.credentials(providers, role: "nobody") }
            #expect(role?.meaning == .notFound)
            #expect(fixture.server.vaultRequests("database").count == 1)
            await providers.close()
        }
    }

    @Test func `fields are given as a secret of the kind has them, and nothing is kept here`() async throws {
        try await Self.with { fixture in
            let providers = try fixture.providers()
            let secrets = ExternalSecrets(providers, database: fixture.database)
            try fixture.server.vault(
                put: ["User-Name": "x", "Username": "ann", "password": "s3cret"], at: "both")
            let login = try await secrets.fields(
                of: Fixture.secret("both"), version: nil, in: .default, under: nil)
            #expect(login.fields.revealed == ["username": "ann", "password": "s3cret"] && login.version == 1)
            let custom = try await secrets.fields(
                of: Fixture.secret("both", kind: .custom), version: nil, in: .default, under: nil)
            #expect(custom.fields.names == ["password", "user_name", "username"])
            try fixture.server.vault(put: ["value": "k1"], at: "one")
            let key = try await secrets.fields(
                of: Fixture.secret("one", kind: .apiKey), version: nil, in: .default, under: nil)
            #expect(key.fields.revealed == ["api_key": "k1"])
            let missing = await problem {
                try await secrets.fields(of: Fixture.secret("one"), version: nil, in: .default, under: nil)
            }
            guard case .unreadable(_, _, let why) = missing else {
                Issue.record("\(String(describing: missing))")
                return
            }
            #expect(why.contains("username"))
            let rows = try await fixture.database.asSystem { connection in
                try connection.execute("SELECT count(*) AS count FROM secret_leases").only().int("count")
            }
            #expect(rows == 0)
            await providers.close()
        }
    }
}
