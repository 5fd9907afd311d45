import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import HTTPTypes
import Testing

/// Every route there is, with the names and IDs of another tenant's things: nothing of them is shown, and nothing
/// changes.
struct ForeignIDTests {
    private typealias Fixture = OrchestratorFixture
    /// Stands in what the first tenant keeps, and must not come back to the second.
    private static let mark = "of-tenant-one"

    /// What the first tenant's things are called, by the nouns of the paths.
    private static func fill(_ server: OrchestratorFixture) async throws -> [String: [String]] {
        var document = Fixture.document("orders", extraKey: Self.mark)
        document = .object((document.object ?? [:]).merging(["description": .string(Self.mark)]))
        _ = try await server.call(.POST, "/api/v1/workflows", ["document": document])
        let workflow = try await server.call(.GET, "/api/v1/workflows").json["workflows"]?.list?.first?["id"]?.string
        let submit: Value = ["workflow": "orders", "variables": ["v": .string(Self.mark)]]
        let job = try await server.call(.POST, "/api/v1/jobs", submit).json["job"]?["id"]?.string
        let database = server.database
        let ids = try await database.asTenant(.default) { connection -> [String: String] in
            let robot = try #require(Robot.ID(rawValue: "r1"))
            _ = try RobotStore.register(
                robot, environment: "default", tags: [Self.mark], capabilities: [], slots: 1, on: connection)
            // Longer than the walk, however busy the machine: none of the server's loops shall end it meanwhile.
            let session = try LeaseStore.openSession(
                robot, boot: UUID(), kind: .api, slots: 1, leaseDuration: .seconds(3_600), on: connection)
            let spec = ScheduleSpec(
                timing: .interval(ScheduleSpec.Interval(seconds: 60)), workflow: "orders",
                variables: ["v": .string(Self.mark)])
            let schedule = try ScheduleStore.create(
                .init(name: "nightly", spec: spec, isPaused: true, reason: Self.mark), by: "ann",
                zones: ZoneCatalogue { $0 == "UTC" ? .utc : nil }, on: connection)
            _ = try CalendarStore.save(BusinessCalendar(name: "closed"), by: Self.mark, on: connection)
            let trigger = try TriggerStore.create(
                .init(
                    name: "hook",
                    spec: TriggerSpec(
                        source: .webhook(Webhook(auth: WebhookAuth(kind: .bearer))), workflow: "orders"),
                    isPaused: true, reason: Self.mark),
                secret: SealingKey.Sealed(bytes: [1], keyID: "k"), by: "ann", on: connection)
            _ = try SelectionStore.save([:], as: "saved", by: Self.mark, on: connection)
            return [
                "session": "\(session)", "schedule": schedule.id.description, "trigger": trigger.id.description,
            ]
        }
        let all = [workflow, job].compactMap(\.self) + ids.values.sorted()
        return [
            "name": ["orders", "nightly", "hook", "closed", "saved", "default", "the viewer"] + all,
            "id": all + ["r1"], "workflow": ["orders"] + all, "session": [ids["session"] ?? "1"], "job": all,
            "version": ["1"], "step": ["0"], "key": ["k"], "token": ["1"],
        ]
    }

    private struct Attempt: Sendable {
        let path: String
        let token: String
    }

    private static func paths(of route: Route, _ names: [String: [String]]) -> [String] {
        var paths = [""]
        for segment in route.segments {
            switch segment {
            case .literal(let text): paths = paths.map { "\($0)/\(text)" }
            case .parameter(let name):
                let values = names[name] ?? names["name"] ?? []
                paths = paths.flatMap { path in
                    values.map { "\(path)/\($0.replacing(" ", with: "%20"))" }
                }
            }
        }
        return paths
    }

    @Test func `no route shows or changes another tenant's things, by whatever name`() async throws {
        try await Fixture.with { server in
            let names = try await Self.fill(server)
            let created = try await server.call(.POST, "/api/v1/tenants", ["name": "other"])
            let admin = try #require(created.json["token"]?.string)
            let robot = try await server.database.asTenant(Tenant.ID(rawValue: 2)) { connection in
                try TokenStore.create(name: "robot", role: .robot, on: connection).text.reveal()
            }
            let before = try await RouteThings.rows(of: .default, in: server.database)
            #expect(before.count > 40)
            var notFound = 0
            for route in Orchestrator.routes where route.access != .everyone && route.mediaTypes == ["application/json"]
            {
                guard let method = Fixture.HTTPMethodName(rawValue: route.method.rawValue) else {
                    Issue.record("\(route.method) is not known here")
                    continue
                }
                let body = route.bodyType == nil ? nil : "{}"
                let attempts = Self.paths(of: route, names).flatMap { path in
                    [admin, robot].map { Attempt(path: path, token: $0) }
                }
                // At once: what one of them would do here no other of the same route finds.
                let replies = try await server.replies(to: attempts) { attempt in
                    try await server.send(
                        method, attempt.path, token: attempt.token, body: body,
                        headers: ["Content-Type": "application/json"])
                }
                for (attempt, reply) in replies {
                    #expect(reply.status != 500, "\(method) \(attempt.path): \(reply.json)")
                    let text = reply.json.jsonText(.compact)
                    #expect(!text.contains(Self.mark), "\(method) \(attempt.path): \(text)")
                    if reply.status == 404 { notFound += 1 }
                }
            }
            // The walk did come to where things are looked for.
            #expect(notFound > 100)
            let after = try await RouteThings.rows(of: .default, in: server.database)
            for (table, row) in before { #expect(after[table] == row, "\(table) of the first tenant has changed") }
        }
    }
}
