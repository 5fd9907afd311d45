import CasareClient
import CasareDomain
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Queues of work items over HTTP: a dispatcher, performers, and people.
struct WorkItemRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/item-queues"

    @Test func `a dispatcher adds items, and a performer works through them`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.operator) { client in
                let made = try await client.createItemQueue(
                    CreateItemQueueRequest(name: "in voices", maxRetries: 1, uniqueReference: true))
                #expect(made.name == "in voices" && made.createdBy == "the operator" && made.maxRetries == 1)
                let added = try await client.addWorkItems(
                    [
                        NewWorkItem(reference: "R/1", data: ["amount": 12.5]), NewWorkItem(reference: "R/2"),
                        NewWorkItem(reference: "R/1"),
                    ], to: "in voices")
                #expect(added.items.map(\.isDuplicate) == [false, false, true])
                #expect(added.items[2].id == added.items[0].id)
            }
            // A robot's token performs.
            try await server.withClient(.robot) { client in
                let first = try #require(
                    try await client.takeWorkItem(
                        from: "in voices", TakeWorkItemRequest(leaseSeconds: 60, robot: "r1")))
                #expect(first.reference == "R/1" && first.status == .inProgress && first.data == ["amount": 12.5])
                #expect(first.lease?.robot == "r1" && first.lease?.by == "the robot")
                let token = try #require(first.lease?.token)
                let renewed = try await client.renewWorkItem(
                    "R/1", of: "in voices", RenewWorkItemRequest(token: token, leaseSeconds: 600))
                let (before, after) = (try #require(first.lease?.until), try #require(renewed.lease?.until))
                #expect(after > before)
                let done = try await client.completeWorkItem(
                    "R/1", of: "in voices", CompleteWorkItemRequest(token: token, output: ["page": 3]))
                #expect(done.status == .completed && done.output == ["page": 3] && done.finishedAt != nil)
                let stale = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.completeWorkItem(
                        "R/1", of: "in voices", CompleteWorkItemRequest(token: token))
                }
                #expect(stale == .invalidStateTransition)

                let second = try #require(try await client.takeWorkItem(from: "in voices"))
                let failed = try await client.failWorkItem(
                    second.id.description, of: "in voices",
                    FailWorkItemRequest(token: second.lease?.token, errorType: .business, error: "no such customer"))
                #expect(failed.status == .failed && failed.error == "no such customer")
                #expect(try await client.takeWorkItem(from: "in voices") == nil)
            }
            try await server.withClient(.viewer) { client in
                let page = try await client.workItems(of: "in voices", WorkItemQuery(status: .failed))
                #expect(page.items.map(\.reference) == ["R/2"] && page.nextCursor == nil)
                let stats = try await client.itemQueue("in voices")
                let counts = Dictionary(uniqueKeysWithValues: stats.counts.map { ($0.status, $0.count) })
                #expect(counts[.completed] == 1 && counts[.failed] == 1 && counts[.new] == 0 && stats.ready == 0)
            }
            let actions = try await server.call(.GET, "/api/v1/actions?noun=item_queue").json["actions"]?.list
            #expect(actions?.map { $0["action"] } == ["item_queue.create"])
        }
    }

    @Test func `a person retries, postpones and deletes, and that is in the audit`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.operator) { client in
                _ = try await client.createItemQueue(CreateItemQueueRequest(name: "q"))
                _ = try await client.addWorkItems([NewWorkItem(reference: "a")], to: "q")
                _ = try await client.failWorkItem(
                    "a", of: "q", FailWorkItemRequest(errorType: .business, error: "no", reason: "seen"))
                #expect(try await client.retryWorkItem("a", of: "q").status == .new)
                let later = try await client.postponeWorkItem(
                    "a", of: "q", PostponeWorkItemRequest(forSeconds: 3600))
                #expect(later.postponeUntil != nil)
                #expect(try await client.takeWorkItem(from: "q") == nil)
                #expect(try await client.deleteWorkItem("a", of: "q", reason: "wrong").status == .deleted)
            }
            let actions = try await server.call(.GET, "/api/v1/actions?noun=item").json["actions"]?.list
            #expect(actions?.map { $0["action"] } == ["item.delete", "item.postpone", "item.retry", "item.fail"])
            #expect(actions?.first?["reason"] == "wrong")
        }
    }

    @Test func `a queue is changed by what is named, and deleted by force while it is used`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.operator) { client in
                _ = try await client.createItemQueue(CreateItemQueueRequest(name: "q", description: "d"))
                let changed = try await client.updateItemQueue("q", UpdateItemQueueRequest(maxRetries: 7))
                #expect(changed.maxRetries == 7 && changed.description == "d")
                _ = try await client.addWorkItems([NewWorkItem(), NewWorkItem()], to: "q")
                let inUse = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.deleteItemQueue("q")
                }
                #expect(inUse == .invalidStateTransition)
                #expect(try await client.deleteItemQueue("q", force: true).name == "q")
                let gone = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.itemQueue("q")
                }
                #expect(gone == .notFound)
                #expect(try await client.itemQueues().queues.isEmpty)
            }
        }
    }

    @Test func `what cannot be is refused by its member, and all of a request or none is done`() async throws {
        try await Fixture.with { server in
            _ = try await server.call(.POST, Self.path, ["name": "q"])
            let large = Value.string(String(repeating: "x", count: WorkItem.bytesMax))
            let cases: [(Value, Int, String)] = [
                (["items": []], 422, "items"), (["items": [[:], ["data": ["text": large]]]], 422, "items[1].data"),
                (["items": [["reference": "a"], ["reference": ""]]], 422, "items[1].reference"),
                (["items": [["ref": "a"]]], 400, "items[0].ref"),
            ]
            for (body, status, field) in cases {
                let reply = try await server.call(.POST, "\(Self.path)/q/items", body)
                #expect(reply.status == status && reply.json["error"]?["field"]?.string == field, "\(reply.json)")
            }
            #expect(try await server.call(.GET, "\(Self.path)/q/items").json["items"]?.list?.isEmpty == true)
            let taken = try await server.call(.POST, Self.path, ["name": "q"])
            #expect(taken.status == 409)
            let unknown = try await server.call(.POST, "\(Self.path)/nothing/next", [:])
            #expect(unknown.status == 404 && unknown.message == "there is no item queue nothing")
            let cursor = try await server.call(.GET, "\(Self.path)/q/items?cursor=x")
            #expect(cursor.status == 400)
        }
    }

    @Test func `looking, working and defining need their roles`() async throws {
        try await Fixture.with { server in
            _ = try await server.call(.POST, Self.path, ["name": "q"])
            for role in [Role.viewer, .robot] {
                #expect(try await server.call(.POST, Self.path, as: role, ["name": "p"]).status == 403)
                #expect(try await server.call(.DELETE, "\(Self.path)/q", as: role).status == 403)
                #expect(try await server.call(.GET, "\(Self.path)/q", as: role).status == 200)
                let retried = try await server.call(.POST, "\(Self.path)/q/items/a/retry", as: role, [:])
                #expect(retried.status == 403)
            }
            let item: Value = ["items": [["reference": "a"]]]
            #expect(try await server.call(.POST, "\(Self.path)/q/items", as: .viewer, item).status == 403)
            #expect(try await server.call(.POST, "\(Self.path)/q/items", as: .robot, item).status == 201)
            #expect(try await server.call(.POST, "\(Self.path)/q/next", as: .viewer, [:]).status == 403)
            #expect(try await server.call(.POST, "\(Self.path)/q/next", as: nil, [:]).status == 401)
            #expect(try await server.call(.POST, "\(Self.path)/q/next", as: .robot, [:]).status == 200)
        }
    }

    @Test func `a performer's jobs are made by the server while there are items`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                _ = try await client.createItemQueue(
                    CreateItemQueueRequest(
                        name: "q", performer: ItemPerformerInfo(workflow: "invoices", variables: ["queue": "q"])))
                _ = try await client.addWorkItems([NewWorkItem(), NewWorkItem()], to: "q")
                let job = try await eventually("a job is made") {
                    try await client.jobs(JobQuery(workflow: "invoices")).jobs.first
                }
                #expect(job.createdBy == "item-queue/q")
            }
        }
    }

    @Test func `sensitive variables of a performer are hidden, and kept when they are sent back`() async throws {
        try await Fixture.with { server in
            _ = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("sealed", sensitive: "password")])
            let made = try await server.call(
                .POST, Self.path, as: .operator,
                ["name": "q", "performer": ["workflow": "sealed", "variables": ["password": "secret17", "n": 1]]])
            #expect(made.status == 201 && made.json["performer"]?["variables"] == ["password": "***", "n": 1])
            for path in [Self.path, "\(Self.path)/q"] {
                let text = try await server.call(.GET, path, as: .viewer).json.jsonText(.compact)
                #expect(text.contains("***") && !text.contains("secret17"), "\(text)")
            }
            let sentBack = try await server.call(
                .PATCH, "\(Self.path)/q", as: .operator,
                ["performer": ["workflow": "sealed", "variables": ["password": "***", "n": 2]]])
            #expect(sentBack.json["performer"]?["variables"] == ["password": "***", "n": 2])
            let kept = try await server.database.asTenant(.default) { connection in
                try ItemQueueStore.get("q", on: connection).rules.performer?.variables
            }
            #expect(kept == ["password": "secret17", "n": 2])
        }
    }
}
