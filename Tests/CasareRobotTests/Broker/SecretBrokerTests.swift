import CasareDomain
import CasareEngine
import CasarePostgres
import CasareProviders
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Secrets by every broker: of what the leased job's workflow names, and nothing else.
struct SecretBrokerTests {
    typealias Form = BrokerFixture.Form

    private static let document: String = {
        let document: Value = [
            "metadata": ["name": "w"], "credential_bindings": ["shop": "prod/shop"],
            "nodes": [
                "a": [
                    "node_type": "CommentNode",
                    "config": ["text": "{{$secret:shop}} {{$secret:shop.pin}} {{$secret:gone}}"],
                ]
            ],
        ]
        return document.jsonText(.compact)
    }()

    private static func fields(_ answer: SecretAnswer?) -> [String: String]? {
        guard case .found(let fields) = answer else { return nil }
        return Dictionary(fields.names.map { ($0, fields[$0]?.reveal { $0 } ?? "") }, uniquingKeysWith: { $1 })
    }

    private static func problem(_ answer: SecretAnswer?) -> SecretProblem? {
        guard case .refused(let problem) = answer else { return nil }
        return problem
    }

    private static func leased(_ broker: any Broker) async throws -> Lease {
        try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first).lease
    }

    @Test(arguments: Form.withTenants)
    func `a job is given what its workflow names, and told why not the rest`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.put("prod/shop", ["pin": SecretText("4711"), "word": SecretText("hunter2xyz")])
            try await fixture.put("other", ["value": SecretText("not yours")])
            _ = try await fixture.submit(document: Self.document)
            try await fixture.withBroker { broker in
                let lease = try await Self.leased(broker)
                let asked = ["prod/shop", "prod/shop.pin", "gone", "other"]
                let answers = try await broker.secrets(asked, under: lease)
                #expect(Set(answers.keys) == Set(asked))
                #expect(Self.fields(answers["prod/shop"]) == ["pin": "4711", "word": "hunter2xyz"])
                #expect(Self.fields(answers["prod/shop.pin"]) == ["pin": "4711"])
                #expect(Self.problem(answers["gone"])?.kind == .notFound)
                #expect(Self.problem(answers["gone"])?.message.contains("\"gone\"") == true)
                #expect(Self.problem(answers["other"])?.kind == .denied)
                // What is asked for again is answered again.
                let again = try await broker.secrets(["prod/shop"], under: lease)
                #expect(Self.fields(again["prod/shop"])?.count == 2)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `who has lost the lease is given nothing`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            if form != .memory { try await fixture.put("prod/shop", ["pin": SecretText("4711")]) }
            let id = try await fixture.submit(document: Self.document)[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.leased(broker)
                try await fixture.cancel(id)
                await #expect(throws: BrokerError.leaseLost(id)) {
                    try await broker.secrets(["prod/shop"], under: lease)
                }
            }
        }
    }

    /// A node that got no secret would fail the job: the robot must stop it, as another one may have begun with it.
    @Test(arguments: Form.withTenants)
    func `who loses the lease while a provider is asked has lost it, and not the secret`(form: Form) async throws {
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
            try await BrokerFixture.with(form, providers: providers) { fixture in
                try await fixture.put("prod/shop", in: "corp", at: "database/creds/readonly")
                let id = try await fixture.submit(document: Self.document)[0]
                try await fixture.withBroker { broker in
                    let lease = try await Self.leased(broker)
                    let holder = try await PostgresConnection.connect(try fixture.database.configuration)
                    // What is made for the job cannot be noted before this ends.
                    try await holder.script("BEGIN; LOCK TABLE secret_leases IN SHARE MODE")
                    async let asked = Self.error { () async throws(BrokerError) in
                        try await broker.secrets(["prod/shop"], under: lease)
                    }
                    try await eventually("credentials are made") {
                        vault.vaultRequests("database/creds").isEmpty ? nil : true
                    }
                    try await fixture.cancel(id)
                    try await holder.script("COMMIT")
                    await holder.close()
                    let error = await asked
                    #expect(error == .leaseLost(id))
                }
            }
            // A broker on SQL closes its own.
            if form == .api { await providers.close() }
        }
    }

    private static func error(
        _ body: () async throws(BrokerError) -> [String: SecretAnswer]
    ) async -> BrokerError? {
        do throws(BrokerError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a queue in memory says that it has no vault`() async throws {
        try await BrokerFixture.with(.memory) { fixture in
            _ = try await fixture.submit(document: Self.document)
            try await fixture.withBroker { broker in
                let answers = try await broker.secrets(["prod/shop"], under: try await Self.leased(broker))
                let problem = try #require(Self.problem(answers["prod/shop"]))
                #expect(problem.kind == .unavailable && problem.message.contains("has no vault"))
            }
        }
    }

    @Test func `a robot on SQL without a key says which setting is missing`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            try await fixture.put("prod/shop", ["pin": SecretText("4711")])
            _ = try await fixture.submit(document: Self.document)
            let broker = try await fixture.broker(.sql, hasKeys: false)
            _ = try await broker.open(try BrokerFixture.description("robot"))
            let answers = try await broker.secrets(["prod/shop"], under: try await Self.leased(broker))
            let problem = try #require(Self.problem(answers["prod/shop"]))
            #expect(problem.kind == .unavailable && problem.message.contains("CASARE_SEALING_KEY"))
            await broker.close()
        }
    }

    @Test func `another tenant's secret of the same name is not there`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            let other = Tenant.ID(rawValue: 2)
            try await fixture.addTenant(other)
            try await fixture.put("prod/shop", ["pin": SecretText("4711")], for: other)
            _ = try await fixture.submit(document: Self.document)
            try await fixture.withBroker { broker in
                let answers = try await broker.secrets(["prod/shop"], under: try await Self.leased(broker))
                #expect(Self.problem(answers["prod/shop"])?.kind == .notFound)
            }
        }
    }
}
