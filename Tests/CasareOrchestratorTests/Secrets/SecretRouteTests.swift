import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// Secrets over HTTP.
struct SecretRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func password(_ text: String) -> SecretFields {
        ["username": SecretText("ann"), "password": SecretText(text)]
    }

    @discardableResult
    private static func create(
        _ name: String, _ password: String = "hunter2", by client: CasareClient
    ) async throws -> SecretInfo {
        try await client.createSecret(
            CreateSecretRequest(
                name: try #require(Secret.Name(name)), kind: .usernamePassword, fields: self.password(password),
                labels: ["Team": "x"], reason: "asked"))
    }

    private static func reveal(
        _ name: String, version: Int? = nil, by client: CasareClient
    ) async throws -> String? {
        try await client.revealSecret(name, version: version, reason: "test").fields["password"]?.reveal { $0 }
    }

    @Test func `a secret is made, found, changed and revealed`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                let made = try await Self.create("db/prod", by: client)
                #expect(made.currentVersion == 1 && made.labels == ["Team": "x"])
                #expect(try await client.secret("db/prod") == made)
                #expect(try await client.secret(made.id.description) == made)
                #expect(try await Self.reveal("db/prod", by: client) == "hunter2")

                let put = try await client.putSecretVersion(
                    "db/prod", PutSecretRequest(fields: Self.password("two"), expected: 1, reason: "new"))
                #expect(put.version == 2 && put.secret.currentVersion == 2)
                let changed = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.putSecretVersion(
                        "db/prod", PutSecretRequest(fields: Self.password("three"), expected: 1))
                }
                #expect(changed == .conflict)
                let back = try await client.rollBackSecret("db/prod", RollBackSecretRequest(version: 1))
                #expect(back.version == 3)
                #expect(try await Self.reveal("db/prod", by: client) == "hunter2")
                #expect(try await Self.reveal("db/prod", version: 2, by: client) == "two")
                let versions = try await client.secretVersions(of: "db/prod")
                #expect(versions.currentVersion == 3 && versions.versions.map(\.version) == [3, 2, 1])
                #expect(versions.versions.allSatisfy { $0.state == .live && $0.fields == ["password", "username"] })

                let described = try await client.updateSecret(
                    "db/prod", UpdateSecretRequest(description: .set("mine"), labels: .remove, revision: 1))
                #expect(described.revision == 2 && described.description == "mine" && described.labels.isEmpty)
            }
        }
    }

    @Test func `secrets are listed without their values, page by page`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                for name in ["db/a", "db/b", "x"] { try await Self.create(name, by: client) }
                _ = try await client.deleteSecret("db/b")
                let page = try await client.secrets(SecretQuery(limit: 1))
                #expect(page.secrets.map(\.name.rawValue) == ["db/a"])
                let next = try await client.secrets(SecretQuery(limit: 1, cursor: page.nextCursor))
                #expect(next.secrets.map(\.name.rawValue) == ["x"] && next.nextCursor == nil)
                let labelled = try await client.secrets(
                    SecretQuery(prefix: "db/", labels: ["Team": "x"], isDeleted: nil))
                #expect(labelled.secrets.map(\.name.rawValue) == ["db/a", "db/b"])
                #expect(try await client.secrets(SecretQuery(isDeleted: true)).secrets.count == 1)
            }
            let reply = try await server.call(.GET, "/api/v1/secrets?deleted=with")
            #expect(!reply.json.jsonText(.compact).contains("hunter2"))
        }
    }

    @Test func `what is deleted comes back, and what is destroyed does not`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                try await Self.create("a", by: client)
                _ = try await client.putSecretVersion("a", PutSecretRequest(fields: Self.password("two")))
                _ = try await client.deleteSecret("a", versions: [2], reason: "wrong")
                let deleted = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.revealSecret("a", reason: "test")
                }
                #expect(deleted == .invalidStateTransition)
                _ = try await client.undeleteSecret("a", versions: [2])
                #expect(try await Self.reveal("a", by: client) == "two")
                _ = try await client.destroySecret("a", versions: [1], reason: "old")
                let states = try await client.secretVersions(of: "a").versions.map(\.state)
                #expect(states == [.live, .destroyed])
                let expired = try await client.expireSecret("a", at: Date(timeIntervalSince1970: 1))
                #expect(expired.expiresAt == Date(timeIntervalSince1970: 1))
            }
        }
    }

    @Test func `a pending version is promoted or discarded`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                try await Self.create("a", "one", by: client)
                let pending = try await client.putSecretVersion(
                    "a", PutSecretRequest(fields: Self.password("two"), pending: true))
                #expect(pending.secret.currentVersion == 1)
                #expect(try await client.promoteSecretVersion("a", version: 2, overlapSeconds: 60).currentVersion == 2)
                #expect(try await client.secretVersions(of: "a").versions.map(\.state) == [.live, .overlapping])
                _ = try await client.putSecretVersion(
                    "a", PutSecretRequest(fields: Self.password("three"), pending: true))
                let rolled = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.rollBackSecret("a", RollBackSecretRequest(version: 3))
                }
                #expect(rolled == .invalidStateTransition, "what no hook has brought anywhere is not rolled back to")
                #expect(try await client.discardSecretVersion("a", version: 3).currentVersion == 2)
            }
        }
    }

    // MARK: - What is refused

    @Test func `wrong fields are named, and no answer repeats a value`() async throws {
        try await Fixture.with { server in
            func body(_ fields: Value, _ more: Object = [:]) -> Value {
                var body: Object = ["name": "a", "kind": "username_password", "fields": fields]
                for (name, value) in more { body[name] = value }
                return .object(body)
            }
            let wrong: [(Value, field: String?)] = [
                (body(["username": "hunter2"]), "fields.password"),
                (body(["username": "hunter2", "password": "x", "pasword": "y"]), "fields.pasword"),
                (body(["username": "a", "password": 5]), "fields.password"),
                (body("hunter2"), "fields"),
                (body(["username": "a", "password": "hunter2"], ["name": "Not A Name"]), "name"),
                (body(["username": "a", "password": "hunter2"], ["provider": "corp", "path": "x"]), "provider"),
                (body(["username": "a", "password": "hunter2"], ["labels": ["a": 1]]), "labels.a"),
                (body(["username": "a", "password": "hunter2"], ["versions_max": 0]), "versions_max"),
                (["name": "a", "kind": "api_key"], "fields"),
            ]
            for (body, field) in wrong {
                let reply = try await server.call(.POST, "/api/v1/secrets", body)
                #expect([400, 422].contains(reply.status), "\(reply.status) \(reply.json)")
                #expect(reply.json["error"]?["field"]?.string == field, "\(reply.json)")
                #expect(!reply.json.jsonText(.compact).contains("hunter2"))
            }
            let list = try await server.call(.GET, "/api/v1/secrets")
            #expect(list.json["secrets"]?.list?.isEmpty == true)
        }
    }

    @Test func `a value is revealed to who may see it and says why, and the audit log has it`() async throws {
        try await Fixture.with { server in
            _ = try await server.withClient(.admin) { client in try await Self.create("db/prod", by: client) }
            let path = "/api/v1/secrets/db%2Fprod"
            for role in [Role.viewer, .operator, .developer] {
                let reply = try await server.call(.POST, "\(path)/reveal", as: role, ["reason": "curious"])
                #expect(reply.status == 403, "\(role)")
            }
            #expect(try await server.call(.POST, "\(path)/reveal", [:]).status == 422)
            let reply = try await server.call(.POST, "\(path)/reveal", ["reason": "outage"])
            #expect(reply.status == 200 && reply.json["fields"]?["password"]?.string == "hunter2")
            let page = try await server.database.asTenant(.default) { connection in
                try AuditLog.list(.init(action: "secret.reveal", outcome: .granted), limit: 9, on: connection)
            }
            let entry = try #require(page.entries.first)
            #expect(page.entries.count == 1 && entry.reason == "outage" && entry.actor == "the admin")
            #expect(entry.detail?.contains("hunter2") != true)
        }
    }

    @Test func `what is done to a secret by its ID is in the audit log under its name`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                let id = try await Self.create("db/prod", by: client).id.description
                _ = try await client.putSecretVersion(id, PutSecretRequest(fields: Self.password("two")))
                _ = try await client.updateSecret(id, UpdateSecretRequest(description: .set("mine")))
                _ = try await client.rollBackSecret(id, RollBackSecretRequest(version: 1))
                _ = try await client.expireSecret(id, version: 2, at: nil)
                _ = try await Self.reveal(id, by: client)
                _ = try await client.deleteSecret(id)
                _ = try await client.undeleteSecret(id)
                _ = try await client.destroySecret(id, versions: [2], reason: "old")
                let entries = try await client.auditEntries(AuditQuery(action: "secret.*", subject: "db/prod")).entries
                #expect(
                    Set(entries.map(\.action)) == [
                        "secret.create", "secret.put", "secret.update", "secret.rollback", "secret.expire",
                        "secret.reveal", "secret.delete", "secret.undelete", "secret.destroy",
                    ])
            }
        }
    }

    @Test func `roles see secrets, and only those who may change them do`() async throws {
        try await Fixture.with { server in
            _ = try await server.withClient(.admin) { client in try await Self.create("a", by: client) }
            #expect(try await server.call(.GET, "/api/v1/secrets/a", as: .developer).status == 200)
            #expect(try await server.call(.GET, "/api/v1/secrets/a", as: .viewer).status == 403)
            for (method, path) in [
                (Fixture.HTTPMethodName.DELETE, "/api/v1/secrets/a"), (.POST, "/api/v1/secrets/a/destroy"),
                (.POST, "/api/v1/secrets/a/rollback"), (.POST, "/api/v1/vault/rekey"),
            ] {
                let body: Value? = method == .POST ? ["version": 1] : nil
                #expect(try await server.call(method, path, as: .developer, body).status == 403, "\(path)")
            }
        }
    }

    // MARK: - For robots

    private static func naming(_ text: String) -> Value {
        var document = OrchestratorFixture.document("invoices").object ?? [:]
        document["credential_bindings"] = ["db": "db/prod"]
        document["note"] = .string(text)
        return .object(document)
    }

    @Test func `a robot is given the secrets that its job's workflow names`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                try await Self.create("db/prod", by: client)
                try await Self.create("other", by: client)
            }
            let pushed = try await server.call(
                .POST, "/api/v1/workflows", ["document": Self.naming("{{$secret:db.password}} {{$secret:db}}")])
            #expect(pushed.status == 201)
            try await server.withClient(.operator) { client in
                _ = try await client.submit([SubmitJobRequest(workflow: "invoices")])
            }
            try await server.withRobot("r1") { robot in
                let lease = try #require(try await robot.client.lease(robot.session, slots: 1).first).lease
                let answer = try await robot.client.secrets(
                    ["db/prod.password", "db/prod", "other"], under: lease)
                #expect(answer.refused.map(\.reference) == ["other"] && answer.refused.map(\.code) == ["secret_denied"])
                let granted = Dictionary(answer.secrets.map { ($0.reference, $0.fields) }) { first, _ in first }
                #expect(granted["db/prod.password"] == ["password": SecretText("hunter2")])
                #expect(granted["db/prod"] == Self.password("hunter2"))
                let consumers = try await server.withClient(.admin) { client in
                    try await client.secretConsumers(of: "db/prod")
                }
                #expect(consumers.consumers.map(\.job) == [lease.job] && !consumers.isPartial)

                let lost = await Fixture.code { () async throws(ClientError) in
                    _ = try await robot.client.secrets(
                        ["db/prod"], under: Lease(job: lease.job, token: Lease.Token(rawValue: 1 << 40)))
                }
                #expect(lost == .leaseLost)
                let told = try await server.withClient(.admin) { client in
                    try await client.auditEntries(AuditQuery(action: SecretStore.useAction, outcome: .failed)).entries
                }
                #expect(told.map(\.subject) == [lease.job.description] && told.first?.detail["error"] == "LEASE_LOST")
                let operated = try await server.call(
                    .POST, "/api/v1/jobs/\(lease.job)/secrets", as: .operator,
                    ["token": .int(Int(lease.token.rawValue)), "references": ["db/prod"]])
                #expect(operated.status == 403, "people do not speak for robots")
            }
        }
    }

    // MARK: - The key

    @Test func `everything is wrapped with the server's key when somebody asks for it`() async throws {
        try await withTestDatabase { database in
            let tokens = try await database.asTenant(.default) { connection in
                [
                    Role.admin: try TokenStore.create(name: "the admin", role: .init(.admin), on: connection).text
                        .reveal()
                ]
            }
            let former = try #require(SealingKey(text: String(repeating: "11", count: SealingKey.bytesCount)))
            let name = try #require(Secret.Name("db/prod"))
            let sealed = try await SealedSecret(
                sealing: Self.password("hunter2"), of: name, version: 1, in: .default, with: KeyRing(current: former))
            _ = try await database.asTenant(.default) { connection in
                try SecretStore.create(
                    NewSecret(name: name, kind: .usernamePassword), sealed: sealed, by: "ann", reason: nil,
                    on: connection)
            }
            try await Fixture.with(database, tokens) { server in
                try await server.withClient(.admin) { client in
                    let missing = await Fixture.code { () async throws(ClientError) in
                        _ = try await client.revealSecret("db/prod", reason: "test")
                    }
                    #expect(missing == .sealingKeyMissing, "this server was not given the former key")
                    #expect(try await client.rekey().rekey == nil)
                    let started = try await client.startRekey(reason: "the key is known")
                    #expect(started.rekey?.keyID == started.currentKey && started.rekey?.startedBy == "the admin")
                }
            }
        }
    }
}
