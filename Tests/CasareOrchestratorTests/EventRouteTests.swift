import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import ServiceLifecycle
import Testing

/// Events page by page.
struct EventRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `pages say what happened and where to go on`() async throws {
        try await Fixture.with { server in
            let jobs = try await server.submit(3)
            try await server.withClient(.viewer) { client in
                let first = try await client.events(EventQuery(cursor: "start"), limit: 2)
                #expect(first.events.map(\.job) == Array(jobs[..<2]) && !first.isCaughtUp)
                #expect(first.events.allSatisfy { $0.kind == "submitted" && $0.workflow == "invoices" })
                #expect(first.nextCursor == first.events.last?.cursor)
                let second = try await client.events(EventQuery(cursor: first.nextCursor), limit: 2)
                #expect(second.events.map(\.job) == [jobs[2]] && second.isCaughtUp)
                let third = try await client.events(EventQuery(cursor: second.nextCursor))
                #expect(third.events.isEmpty && third.isCaughtUp)
                _ = try await server.withClient(.operator) { try await $0.cancelJob(jobs[1], reason: "late") }
                let fourth = try await client.events(EventQuery(cursor: third.nextCursor))
                #expect(fourth.events.map(\.kind) == ["cancelled"] && fourth.events.first?.job == jobs[1])
                #expect(fourth.events.first?.detail?["reason"] == "late")
            }
        }
    }

    @Test func `without a place reading begins now`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withClient(.viewer) { client in
                let now = try await client.events()
                #expect(now.events.isEmpty && now.isCaughtUp)
                let job = try await server.submit(1)
                let page = try await client.events(EventQuery(cursor: now.nextCursor))
                #expect(page.events.map(\.job) == job)
            }
        }
    }

    @Test func `who waits is told as soon as something happens`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            try await server.withClient(.viewer) { client in
                let now = try await client.events()
                let query = EventQuery(kinds: [.cancelled], cursor: now.nextCursor)
                async let waiting = client.events(query, waiting: .seconds(30))
                while server.events.readerCount == 0 { await Task.yield() }
                // It is left out, and waited behind.
                _ = try await server.submit(1)
                _ = try await server.withClient(.operator) { try await $0.cancelJob(job, reason: nil) }
                let page = try await waiting
                #expect(page.events.map(\.kind) == ["cancelled"] && page.events.first?.job == job)
            }
        }
    }

    @Test func `who waits is let go when the server stops`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.viewer) { client in
                async let waiting = client.events(waiting: .seconds(30))
                while server.events.readerCount == 0 { await Task.yield() }
                await server.group.triggerGracefulShutdown()
                let page = try await waiting
                #expect(page.events.isEmpty)
            }
        }
    }

    @Test func `filters leave out the rest`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(2)[0]
            try await server.pushWorkflow("other")
            _ = try await server.withClient(.operator) { client in
                _ = try await client.cancelJob(job, reason: nil)
                return try await client.submit(SubmitJobRequest(workflow: "other"))
            }
            let hour = EventQuery(since: Date().addingTimeInterval(-3600))
            let later = EventQuery(since: Date().addingTimeInterval(3600))
            let expected: [(EventQuery, [String])] = [
                (EventQuery(), ["submitted", "submitted", "cancelled", "submitted"]),
                (EventQuery(kinds: [.cancelled, .completed]), ["cancelled"]),
                (EventQuery(workflow: "other"), ["submitted"]),
                (EventQuery(job: job), ["submitted", "cancelled"]),
                (EventQuery(environment: "gpu"), []),
                (hour, ["submitted", "submitted", "cancelled", "submitted"]),
                (later, []),
            ]
            try await server.withClient(.viewer) { client in
                for (query, kinds) in expected {
                    var query = query
                    if query.since == nil { query.cursor = "start" }
                    let page = try await client.events(query)
                    #expect(page.events.map(\.kind) == kinds)
                }
            }
        }
    }

    @Test(arguments: [
        ("kind=compelted", "kind", "completed"), ("cursor=1-zzzz", "cursor", "begin without it"),
        ("cursor=yesterday", "cursor", "begin without it"),
        ("cursor=now&since=2026-01-02T03:04:05Z", "since", "cursor"), ("job=7", "job", "UUID"),
        ("wait_seconds=31", "wait_seconds", "30"), ("limit=0", "limit", "1"), ("kinds=leased", "kinds", "kind"),
    ])
    func `what cannot be meant is refused by name`(query: String, field: String, advice: String) async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.GET, "/api/v1/events?\(query)", as: .viewer)
            #expect(reply.status == 400 && reply.json["error"]?["field"]?.string == field, "\(reply.json)")
            #expect(reply.message.contains(advice), "\(reply.message)")
        }
    }

    @Test func `what there is not is not found, and not everybody may look`() async throws {
        try await Fixture.with { server in
            let job = "01890000-0000-7000-8000-000000000001"
            #expect(try await server.call(.GET, "/api/v1/events?job=\(job)", as: .viewer).status == 404)
            #expect(try await server.call(.GET, "/api/v1/events?workflow=none", as: .viewer).status == 404)
            #expect(try await server.call(.GET, "/api/v1/events", as: .robot).status == 403)
            #expect(try await server.call(.GET, "/api/v1/events", as: nil).status == 401)
            let plain = try await server.call(.GET, "/ws/events", as: .viewer)
            #expect(plain.status == 400 && plain.message.contains("WebSocket"))
        }
    }
}
