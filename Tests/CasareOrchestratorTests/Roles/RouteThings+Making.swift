import CasareDomain
import CasareStore
import FoundationEssentials
import Testing

extension RouteThings {
    /// Makes them.
    init(_ server: OrchestratorFixture) async throws {
        let (lease, session, letter) = try await Self.jobs(on: server)
        self.lease = lease
        self.session = session
        self.letter = letter.description
        self.trigger = try await Self.definitions(on: server)
        let made: [(OrchestratorFixture.HTTPMethodName, String, Value)] = [
            (.POST, "/api/v1/roles", ["name": "clerk-of-one", "permissions": ["item.read"], "description": Self.text]),
            (.POST, "/api/v1/tokens", ["name": "spare", "role": "viewer", "description": Self.text]),
            (
                .POST, "/api/v1/secrets",
                ["name": "db", "kind": "api_key", "fields": ["api_key": Self.text], "description": Self.text]
            ),
            (.POST, "/api/v1/item-queues", ["name": "orders", "description": Self.text]),
            (.POST, "/api/v1/queues/default/pause", ["reason": Self.text]),
            (.POST, "/api/v1/tenants", ["name": "acme", "display_name": Self.text]),
            (.PATCH, "/api/v1/tenant", ["requires_approval": true]),
        ]
        for (method, path, body) in made {
            let reply = try await server.call(method, path, body)
            try #require((200..<300).contains(reply.status), "\(path): \(reply.json)")
        }
        let items = try await server.call(
            .POST, "/api/v1/item-queues/orders/items", ["items": [["data": ["v": Self.text]]]])
        self.item = try #require(items.json["items"]?.list?.first?["id"]?.string, "\(items.json)")
        let window = try await server.call(
            .POST, "/api/v1/windows", ["for_seconds": 3600, "schedules": ["name": "*"], "reason": Self.text])
        self.window = try #require(
            window.json["window"]?["id"]?.string ?? window.json["id"]?.string, "\(window.json)")
        let operation = try await server.call(
            .POST, "/api/v1/operations",
            ["verb": "purge", "selection": ["ids": [.string(letter.description)]], "reason": Self.text])
        try #require(operation.json["status"] == "awaiting_approval", "\(operation.json)")
        self.operation = try #require(operation.json["id"]?.string)
    }

    private static let text = Value.string(Self.mark)

    /// One that a robot has, with its session, and one that has failed.
    private static func jobs(on server: OrchestratorFixture) async throws -> (Lease, Robot.SessionID, Job.ID) {
        let document = OrchestratorFixture.document("orders", extraKey: self.mark)
        let pushed = try await server.call(.POST, "/api/v1/workflows", ["document": document])
        try #require(pushed.status == 201, "\(pushed.json)")
        for _ in 0..<3 {
            let submitted = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "orders", "variables": ["v": self.text]])
            try #require(submitted.status == 201, "\(submitted.json)")
        }
        return try await server.database.asTenant(.default) { connection in
            let robot = try #require(Robot.ID(rawValue: "r1"))
            _ = try RobotStore.register(
                robot, environment: "default", tags: [self.mark], capabilities: [], slots: 2, on: connection)
            // Longer than any test takes.
            let session = try LeaseStore.openSession(
                robot, boot: UUID(), kind: .api, slots: 2, leaseDuration: .seconds(3_600), on: connection)
            var cursor = LeaseCursor()
            let jobs = try LeaseStore.lease(session, limit: 2, cursor: &cursor, on: connection)
            let (first, second) = (try #require(jobs.first?.lease), try #require(jobs.last?.lease))
            try #require(first.job != second.job)
            let failure = Failure(kind: .business, message: self.mark, type: "ValueError")
            _ = try LeaseStore.fail(first, failure: failure, result: nil, on: connection)
            return (second, session, first.job)
        }
    }

    /// - Returns: the trigger's ID.
    private static func definitions(on server: OrchestratorFixture) async throws -> String {
        try await server.database.asTenant(.default) { connection in
            let spec = ScheduleSpec(
                timing: .interval(ScheduleSpec.Interval(seconds: 60)), workflow: "orders",
                variables: ["v": self.text])
            _ = try ScheduleStore.create(
                .init(name: "nightly", spec: spec, isPaused: true, reason: self.mark), by: "ann",
                zones: ZoneCatalogue { $0 == "UTC" ? .utc : nil }, on: connection)
            _ = try CalendarStore.save(BusinessCalendar(name: "closed"), by: self.mark, on: connection)
            _ = try SelectionStore.save([:], as: "saved", by: self.mark, on: connection)
            let hook = TriggerSpec(
                source: .webhook(Webhook(auth: WebhookAuth(kind: .bearer))), workflow: "orders")
            return try TriggerStore.create(
                .init(name: "hook", spec: hook, isPaused: true, reason: self.mark),
                secret: SealingKey.Sealed(bytes: [1], keyID: "k"), by: "ann", on: connection
            ).id.description
        }
    }
}
