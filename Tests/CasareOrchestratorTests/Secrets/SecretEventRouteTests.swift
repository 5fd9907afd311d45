import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// What happens to secrets, for those who follow events and for what reacts to them.
struct SecretEventRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let name = "db/prod"
    /// Of which a path has the slash encoded.
    private static let path = "/api/v1/secrets/db%2Fprod"

    private static func create(_ server: Fixture, _ policy: RotationPolicy? = nil) async throws {
        let name = try #require(Secret.Name(Self.name))
        try await server.withClient(.admin) { client in
            _ = try await client.createSecret(
                CreateSecretRequest(
                    name: name, kind: .usernamePassword,
                    fields: ["username": SecretText("ann"), "password": SecretText("first")], rotation: policy))
        }
    }

    private static func makeOld(_ server: Fixture) async throws {
        _ = try await server.database.asSystem { connection in
            try connection.execute(
                Query(
                    """
                    UPDATE secrets
                    SET rotated_at = rotated_at - interval '1 day',
                        rotation_due_at = rotation_due_at - interval '1 day'
                    """))
        }
    }

    private static func events(
        _ server: Fixture, as role: Role, _ query: EventQuery = EventQuery()
    ) async throws -> [EventInfo] {
        var query = query
        query.cursor = "start"
        let asked = query
        return try await server.withClient(role) { try await $0.events(asked).events }
    }

    /// How often the loop has looked at all secrets.
    private static func rounds(_ server: Fixture) async throws -> Double {
        try await server.scrape()[
            "casare_loop_duration_seconds_count", ["casare_loop_name": "secret_rotation"]] ?? 0
    }

    private static func rotateInManyWays(_ server: Fixture) async throws {
        try await self.create(server)
        let calls: [(String, Object)] = [
            ("rotate", ["value": "second"]), ("rotate", ["value": "third", "pending": true]),
            ("rotate/end", ["outcome": "promote", "version": 3]),
            ("rotate", ["value": "fourth", "pending": true]), ("rotate/end", ["outcome": "discard", "version": 4]),
            ("rollback", ["version": 1]),
        ]
        for (call, body) in calls {
            let reply = try await server.call(.POST, "\(self.path)/\(call)", .object(body))
            #expect([200, 201].contains(reply.status), "\(call): \(reply.json)")
        }
    }

    private static let told = [
        "secret.rotated", "secret.rotation_started", "secret.rotated", "secret.rotation_started",
        "secret.rotation_discarded", "secret.rolled_back",
    ]

    @Test func `what happens to secrets is told to who may see which there are, without values`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            try await Self.rotateInManyWays(server)
            for role in [Role.developer, .admin] {
                let events = try await Self.events(server, as: role)
                #expect(events.map(\.kind) == ["submitted"] + Self.told)
                #expect(events.dropFirst().allSatisfy { $0.secret == Self.name && $0.job == nil && $0.workflow == nil })
                let text = try events.map { try ValueEncoder.encode($0).jsonText(.compact) }.joined()
                for value in ["first", "second", "third", "fourth"] { #expect(!text.contains(value)) }
            }
            for role in [Role.viewer, .operator] {
                #expect(try await Self.events(server, as: role).map(\.job) == [job])
            }
        }
    }

    @Test func `who asks for what they may not see is told which permission it takes`() async throws {
        try await Fixture.with { server in
            for query in ["kind=secret.rotation_due", "kind=failed,vault.rekey_started", "secret=db/prod"] {
                let refused = try await server.call(.GET, "/api/v1/events?\(query)", as: .viewer)
                #expect(refused.status == 403 && refused.message.contains("credential.read"), "\(query)")
                #expect(try await server.call(.GET, "/api/v1/events?\(query)", as: .developer).status == 200)
            }
        }
    }

    @Test func `events of one secret are asked for by its name`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await Self.rotateInManyWays(server)
            let events = try await Self.events(server, as: .developer, EventQuery(secret: Self.name))
            #expect(events.map(\.kind) == Self.told)
            #expect(try await Self.events(server, as: .developer, EventQuery(secret: "db/other")).isEmpty)
            let rotated = EventQuery(kinds: [.secretRotated, .submitted])
            #expect(
                try await Self.events(server, as: .developer, rotated).map(\.kind)
                    == ["submitted", "secret.rotated", "secret.rotated"])
        }
    }

    @Test func `a stream has what happens to secrets for one, and leaves it out for another`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let path = "/ws/events"
            try await RawWebSocket.with(server, path, token: server.tokens[.developer]) { developer in
                _ = try await developer.caughtUp()
                try await RawWebSocket.with(server, path, token: server.tokens[.viewer]) { viewer in
                    _ = try await viewer.caughtUp()
                    let reply = try await server.call(.POST, "\(Self.path)/rotate", ["value": "second"])
                    #expect(reply.status == 201)
                    let job = try await server.submit(1)[0]
                    #expect(try await viewer.event().job == job)
                }
                let event = try await developer.event()
                #expect(event.kind == "secret.rotated" && event.secret == Self.name && event.job == nil)
                #expect(try await developer.event().kind == "submitted")
            }
        }
    }

    @Test func `a stream has nothing more of secrets for one who may not see them any more`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let made = try await server.call(
                .POST, "/api/v1/roles",
                ["name": "watcher", "permissions": ["execution.read", "credential.read"]])
            try #require(made.status == 201, "\(made.json)")
            let role = try #require(Role.Name(rawValue: "watcher"))
            let token = try await server.database.asTenant(.default) { connection in
                try TokenStore.create(name: "a watcher", role: role, on: connection).text.reveal()
            }
            try await RawWebSocket.with(server, "/ws/events", token: token) { socket in
                _ = try await socket.caughtUp()
                let seen = try await server.call(.POST, "\(Self.path)/rotate", ["value": "second"])
                #expect(seen.status == 201)
                #expect(try await socket.event().kind == "secret.rotated")
                _ = try await server.withClient(.admin) { client in
                    try await client.updateRole(role, UpdateRoleRequest(remove: ["credential.read"]))
                }
                _ = try await eventually("the server has forgotten what they might do") {
                    try await server.send(.GET, "/api/v1/events?kind=secret.rotated", token: token).status == 403
                        ? true : nil
                }
                let hidden = try await server.call(.POST, "\(Self.path)/rotate", ["value": "third"])
                #expect(hidden.status == 201)
                let job = try await server.submit(1)[0]
                #expect(try await socket.event().job == job)
            }
        }
    }

    @Test func `a schedule reacts to a secret that is due, once`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await Self.create(server, RotationPolicy(everySeconds: 3600))
            let timing = ScheduleSpec.Timing.event(
                .init(kinds: [.secretRotationDue], filter: ["secret": .string(Self.name)]))
            let id = try await server.withClient(.developer) { client in
                try await client.createSchedule(
                    CreateScheduleRequest(name: "due", spec: ScheduleSpec(timing: timing, workflow: "invoices"))
                ).id
            }
            try await Self.makeOld(server)
            try await server.withClient(.developer) { client in
                _ = try await eventually("a job is made") {
                    try await client.jobs(JobQuery(workflow: "invoices")).jobs.first
                }
            }
            // It stays due: what would tell of it again has its turn.
            let rounds = try await Self.rounds(server)
            _ = try await eventually("the loop has had two more rounds") {
                try await Self.rounds(server) >= rounds + 2 ? true : nil
            }
            let ticks = try await server.database.asTenant(.default) { connection in
                try ScheduleStore.history(of: id, limit: 10, on: connection)
            }
            #expect(ticks.count == 1 && ticks.first?.detail == "secret.rotation_due: secret db/prod")
            let due = EventQuery(kinds: [.secretRotationDue])
            #expect(try await Self.events(server, as: .admin, due).count == 1)
        }
    }

    @Test func `who may not see secrets makes no schedule that tells of them`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            func spec(_ kind: String) -> Value {
                ["event": ["kinds": [.string(kind)]], "workflow": "invoices"]
            }
            let refused = try await server.call(
                .POST, "/api/v1/schedules", as: .operator, ["name": "a", "spec": spec("secret.rotation_due")])
            #expect(refused.status == 403 && refused.message.contains("credential.read"))
            let allowed = try await server.call(
                .POST, "/api/v1/schedules", as: .operator, ["name": "a", "spec": spec("failed")])
            #expect(allowed.status == 201, "\(allowed.json)")
            let changed = try await server.call(
                .PATCH, "/api/v1/schedules/a", as: .operator,
                ["spec": ["event": ["kinds": ["failed", "secret.expired"]]]])
            #expect(changed.status == 403)
            let other = try await server.call(
                .POST, "/api/v1/schedules", as: .developer, ["name": "b", "spec": spec("secret.rotation_due")])
            #expect(other.status == 201)
        }
    }

    @Test func `that the time of a secret is over is told by itself`() async throws {
        try await Fixture.with { server in
            try await Self.create(server)
            let reply = try await server.call(
                .POST, "\(Self.path)/expire", ["at": "2026-01-02T03:04:05Z", "reason": "over"])
            #expect(reply.status == 200, "\(reply.json)")
            let expired = EventQuery(kinds: [.secretExpired])
            let event = try await eventually("it is told of") {
                try await Self.events(server, as: .developer, expired).first
            }
            #expect(event.secret == Self.name && event.detail?["version"] == nil)
            let actions = try await server.call(.GET, "/api/v1/actions?subject=db%2Fprod").json.jsonText(.compact)
            #expect(actions.contains("secret.expired"))
        }
    }
}
