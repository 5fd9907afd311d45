import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// What is done to many jobs at once, over HTTP.
struct OperationRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/operations"
    private static let pending = Operation.Selection.jobs(JobSelection(statuses: [.pending], workflow: "invoices"))

    /// Follows an operation to its end, as a client does.
    private static func ended(_ operation: OperationInfo, _ client: CasareClient) async throws -> OperationInfo {
        var known = operation
        while !known.status.isTerminal {
            known = try await client.operation(known.id, seen: known.revision, waiting: .seconds(20))
        }
        return known
    }

    @Test func `a selection is looked at, and then done to all of its jobs with one audit row`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(7)
            try await server.withClient(.operator) { client in
                var request = CreateOperationRequest(verb: .cancel, selection: Self.pending, reason: "wrong month")
                let preview = try await client.previewOperation(request)
                #expect(preview.count == 7 && preview.sample.map(\.job) == Array(ids.sorted().prefix(5)))
                #expect(preview.selection == Self.pending && preview.sample[0].status == "pending")
                request.expect = SelectionMark(count: preview.count, hash: preview.hash)
                let made = try await client.createOperation(request)
                #expect(made.count == 7 && made.hash == preview.hash && made.createdBy == "the operator")
                let ended = try await Self.ended(made, client)
                #expect(ended.status == .completed && ended.progress.succeeded == 7 && ended.reason == "wrong month")
                for id in ids { #expect(try await client.job(id).status == .cancelled) }
                let items = try await client.operationItems(made.id, limit: 5)
                #expect(items.items.map(\.position) == [0, 1, 2, 3, 4])
                let rest = try await client.operationItems(made.id, limit: 5, cursor: items.nextCursor)
                #expect(rest.items.map(\.position) == [5, 6] && rest.nextCursor == nil)
                #expect(try await client.operationItems(made.id, state: .failed).items.isEmpty)
                #expect(try await client.operations().operations.map(\.id) == [made.id])
                #expect(try await client.operations(status: .running).operations.isEmpty)
            }
            let actions = try await server.call(.GET, "/api/v1/actions?noun=operation").json["actions"]?.list
            #expect(actions?.map { $0["action"] } == ["operation.create"])
            #expect(actions?.first?["detail"]?["selection"]?["jobs"]?["workflow"] == "invoices")
            #expect(try await server.call(.GET, "/api/v1/actions").json["actions"]?.list?.count == 1)
        }
    }

    @Test func `a selection that changed since the preview is refused`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(2)
            try await server.withClient(.operator) { client in
                var request = CreateOperationRequest(verb: .cancel, selection: Self.pending)
                let preview = try await client.previewOperation(request)
                _ = try await server.submit(1)
                request.expect = SelectionMark(count: preview.count, hash: preview.hash)
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.createOperation(request)
                }
                #expect(code == .selectionChanged)
                #expect(try await client.operations().operations.isEmpty)
            }
            let refused = try await server.call(
                .POST, Self.path, as: .operator,
                [
                    "verb": "cancel", "selection": ["jobs": ["workflow": "invoices"]],
                    "expect": ["count": 2, "hash": .string(String(repeating: "0", count: 32))],
                ])
            #expect(refused.status == 409 && refused.code == "SELECTION_CHANGED")
            #expect(refused.json["error"]?["details"]?["count"] == 3)
            #expect(refused.message.contains("2 jobs then, 3 now"))
        }
    }

    @Test func `looking needs a viewer, and everything else an operator`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            let body: Value = ["verb": "pause", "selection": ["ids": [.string(id.description)]]]
            for path in [Self.path, "\(Self.path)/preview"] {
                #expect(try await server.call(.POST, path, as: .viewer, body).status == 403)
                #expect(try await server.call(.POST, path, as: nil, body).status == 401)
            }
            let made = try await server.call(.POST, Self.path, as: .operator, body)
            #expect(made.status == 201)
            let operation = "\(Self.path)/\(made.json["id"]?.string ?? "")"
            for verb in ["pause", "resume", "cancel", "undo"] {
                #expect(try await server.call(.POST, "\(operation)/\(verb)", as: .viewer, [:]).status == 403)
            }
            for path in [Self.path, operation, "\(operation)/items"] {
                #expect(try await server.call(.GET, path, as: .viewer).status == 200)
            }
            #expect(try await server.call(.PUT, "/api/v1/selections/a", as: .viewer, [:]).status == 403)
            #expect(try await server.call(.DELETE, "/api/v1/selections/a", as: .viewer).status == 403)
            #expect(try await server.call(.GET, "/api/v1/selections", as: .viewer).status == 200)
        }
    }

    @Test func `what selects nothing, or everything, is refused with advice`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let bodies: [(Value, String)] = [
                (["verb": "cancel"], "selection"), (["verb": "cancel", "selection": [:]], "selection"),
                (["verb": "cancel", "selection": ["jobs": [:]]], "selection"),
                (["verb": "purge", "selection": ["dead_letters": [:]]], "selection"),
                (["verb": "cancel", "selection": ["ids": []]], "selection"),
                (["verb": "cancel", "selection": ["dead_letters": ["workflow": "invoices"]]], "selection"),
                (["verb": "pause", "selection": ["jobs": ["workflow": "invoices"]], "canary": 1], "canary"),
                (
                    ["verb": "pause", "selection": ["jobs": ["workflow": "invoices"]], "undo_within_seconds": 0],
                    "undo_within_seconds"
                ),
            ]
            for (body, field) in bodies {
                for path in [Self.path, "\(Self.path)/preview"] {
                    let refused = try await server.call(.POST, path, as: .operator, body)
                    #expect(refused.status == 422 && refused.json["error"]?["field"] == .string(field), "\(body)")
                }
            }
            let nothing = try await server.call(
                .POST, Self.path, as: .operator,
                ["verb": "resume", "selection": ["jobs": ["workflow": "invoices"]]])
            #expect(nothing.status == 422 && nothing.message.contains("nothing"))
            let unknown = try await server.call(
                .POST, Self.path, as: .operator, ["verb": "cancel", "selection": ["jobs": ["workflow": "other"]]])
            #expect(unknown.status == 404)
        }
    }

    @Test func `a request that is repeated with its key makes one operation`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(2)
            let body: Value = ["verb": "pause", "selection": ["jobs": ["workflow": "invoices"]]]
            let headers = ["Idempotency-Key": "k1"]
            let first = try await server.call(.POST, Self.path, as: .operator, body, headers: headers)
            let second = try await server.call(.POST, Self.path, as: .operator, body, headers: headers)
            #expect(first.status == 201 && second.status == 201 && first.json["id"] == second.json["id"])
            let other: Value = ["verb": "cancel", "selection": ["jobs": ["workflow": "invoices"]]]
            let refused = try await server.call(.POST, Self.path, as: .operator, other, headers: headers)
            #expect(refused.status == 409 && refused.code == "IDEMPOTENCY_CONFLICT")
        }
    }

    @Test func `an operation is paused, resumed and cancelled, each with its audit row`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(3)
            try await server.withClient(.operator) { client in
                let made = try await client.createOperation(
                    CreateOperationRequest(verb: .cancel, selection: Self.pending, ratePerSecond: 0.001))
                let paused = try await client.pauseOperation(made.id, reason: "wait")
                #expect(paused.status == .paused && paused.statusReason == "wait")
                #expect(try await client.resumeOperation(made.id).status == .running)
                #expect(try await client.cancelOperation(made.id).status == .cancelled)
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.undoOperation(made.id)
                }
                #expect(code == .invalidStateTransition)
            }
            let actions = try await server.call(.GET, "/api/v1/actions?noun=operation").json["actions"]?.list
            #expect(
                actions?.map { $0["action"] }
                    == ["operation.cancel", "operation.resume", "operation.pause", "operation.create"])
        }
    }

    @Test func `a follower hears of the next change`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withClient(.operator) { client in
                let made = try await client.createOperation(
                    CreateOperationRequest(
                        verb: .cancel, selection: Self.pending, ratePerSecond: 0.001, undoWithinSeconds: 600))
                var held = made
                while held.status != .holding {
                    held = try await client.operation(made.id, seen: held.revision, waiting: .seconds(20))
                }
                #expect(held.undoUntil != nil)
                let revision = held.revision
                async let heard = client.operation(made.id, seen: revision, waiting: .seconds(20))
                try await server.withClient(.operator) { _ = try await $0.undoOperation(made.id, reason: "no") }
                #expect(try await heard.revision > revision)
                #expect(try await Self.ended(held, client).status == .undone)
            }
        }
    }

    @Test func `a selection is saved under a name and used by it`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(2)
            try await server.withClient(.operator) { client in
                let saved = try await client.saveSelection("month end", Self.pending)
                #expect(saved.name == "month end" && saved.selection == Self.pending)
                #expect(try await client.selection("month end") == saved)
                #expect(try await client.selections().selections == [saved])
                let request = CreateOperationRequest(verb: .pause, selectionName: "month end")
                #expect(try await client.previewOperation(request).count == 2)
                let made = try await client.createOperation(request)
                #expect(made.selectionName == "month end" && made.selection == Self.pending)
                #expect(try await client.deleteSelection("month end") == saved)
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.createOperation(request)
                }
                #expect(code == .notFound)
                let byIDs = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.saveSelection("ids", .ids([Job.ID.new(at: Date())]))
                }
                #expect(byIDs == .validation)
            }
        }
    }

    @Test func `without a database there are no operations`() async throws {
        try await MemoryFixture.with { memory in
            for path in [Self.path, "/api/v1/selections"] {
                #expect(try await memory.server.call(.GET, path).code == "NEEDS_DATABASE")
            }
            let made = try await memory.server.call(
                .POST, Self.path, ["verb": "cancel", "selection": ["jobs": ["workflow": "a"]]])
            #expect(made.status == 501)
        }
    }

    @Test func `nobody is shown what is set in the variables of jobs that run again`() async throws {
        try await Fixture.with { server in
            let document = Fixture.document("secret", sensitive: "password")
            _ = try await server.call(.POST, "/api/v1/workflows", ["document": document])
            let job = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "secret", "variables": ["password": "oldsecret1", "n": 1]])
            let id = job.json["job"]?["id"]?.string ?? ""
            _ = try await server.call(.POST, "/api/v1/jobs/\(id)/cancel", [:])
            let body: Value = [
                "verb": "retry", "selection": ["ids": [.string(id)]], "variables": ["password": "newsecret2", "n": 2],
            ]
            let preview = try await server.call(.POST, "\(Self.path)/preview", as: .operator, body)
            let sample = preview.json["sample"]?.list?.first
            #expect(sample?["variables"]?["n"] == 1 && sample?["changed"]?["n"] == 2, "\(preview.json)")
            let made = try await server.call(.POST, Self.path, as: .operator, body)
            #expect(made.status == 201 && made.json["variables"]?["password"] != nil)
            let actions = try await server.call(.GET, "/api/v1/actions")
            for reply in [preview, made, actions] {
                let text = reply.json.jsonText(.compact)
                #expect(!text.contains("secret1") && !text.contains("secret2"), "\(text)")
            }
        }
    }
}
