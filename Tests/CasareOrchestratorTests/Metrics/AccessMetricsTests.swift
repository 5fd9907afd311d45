import CasareCertificates
import CasareClient
import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareOrchestrator

/// What is counted of who is let in, what they are given, and what the audit log says of it.
struct AccessMetricsTests {
    private typealias Fixture = OrchestratorFixture

    private static func failures(_ scrape: Scrape, _ method: String, _ why: String) -> Double? {
        scrape["casare_auth_failures_total", ["casare_auth_method": method, "error_type": why]]
    }

    private static func reads(_ scrape: Scrape, _ provider: String?, _ result: String) -> Double? {
        var labels = ["casare_access_result": result]
        labels["casare_secret_provider"] = provider
        return scrape["casare_secret_reads_total", labels]
    }

    // MARK: - Callers

    @Test func `who does not show who they are is counted by what they show, and why it does not count`() async throws {
        try await Fixture.with { server in
            let before = try await server.scrape()
            for method in ["token", "oidc", "certificate", "enrolment", "malformed"] {
                #expect(Self.failures(before, method, "invalid") == 0, "\(method)")
                #expect(Self.failures(before, method, "locked_out") == 0, "\(method)")
            }
            #expect(Self.failures(before, "none", "missing") == 0)
            let far = try await server.call(
                .POST, "/api/v1/tokens", ["name": "far", "role": "viewer", "networks": ["10.0.0.0/8"]])
            let elsewhere = try #require(far.json["token"]?.string)
            let shown: [(String?, Int)] = [
                (nil, 1), ("crpa_wrong", 2), ("a.b.c", 1), ("nonsense", 1), (elsewhere, 1),
            ]
            for (token, times) in shown {
                for _ in 0..<times {
                    let reply = try await server.send(.GET, "/api/v1/jobs", token: token)
                    #expect(reply.status == 401, "\(token ?? "nothing")")
                }
            }
            // Whoever may ask shows nothing.
            #expect(try await server.call(.GET, "/health/live", as: nil).status == 200)
            let scrape = try await server.scrape()
            #expect(Self.failures(scrape, "none", "missing") == 1)
            #expect(Self.failures(scrape, "token", "invalid") == 2)
            #expect(Self.failures(scrape, "oidc", "invalid") == 1)
            #expect(Self.failures(scrape, "malformed", "invalid") == 1)
            #expect(Self.failures(scrape, "token", "other_network") == 1)
            #expect(!scrape.text.contains("crpa_"))
        }
    }

    @Test func `a lock-out is counted once, and each who is turned away by it`() async throws {
        let authentication = AuthenticationSettings(
            lockout: LockoutRule(failuresMax: 5, within: .seconds(300), lockedFor: .seconds(900)))
        try await Fixture.with(authentication: authentication) { server in
            for status in [401, 401, 401, 401, 401, 429, 429] {
                #expect(try await server.send(.GET, "/api/v1/jobs", token: "crpa_wrong").status == status)
            }
            let scrape = try await server.scrape()
            #expect(Self.failures(scrape, "token", "invalid") == 5)
            #expect(Self.failures(scrape, "token", "locked_out") == 2)
            #expect(scrape["casare_auth_lockouts_total", [:]] == 1)
        }
    }

    @Test func `an enrolment that does not count is one of those failures`() async throws {
        try await Fixture.with { server in
            let csr = try RobotKey().request(for: "r")
            let body: Value = ["token": "cren_wrong", "csr": .string(csr), "name": "mill-1"]
            #expect(try await server.call(.POST, "/api/v1/enrol", as: nil, body).status == 401)
            let scrape = try await server.scrape()
            #expect(Self.failures(scrape, "enrolment", "invalid") == 1)
            #expect(Self.failures(scrape, "none", "missing") == 0)
        }
    }

    @Test func `who is known and may not is counted, and who asks for what is not there is not`() async throws {
        try await Fixture.with { server async throws in
            func refusals(_ why: String) async throws -> Double? {
                try await server.scrape()["casare_auth_refusals_total", ["error_type": why]]
            }
            #expect(try await refusals("auth_insufficient_permissions") == 0)
            #expect(try await refusals("tenant_suspended") == 0)
            #expect(try await server.call(.GET, "/api/v1/tokens", as: .viewer).status == 403)
            #expect(try await server.call(.GET, "/api/v1/audit", as: .operator).status == 403)
            #expect(try await server.call(.GET, "/nowhere", as: .viewer).status == 404)
            #expect(try await server.call(.GET, "/api/v1/jobs", as: nil).status == 401)
            #expect(try await refusals("auth_insufficient_permissions") == 2)
            #expect(try await refusals("tenant_suspended") == 0)
        }
    }

    // MARK: - Secrets

    @Test func `what jobs and people ask for is counted by what became of it`() async throws {
        try await Fixture.with { server in
            let before = try await server.scrape()
            for result in ["granted", "denied", "failed"] {
                #expect(Self.reads(before, "casare", result) == 0 && Self.reads(before, nil, result) == 0)
            }
            let secret: Value = [
                "name": "db", "kind": "username_password", "fields": ["username": "ann", "password": "p"],
            ]
            #expect(try await server.call(.POST, "/api/v1/secrets", secret).status == 201)
            let document = Fixture.document("pay", extraKey: "{{$secret:db.password}} {{$secret:gone}}")
            #expect(try await server.call(.POST, "/api/v1/workflows", ["document": document]).status == 201)
            #expect(try await server.call(.POST, "/api/v1/jobs", ["workflow": "pay"]).status == 201)
            try await server.withRobot("r1") { robot in
                let lease = try #require(try await robot.client.lease(robot.session, slots: 1).first).lease
                let answer = try await robot.client.secrets(["db.password", "gone", "other"], under: lease)
                #expect(answer.secrets.count == 1 && answer.refused.count == 2)
            }
            let reason: Value = ["reason": "a test"]
            #expect(try await server.call(.POST, "/api/v1/secrets/db/reveal", reason).status == 200)
            #expect(try await server.call(.POST, "/api/v1/secrets/gone/reveal", reason).status == 404)
            #expect(try await server.call(.POST, "/api/v1/secrets/db/reveal", as: .viewer, reason).status == 403)
            let scrape = try await server.scrape()
            #expect(Self.reads(scrape, "casare", "granted") == 2)
            #expect(Self.reads(scrape, nil, "failed") == 2 && Self.reads(scrape, nil, "denied") == 1)
            #expect(Self.reads(scrape, "casare", "failed") == 0 && Self.reads(scrape, "casare", "denied") == 0)
            #expect(scrape.values("casare_secret_reads_total").keys.allSatisfy { !$0.contains("db") })
        }
    }

    @Test func `a provider that gives nothing out is told of`() async throws {
        let text = """
            providers:
              gone: { kind: files, folder: /nonexistent/secrets }
              here: { kind: environment, prefix: SOME_SECRET_ }
            """
        let providers = SecretProviders(try ProviderFile(parsing: text), environment: ProcessEnvironment { _ in nil })
        try await Fixture.with(providers: providers) { server in
            let scrape = try await eventually("the providers are asked") { () -> Scrape? in
                let scrape = try await server.scrape()
                return scrape.values("casare_secret_provider_healthy").count == 2 ? scrape : nil
            }
            #expect(scrape["casare_secret_provider_healthy", ["casare_secret_provider": "gone"]] == 0)
            #expect(scrape["casare_secret_provider_healthy", ["casare_secret_provider": "here"]] == 1)
            #expect(Self.reads(scrape, "gone", "granted") == 0 && Self.reads(scrape, "here", "failed") == 0)
        }
        await providers.close()
    }

    // MARK: - The audit log

    /// As somebody who rules the database.
    private static func tamper(_ server: Fixture, _ sql: String) async throws {
        let owner = try await PostgresConnection.connect(server.database.configuration)
        try await owner.script(sql)
        await owner.close()
    }

    @Test func `a chain is checked by itself, and what is wrong with it is told of until it is mended`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(3)
            let whole = try await eventually("the chain is checked") { () -> Scrape? in
                let scrape = try await server.scrape()
                return scrape["casare_audit_last_verification_timestamp_seconds", [:]] == nil
                    || scrape["casare_audit_unlinked_age_seconds", [:]] != 0 ? nil : scrape
            }
            #expect(whole["casare_audit_chain_broken", [:]] == 0)
            #expect(whole["casare_audit_chain_breaks_total", [:]] == 0)
            #expect((whole["casare_audit_unanchored_age_seconds", [:]] ?? -1) >= 0)
            // A key that somebody makes up breaks nothing.
            try await Self.tamper(
                server,
                """
                INSERT INTO audit_anchors (tenant_id, number, hash, at, reason)
                SELECT tenant_id, number, hash, now(), 'regular' FROM audit_chain WHERE number = 1
                """)
            let forged = try await server.call(
                .GET, "/api/v1/audit/check?public_key=" + String(repeating: "5a", count: 32))
            #expect(forged.json["fault"]?["kind"] == "forged", "\(forged.json)")
            #expect(try await server.scrape()["casare_audit_chain_breaks_total", [:]] == 0)
            try await Self.tamper(
                server,
                """
                UPDATE audit_entries SET actor = 'eve'
                WHERE entry_id = (SELECT entry_id FROM audit_chain WHERE number = 1);
                UPDATE chain_checks SET look_at = now();
                """)
            let broken = try await eventually("the break is found") { () -> Scrape? in
                let scrape = try await server.scrape()
                let isFound = scrape["casare_audit_chain_broken", [:]] == 1
                return isFound && scrape["casare_audit_chain_breaks_total", [:]] != 0 ? scrape : nil
            }
            #expect(broken["casare_audit_chain_breaks_total", [:]] == 1)
            // Somebody who asks for it finds it as well.
            let check = try await server.call(.GET, "/api/v1/audit/check")
            #expect(check.json["fault"]?["kind"] == "changed")
            #expect(try await server.scrape()["casare_audit_chain_breaks_total", [:]] == 2)
        }
    }

    @Test func `what does not happen because its entry cannot be written is counted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let before = try await server.scrape().values("casare_audit_write_errors_total")
            #expect(!before.isEmpty && before.values.allSatisfy { $0 == 0 })
            try await Self.tamper(
                server,
                """
                ALTER TABLE audit_entries
                    ADD CONSTRAINT none CHECK (action NOT IN ('job.submit', 'tenant.create')) NOT VALID
                """)
            let reply = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            #expect(reply.status >= 400)
            // Of the installation as well.
            let made = try await server.call(.POST, "/api/v1/tenants", ["name": "acme"])
            #expect(made.status >= 400)
            let errors = try await server.scrape().values("casare_audit_write_errors_total")
            #expect(errors.values.reduce(0, +) == 2)
            // What was written is told by what was done.
            let pushes: [String: String] = [
                "casare_audit_action": "workflow.push", "casare_access_result": "granted",
            ]
            #expect(try await server.scrape()["casare_audit_entries_total", pushes] == 1)
            let jobs = try await server.withClient(.viewer) { try await $0.jobs(JobQuery(workflow: "invoices")).jobs }
            #expect(jobs.isEmpty)
        }
    }
}
