import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Rotations over HTTP, and those that the server begins by itself.
struct RotationRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let name = "db/prod"
    /// Of which a path has the slash encoded.
    private static let path = "/api/v1/secrets/db%2Fprod"

    private static func create(_ server: OrchestratorFixture, _ policy: RotationPolicy? = nil) async throws {
        let name = try #require(Secret.Name(Self.name))
        try await server.withClient(.admin) { client in
            _ = try await client.createSecret(
                CreateSecretRequest(
                    name: name, kind: .usernamePassword,
                    fields: ["username": SecretText("ann"), "password": SecretText("first")], rotation: policy))
        }
    }

    private static func revealed(_ server: OrchestratorFixture) async throws -> (version: Int, fields: SecretFields) {
        try await server.withClient(.admin) { client in
            let revealed = try await client.revealSecret(Self.name, reason: "a test")
            return (revealed.version, revealed.fields)
        }
    }

    @Test func `a rotation changes what it names, and the rest stays`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            try await server.withClient(.admin) { client in
                let rotated = try await client.rotateSecret(
                    Self.name, RotateSecretRequest(value: SecretText("second"), overlapSeconds: 60))
                #expect(rotated.version == 2 && rotated.previousVersion == 1 && rotated.state == .current)
                #expect(rotated.changed == ["password"] && rotated.overlapSeconds == 60 && rotated.until == nil)
                let versions = try await client.secretVersions(of: Self.name)
                #expect(versions.versions.map(\.state) == [.live, .overlapping])
            }
            let now = try await Self.revealed(server)
            #expect(now.version == 2)
            #expect(now.fields == ["username": SecretText("ann"), "password": SecretText("second")])
        }
    }

    @Test func `what the server makes up is of its policy, and in no answer`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let reply = try await server.call(.POST, "\(Self.path)/rotate", ["generate": "hex:16"])
            #expect(reply.status == 201)
            let made = try #require(try await Self.revealed(server).fields["password"])
            made.reveal { text in
                #expect(text.utf8.count == 32 && text.allSatisfy(\.isHexDigit))
                #expect(!reply.json.jsonText(.compact).contains(text))
            }
        }
    }

    @Test func `a version waits for its hook, and is promoted once`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            try await server.withClient(.admin) { client in
                let begun = try await client.rotateSecret(
                    Self.name, RotateSecretRequest(value: SecretText("second"), pending: true))
                #expect(begun.state == .pending && begun.version == 2 && begun.until != nil)
                #expect(try await client.secret(Self.name).currentVersion == 1)
                let end = EndRotationRequest(outcome: .promote, version: 2)
                #expect(try await client.endRotation(of: Self.name, end).state == .current)
                // As one whose answer was lost is sent again.
                #expect(try await client.endRotation(of: Self.name, end).state == .current)
                #expect(try await client.secret(Self.name).currentVersion == 2)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a version that waits is promoted or discarded by its number, and the next rotation begins`(
        isPromoted: Bool
    ) async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            try await server.withClient(.admin) { client in
                _ = try await client.rotateSecret(
                    Self.name, RotateSecretRequest(value: SecretText("second"), overlapSeconds: 60, pending: true))
                let after =
                    try await isPromoted
                    ? client.promoteSecretVersion(Self.name, version: 2)
                    : client.discardSecretVersion(Self.name, version: 2)
                #expect(after.currentVersion == (isPromoted ? 2 : 1))
                let states = try await client.secretVersions(of: Self.name).versions.map(\.state)
                #expect(states == (isPromoted ? [.live, .overlapping] : [.destroyed, .live]))
                let next = try await client.rotateSecret(
                    Self.name, RotateSecretRequest(value: SecretText("third"), pending: true))
                #expect(next.version == 3 && next.state == .pending)
                // The hook of the first one ends late: of the version that waits now it knows nothing.
                let late = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.endRotation(
                        of: Self.name, EndRotationRequest(outcome: .discard, version: 2))
                }
                #expect(late == .invalidStateTransition)
            }
        }
    }

    @Test func `a version that is discarded leaves everything as it was`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            try await server.withClient(.admin) { client in
                _ = try await client.rotateSecret(
                    Self.name, RotateSecretRequest(value: SecretText("second"), pending: true))
                let ended = try await client.endRotation(of: Self.name, EndRotationRequest(outcome: .discard))
                #expect(ended.state == .discarded && ended.version == 2 && ended.previousVersion == 1)
            }
            let now = try await Self.revealed(server)
            #expect(now.version == 1 && now.fields["password"] == SecretText("first"))
            let none = try await server.call(.POST, "\(Self.path)/rotate/end", ["outcome": "discard"])
            #expect(none.status == 409)
        }
    }

    @Test func `one at a time, and only of the version that was looked at`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let first = try await server.call(
                .POST, "\(Self.path)/rotate", ["value": "second", "pending": true])
            #expect(first.status == 201)
            let second = try await server.call(
                .POST, "\(Self.path)/rotate", ["value": "third", "pending": true])
            #expect(second.status == 409 && second.message.contains("--discard"))
            let stale = try await server.call(
                .POST, "\(Self.path)/rotate", ["value": "third", "expected_version": 7])
            #expect(stale.status == 409 || stale.status == 412)
            #expect(!second.message.contains("third") && !stale.message.contains("third"))
        }
    }

    @Test(
        arguments: [
            [:], ["value": "a", "generate": "uuid"], ["value": "a", "field": "password"],
            ["generate": "password:1"], ["value": "a", "overlap_seconds": -1], ["value": "a", "pending_seconds": 60],
            ["value": "a", "pending": true, "pending_seconds": 9], ["fields": ["password": 5]],
            ["fields": ["no such": "a"]],
        ] as [Object])
    func `what makes no sense is refused, and no value is repeated`(body: Object) async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let reply = try await server.call(.POST, "\(Self.path)/rotate", .object(body))
            #expect((400..<500).contains(reply.status), "\(body)")
            let kept = try await server.withClient(.admin) { try await $0.secret(Self.name).currentVersion }
            #expect(kept == 1)
        }
    }

    @Test func `a field that such a secret does not have is refused`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let reply = try await server.call(
                .POST, "\(Self.path)/rotate", ["fields": ["pasword": "hunter2"]])
            #expect((400..<500).contains(reply.status) && !reply.message.contains("hunter2"))
        }
    }

    @Test func `it takes its own permission, and nothing of what is read`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            for role in [Role.viewer, .operator, .developer] {
                let reply = try await server.call(.POST, "\(Self.path)/rotate", as: role, ["value": "x"])
                #expect(reply.status == 403)
            }
            let role = try await server.call(
                .POST, "/api/v1/roles", ["name": "rotator", "permissions": ["credential.rotate"]])
            #expect([200, 201].contains(role.status))
            let token = try await server.call(.POST, "/api/v1/tokens", ["name": "rot", "role": "rotator"])
            let text = try #require(token.json["token"]?.string)
            let rotated = try await server.send(
                .POST, "\(Self.path)/rotate", token: text, body: #"{"generate":"uuid","pending":true}"#,
                headers: ["Content-Type": "application/json"])
            #expect(rotated.status == 201)
            let ended = try await server.send(
                .POST, "\(Self.path)/rotate/end", token: text, body: #"{"outcome":"promote","version":2}"#,
                headers: ["Content-Type": "application/json"])
            #expect(ended.status == 200)
            let read = try await server.send(
                .POST, "\(Self.path)/reveal", token: text, body: #"{"reason":"x"}"#,
                headers: ["Content-Type": "application/json"])
            #expect(read.status == 403)
        }
    }

    @Test func `a secret that is due is given a new version that waits, and the hook's job`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("set-password")
            let policy = RotationPolicy(everySeconds: 3600, hook: "set-password", generate: .uuid)
            try await Self.create(server, policy)
            try await Self.makeOld(server)
            let job = try await eventually("the hook's job is there") {
                try await server.withClient(.admin) { client -> JobInfo? in
                    guard let id = try await client.jobs(JobQuery(workflow: "set-password")).jobs.first?.id else {
                        return nil
                    }
                    return try await client.job(id)
                }
            }
            #expect(job.variables["secret"]?.string == Self.name && job.variables["version"] == 2)
            try await server.withClient(.admin) { client in
                #expect(try await client.secret(Self.name).currentVersion == 1)
                #expect(try await client.secretVersions(of: Self.name).versions.map(\.state) == [.pending, .live])
                _ = try await client.cancelJob(job.id)
            }
            // The job came to nothing: so does the version, and the old value stays.
            try await eventually("the version was taken back") {
                try await server.withClient(.admin) { client in
                    try await client.secretVersions(of: Self.name).versions.map(\.state) == [.destroyed, .live]
                        ? true : nil
                }
            }
            let due = try await server.call(.GET, "/api/v1/actions?subject=db%2Fprod").json.jsonText(.compact)
            #expect(due.contains("secret.rotation_due") && due.contains("secret.rotation_failed"))
        }
    }

    @Test func `a policy whose workflow is not there says so, and the secret stays as it is`() async throws {
        try await Fixture.with { server in
            try await Self.create(server, RotationPolicy(everySeconds: 3600, hook: "nobody", generate: .uuid))
            try await Self.makeOld(server)
            try await eventually("it was noted") {
                let actions = try await server.call(.GET, "/api/v1/actions?subject=db%2Fprod").json
                return actions.jsonText(.compact).contains("there is no workflow nobody") ? true : nil
            }
            #expect(try await Self.revealed(server).version == 1)
        }
    }

    @Test func `a secret that a restore has found due is rotated when its policy is said again`() async throws {
        try await Fixture.with { server in
            let policy = RotationPolicy(everySeconds: 3600, hook: "nobody", generate: .uuid)
            try await Self.create(server, policy)
            _ = try await server.database.inSystem { connection in
                try connection.execute(Self.old)
                return try RestoreStore.declare(
                    .init(by: "ann", why: "disk lost"), zones: ZoneCatalogue { $0 == "UTC" ? .utc : nil },
                    on: connection)
            }
            try await server.withClient(.admin) { client in
                #expect(try await client.secret(Self.name).rotationHeld == true)
                let said = try await client.updateSecret(Self.name, UpdateSecretRequest(rotation: .set(policy)))
                #expect(said.rotationHeld == nil)
            }
            try await eventually("it was tried") {
                let actions = try await server.call(.GET, "/api/v1/actions?subject=db%2Fprod").json
                return actions.jsonText(.compact).contains("there is no workflow nobody") ? true : nil
            }
        }
    }

    /// As if its current version had taken its place a day ago.
    private static func makeOld(_ server: OrchestratorFixture) async throws {
        _ = try await server.database.asSystem { connection in try connection.execute(Self.old) }
    }

    private static let old = Query(
        """
        UPDATE secrets
        SET rotated_at = rotated_at - interval '1 day', rotation_due_at = rotation_due_at - interval '1 day'
        """)
}
