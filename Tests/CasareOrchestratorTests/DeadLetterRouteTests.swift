import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

struct DeadLetterRouteTests {
    private typealias Fixture = OrchestratorFixture

    /// Submits a job and fails it.
    private static func letter(_ server: Fixture, _ variables: Value = [:]) async throws -> Job.ID {
        try await server.pushWorkflow()
        let submitted = try await server.call(
            .POST, "/api/v1/jobs", ["workflow": "invoices", "variables": variables])
        let id = try #require(submitted.json["job"]?["id"]?.string.flatMap(Job.ID.init))
        try await RobotDeed.fail.perform(in: server.database)
        return id
    }

    @Test func `letters are found by a filter, in both orders, page by page`() async throws {
        try await Fixture.with { server in
            let first = try await Self.letter(server, ["customer": "c1"])
            let second = try await Self.letter(server, ["customer": "c2"])
            try await server.withClient(.viewer) { client in
                func ids(_ query: DeadLetterQuery) async throws -> [Job.ID] {
                    try await client.deadLetters(query).deadLetters.map(\.id)
                }
                #expect(try await ids(DeadLetterQuery()) == [second, first])
                #expect(try await ids(DeadLetterQuery(order: .oldest)) == [first, second])
                let filter = DeadLetterFilter(
                    statuses: [.open, .acknowledged], workflow: "invoices", kind: .business,
                    error: "NO such & customer", variables: ["customer": "c1"])
                #expect(try await ids(DeadLetterQuery(filter: filter)).isEmpty)
                var found = filter
                found.error = "NO such"
                #expect(try await ids(DeadLetterQuery(filter: found)) == [first])
                let page = try await client.deadLetters(DeadLetterQuery(limit: 1))
                let cursor = try #require(page.nextCursor)
                let rest = try await client.deadLetters(DeadLetterQuery(limit: 1, cursor: cursor))
                #expect(rest.deadLetters.map(\.id) == [first] && rest.nextCursor == nil)
            }
        }
    }

    @Test(arguments: [
        "status=odd", "kind=odd", "version=x", "since=yesterday", "variables=amount", "order=up", "cursor=7",
        "cursor=x.y", "statuses=open",
    ])
    func `a parameter that says nothing is refused`(query: String) async throws {
        try await Fixture.with { server in
            for path in ["/api/v1/dlq", "/api/v1/dlq/groups"] {
                // The groups are one page.
                if path.hasSuffix("groups"), query.hasPrefix("cursor") || query.hasPrefix("order") { continue }
                let refused = try await server.call(.GET, "\(path)?\(query)")
                #expect([400, 422].contains(refused.status), "\(path) \(refused.json)")
                let name = query.split(separator: "=")[0]
                #expect(refused.json.jsonText(.compact).contains(name), "\(refused.json)")
            }
        }
    }

    @Test func `one letter comes with its context, and a list without`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            _ = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices", "variables": ["n": 1]])
            try await RobotDeed.complete.perform(in: server.database)
            let id = try await Self.letter(server, ["n": 2])
            try await server.withClient(.viewer) { client in
                let letter = try await client.deadLetter(id)
                #expect(letter.robot == "r1" && letter.step == 0 && letter.attemptCount == 1)
                #expect(letter.environment == "default" && letter.tags == [] && letter.status == .open)
                let context = try #require(letter.context)
                #expect(context.similar.count == 1 && context.lastSuccess?.robot == "r1")
                #expect(context.differences.map(\.name) == ["variables.n"])
                #expect(context.differences.first?.before == 1 && context.differences.first?.now == 2)
                let listed = try await client.deadLetters().deadLetters
                #expect(listed.first?.context == nil)
            }
        }
    }

    @Test func `what is sensitive in either job is hidden in the differences`() async throws {
        try await Fixture.with { server in
            func submit(_ variables: Value) async throws -> String {
                let reply = try await server.call(
                    .POST, "/api/v1/jobs", ["workflow": "orders", "variables": variables, "queue_key": "k-oldsecret2"])
                return reply.json["job"]?["id"]?.string ?? ""
            }
            // The password is declared sensitive only later.
            _ = try await server.call(.POST, "/api/v1/workflows", ["document": Fixture.document("orders")])
            _ = try await submit(["password": "oldsecret1", "n": 1])
            try await RobotDeed.complete.perform(in: server.database)
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("orders", sensitive: "password")])
            let id = try await submit(["password": "oldsecret2", "n": 2])
            try await RobotDeed.fail.perform(in: server.database)
            for path in ["/api/v1/dlq/\(id)", "/api/v1/dlq"] {
                let text = try await server.call(.GET, path).json.jsonText(.compact)
                #expect(!text.contains("oldsecret2"), "\(text)")
            }
            let context = try await server.call(.GET, "/api/v1/dlq/\(id)").json["context"]
            #expect(context?.jsonText(.compact).contains("oldsecret") == false)
            #expect(
                context?["differences"]?.list?.map { $0["name"] }
                    == ["version", "variables.password", "variables.n"])
        }
    }

    @Test func `nobody finds letters by the value of a sensitive variable`() async throws {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("orders", sensitive: "password")])
            _ = try await Self.letter(server, ["n": 1, "password": "of no secret"])
            _ = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "orders", "variables": ["password": "topsecret", "n": 1]])
            try await RobotDeed.fail.perform(in: server.database)
            // A guess that is wrong is answered like one that is right.
            for guess in ["topsecret", "another"] {
                let query = "variables=%7B%22n%22:1,%22password%22:%22\(guess)%22%7D"
                for path in ["/api/v1/dlq?", "/api/v1/dlq/groups?", "/api/v1/dlq?workflow=orders&version=1&"] {
                    for role in [Role.viewer, .operator] {
                        let refused = try await server.call(.GET, path + query, as: role)
                        #expect(refused.status == 400 && refused.code == "INVALID_INPUT", "\(path): \(refused.json)")
                        #expect(refused.json.jsonText(.compact).contains("password is declared sensitive"))
                    }
                }
                let selection: Value = ["dead_letters": ["variables": ["password": .string(guess)]]]
                for path in ["/api/v1/operations/preview", "/api/v1/operations"] {
                    let refused = try await server.call(.POST, path, ["verb": "purge", "selection": selection])
                    #expect(refused.status == 400 && refused.code == "INVALID_INPUT", "\(path): \(refused.json)")
                }
            }
            try await server.withClient(.viewer) { client in
                let byNumber = try await client.deadLetters(
                    DeadLetterQuery(filter: DeadLetterFilter(variables: ["n": 1])))
                // There it is a variable like any other.
                let ofInvoices = try await client.deadLetters(
                    DeadLetterQuery(
                        filter: DeadLetterFilter(workflow: "invoices", variables: ["password": "of no secret"])))
                #expect(byNumber.deadLetters.count == 2 && ofInvoices.deadLetters.count == 1)
            }
        }
    }

    @Test func `groups say how many of what there are`() async throws {
        try await Fixture.with { server in
            let id = try await Self.letter(server)
            _ = try await Self.letter(server, ["customer": "c1"])
            try await server.withClient(.viewer) { client in
                let groups = try await client.deadLetterGroups().groups
                #expect(groups.map(\.count) == [2] && groups[0].workflow == "invoices")
                #expect(groups[0].failure.message == RobotDeed.failure.message && groups[0].sample != id)
                #expect(groups[0].robots.map(\.value) == ["r1"] && groups[0].explanation == nil)
                let filter = DeadLetterFilter(variables: ["customer": "c1"])
                let ofOne = try await client.deadLetterGroups(filter, limit: 1).groups
                #expect(ofOne.map(\.count) == [1])
            }
            // The plans of the next requests on the same connections are as before.
            #expect(try await server.call(.GET, "/api/v1/dlq").status == 200)
        }
    }

    @Test func `an operator acknowledges and resolves, and a viewer does not`() async throws {
        try await Fixture.with { server in
            let id = try await Self.letter(server)
            #expect(try await server.call(.POST, "/api/v1/dlq/\(id)/acknowledge", as: .viewer, [:]).status == 403)
            try await server.withClient(.operator) { client in
                let known = try await client.acknowledgeDeadLetter(id, reason: "the bank is closed")
                #expect(known.status == .acknowledged && known.acknowledgement?.by == "the operator")
                #expect(known.acknowledgement?.reason == "the bank is closed")
                let again = try await client.acknowledgeDeadLetter(id)
                #expect(again == known)
                let resolved = try await client.acknowledgeDeadLetter(id, resolve: true)
                #expect(resolved.status == .resolved && resolved.resolution?.reason == nil)
            }
            let unknown = Job.ID.new(at: Date())
            #expect(try await server.call(.POST, "/api/v1/dlq/\(unknown)/acknowledge", [:]).status == 404)
            let long = Value.string(String(repeating: "x", count: 1001))
            #expect(
                try await server.call(.POST, "/api/v1/dlq/\(id)/acknowledge", ["reason": long]).status == 422)
        }
    }

    @Test func `in memory a letter is replayed and resolved, and acknowledged only on a database`() async throws {
        try await MemoryFixture.with { memory in
            try await memory.server.pushWorkflow()
            _ = try await memory.server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            try RobotDeed.fail.perform(in: memory.queue)
            let letters = try await memory.server.call(.GET, "/api/v1/dlq").json["dead_letters"]?.list
            let id = try #require(letters?.first?["id"]?.string)
            #expect(try await memory.server.call(.POST, "/api/v1/dlq/\(id)/retry", [:]).status == 201)
            #expect(try await memory.server.call(.GET, "/api/v1/dlq/\(id)").json["status"] == "replayed")
            try RobotDeed.complete.perform(in: memory.queue)
            #expect(try await memory.server.call(.GET, "/api/v1/dlq/\(id)").json["status"] == "resolved")
            let refused = try await memory.server.call(.POST, "/api/v1/dlq/\(id)/acknowledge", [:])
            #expect(refused.status == 501 && refused.code == "NEEDS_DATABASE")
        }
    }
}
