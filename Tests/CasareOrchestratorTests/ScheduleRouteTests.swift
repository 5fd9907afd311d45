import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// Schedules over HTTP.
struct ScheduleRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/schedules"
    /// Nobody sees it fire.
    private static let yearly = ScheduleSpec(timing: .cron(.init("0 3 1 1 *", zone: "UTC")), workflow: "invoices")

    private static func create(
        _ name: String, _ spec: ScheduleSpec = ScheduleRouteTests.yearly, paused: Bool = false, by client: CasareClient
    ) async throws -> ScheduleInfo {
        try await client.createSchedule(CreateScheduleRequest(name: name, spec: spec, paused: paused))
    }

    // MARK: Making and changing

    @Test func `a schedule is created, found, changed and deleted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                var spec = Self.yearly
                spec.variables = ["month": 11, "day": 1]
                let made = try await client.createSchedule(
                    CreateScheduleRequest(name: "nightly run", spec: spec, reason: "asked", managedBy: "team"))
                #expect(made.status == .active && made.revision == 1 && made.spec == spec)
                #expect(made.createdBy == "the operator" && made.managedBy == "team")
                let next = try #require(made.nextAt)
                #expect(Timestamp.text(next).hasSuffix("-01-01T03:00:00.000Z"))
                #expect(try await client.schedule("nightly run") == made)
                #expect(try await client.schedule(made.id.description) == made)

                let changed = try await client.updateSchedule(
                    "nightly run",
                    UpdateScheduleRequest(spec: ["cron": ["expression": "0 4 1 1 *"], "variables": ["month": 12]]))
                #expect(changed.revision == 2 && changed.spec.variables == ["month": 12, "day": 1])
                #expect(changed.spec.timing == .cron(.init("0 4 1 1 *", zone: "UTC")))
                #expect(changed.nextAt == next.addingTimeInterval(3600))
                let same = try await client.updateSchedule(
                    made.id.description, UpdateScheduleRequest(spec: ["variables": ["month": 12]]))
                #expect(same.revision == 2, "what changes nothing is no revision")

                let deleted = try await client.deleteSchedule("nightly run", reason: "no more")
                #expect(deleted.id == made.id && deleted.schedule?.spec.workflow == made.spec.workflow)
                let gone = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.schedule("nightly run")
                }
                #expect(gone == .notFound)
            }
            let actions = try await server.call(.GET, "/api/v1/actions?noun=schedule").json["actions"]?.list
            #expect(
                actions?.map { $0["action"] } == ["schedule.delete", "schedule.update", "schedule.create"],
                "what changed nothing was not done")
        }
    }

    @Test func `a list is filtered, and goes on where a page ends`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.pushWorkflow("orders")
            try await server.withClient(.operator) { client in
                var orders = Self.yearly
                orders.workflow = "orders"
                _ = try await Self.create("a1", by: client)
                _ = try await Self.create("a2", orders, by: client)
                _ = try await Self.create(
                    "b1", ScheduleSpec(timing: .dependency(.init(after: ["orders"])), workflow: "invoices"), by: client)
                _ = try await Self.create("c_1", paused: true, by: client)

                func names(_ query: ScheduleQuery) async throws -> [String] {
                    try await client.schedules(query).schedules.map(\.name)
                }
                #expect(try await names(ScheduleQuery()) == ["a1", "a2", "b1", "c_1"])
                #expect(try await names(ScheduleQuery(status: .paused)) == ["c_1"])
                #expect(try await names(ScheduleQuery(status: .waiting)) == ["b1"])
                #expect(try await names(ScheduleQuery(workflow: "orders")) == ["a2"])
                #expect(try await names(ScheduleQuery(kind: .dependency)) == ["b1"])
                #expect(try await names(ScheduleQuery(name: "a*")) == ["a1", "a2"])
                #expect(try await names(ScheduleQuery(name: "c_1")) == ["c_1"], "an underscore stands for itself")
                #expect(try await names(ScheduleQuery(name: "?1")) == ["a1", "b1"])
                let first = try await client.schedules(ScheduleQuery(limit: 3))
                let rest = try await client.schedules(ScheduleQuery(limit: 3, cursor: first.nextCursor))
                #expect(first.schedules.count == 3 && rest.schedules.map(\.name) == ["c_1"] && rest.nextCursor == nil)
            }
        }
    }

    @Test func `what cannot be a schedule is refused with advice`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            func refuse(_ spec: Value, name: Value = "s") async throws -> Fixture.Reply {
                try await server.call(.POST, Self.path, as: .operator, ["name": name, "spec": spec])
            }
            let cron: Value = ["expression": "0 3 * * *"]
            let zone = try await refuse(
                ["cron": ["expression": "0 3 * * *", "zone": "Europe/Atlantis"], "workflow": "invoices"])
            #expect(zone.status == 422 && zone.json["error"]?["field"] == "spec.cron.zone", "\(zone.message)")
            let never = try await refuse(["cron": ["expression": "0 0 30 2 *"], "workflow": "invoices"])
            #expect(never.status == 422 && never.json["error"]?["field"] == "spec.cron.expression", "\(never.message)")
            let workflow = try await refuse(["cron": cron, "workflow": "nothing"])
            #expect(workflow.status == 404 && workflow.message.contains("workflow nothing"))
            let calendar = try await refuse(["cron": cron, "workflow": "invoices", "calendar": "nothing"])
            #expect(calendar.status == 404 && calendar.message.contains("calendar nothing"))
            let member = try await refuse(["cron": cron, "workflow": "invoices", "overlaps": "skip"])
            #expect(member.status == 400 && member.message.contains("did you mean overlap?"), "\(member.message)")
            #expect(try await refuse(["cron": cron, "workflow": "invoices"]).status == 201)
            let taken = try await refuse(["cron": cron, "workflow": "invoices"])
            #expect(taken.status == 409 && taken.json["error"]?["field"] == "name", "\(taken.message)")
        }
    }

    @Test func `looking needs a viewer, steering an operator, and none of it works without a token`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let body: Value = ["name": "s", "spec": try ValueEncoder.encode(Self.yearly)]
            #expect(try await server.call(.POST, Self.path, as: .viewer, body).status == 403)
            #expect(try await server.call(.POST, Self.path, as: nil, body).status == 401)
            #expect(try await server.call(.POST, Self.path, as: .robot, body).status == 403)
            #expect(try await server.call(.POST, Self.path, as: .operator, body).status == 201)
            for verb in ["pause", "resume", "trigger", "backfills"] {
                #expect(try await server.call(.POST, "\(Self.path)/s/\(verb)", as: .viewer, [:]).status == 403)
            }
            for path in ["\(Self.path)/pause", "\(Self.path)/resume", "/api/v1/windows"] {
                #expect(try await server.call(.POST, path, as: .viewer, [:]).status == 403)
            }
            #expect(try await server.call(.PATCH, "\(Self.path)/s", as: .viewer, ["spec": [:]]).status == 403)
            #expect(try await server.call(.DELETE, "\(Self.path)/s", as: .viewer).status == 403)
            for path in [Self.path, "\(Self.path)/s", "\(Self.path)/s/history", "/api/v1/backfills", "/api/v1/windows"]
            {
                #expect(try await server.call(.GET, path, as: .viewer).status == 200, "\(path)")
            }
        }
    }

    @Test func `schedules of another tenant are as if they were not there`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let made = try await server.withClient(.operator) { client in try await Self.create("s", by: client) }
            try await server.database.asSystem { connection in
                _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
            }
            let token = try await server.database.asTenant(Tenant.ID(rawValue: 77)) { connection in
                try TokenStore.create(name: "x", role: .operator, on: connection).text.reveal()
            }
            let stranger = server.showing([.operator: token])
            #expect(try await stranger.call(.GET, Self.path, as: .operator).json["schedules"] == [])
            for name in ["s", made.id.description] {
                #expect(try await stranger.call(.GET, "\(Self.path)/\(name)", as: .operator).status == 404)
                #expect(try await stranger.call(.GET, "\(Self.path)/\(name)/history", as: .operator).status == 404)
                for verb in ["pause", "resume", "trigger"] {
                    let reply = try await stranger.call(.POST, "\(Self.path)/\(name)/\(verb)", as: .operator, [:])
                    #expect(reply.status == 404, "\(verb)")
                }
                #expect(try await stranger.call(.DELETE, "\(Self.path)/\(name)", as: .operator).status == 404)
            }
            let all = try await stranger.call(
                .POST, "\(Self.path)/pause", as: .operator, ["selection": ["name": "*"]])
            #expect(all.status == 200 && all.json["count"] == 0)
            #expect(try await server.call(.GET, "\(Self.path)/s").json["status"] == "active")
        }
    }

    @Test func `a change that was made for another revision is refused, by the header or by the member`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in _ = try await Self.create("s", by: client) }
            let path = "\(Self.path)/s"
            let patch: Value = ["spec": ["jitter_seconds": 5]]
            for tag in ["2", "\"2\"", "W/\"2\""] {
                let refused = try await server.call(.PATCH, path, as: .operator, patch, headers: ["If-Match": tag])
                #expect(refused.status == 409 && refused.json["error"]?["details"]?["revision"] == 1, "\(tag)")
            }
            let wrong = try await server.call(.PATCH, path, as: .operator, patch, headers: ["If-Match": "\"abc\""])
            #expect(wrong.status == 400 && wrong.json["error"]?["field"] == "If-Match")
            let member = try await server.call(
                .PATCH, path, as: .operator, ["spec": ["jitter_seconds": 5], "revision": 2])
            #expect(member.status == 409 && member.json["error"]?["field"] == "revision")
            let taken = try await server.call(.PATCH, path, as: .operator, patch, headers: ["If-Match": "\"1\""])
            #expect(taken.status == 200 && taken.json["revision"] == 2)
            let any = try await server.call(
                .PATCH, path, as: .operator, ["spec": ["jitter_seconds": 6]], headers: ["If-Match": "*"])
            #expect(any.status == 200 && any.json["spec"]?["jitter_seconds"] == 6)
        }
    }

    @Test func `workflows that would start each other are refused, and named`() async throws {
        try await Fixture.with { server in
            for name in ["a", "b", "c"] { try await server.pushWorkflow(name) }
            func create(_ name: String, after: [String], _ workflow: String) async throws -> Fixture.Reply {
                let spec = ScheduleSpec(timing: .dependency(.init(after: after)), workflow: workflow)
                return try await server.call(
                    .POST, Self.path, as: .operator,
                    ["name": .string(name), "spec": try ValueEncoder.encode(spec)])
            }
            #expect(try await create("one", after: ["a"], "b").status == 201)
            #expect(try await create("two", after: ["b"], "c").status == 201)
            let closing = try await create("three", after: ["c"], "a")
            #expect(closing.status == 409 && closing.message.contains("c → a → b → c"), "\(closing.message)")
            #expect(closing.json["error"]?["details"]?["cycle"] == ["c", "a", "b", "c"])
            #expect(try await create("self", after: ["a"], "a").status == 422)
            #expect(try await server.call(.GET, Self.path).json["schedules"]?.list?.count == 2)
            // Neither does an update close one, and it leaves everything as it was.
            let update = try await server.call(
                .PATCH, "\(Self.path)/two", as: .operator, ["spec": ["workflow": "a"]])
            #expect(update.status == 409 && update.message.contains("b → a → b"), "\(update.message)")
            #expect(try await server.call(.GET, "\(Self.path)/two").json["spec"]?["workflow"] == "c")
        }
    }

    @Test func `variables that a workflow declares sensitive are hidden, and kept when they are sent back`()
        async throws
    {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("orders", sensitive: "password")])
            let made = try await server.call(
                .POST, Self.path, as: .operator,
                [
                    "name": "s",
                    "spec": [
                        "cron": ["expression": "@yearly"], "workflow": "orders",
                        "variables": ["password": "secret17", "n": 1],
                    ],
                ])
            #expect(made.status == 201 && made.json["spec"]?["variables"]?["password"] == "***")
            for path in [Self.path, "\(Self.path)/s"] {
                let text = try await server.call(.GET, path, as: .operator).json.jsonText(.compact)
                #expect(!text.contains("secret17"), "\(text)")
            }
            let sentBack = try await server.call(
                .PATCH, "\(Self.path)/s", as: .operator, ["spec": ["variables": ["password": "***", "n": 2]]])
            #expect(sentBack.status == 200 && sentBack.json["spec"]?["variables"]?["n"] == 2)
            // What it starts has the value still.
            let fired = try await server.call(.POST, "\(Self.path)/s/trigger", as: .operator, [:])
            #expect(fired.status == 201, "\(fired.message)")
            try await server.withRobot("r1") { robot in
                let leased = try await robot.client.lease(robot.session, slots: 1)
                #expect(leased.first?.variables == ["password": "secret17", "n": 2])
            }
        }
    }
}
