import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareWire
import ServiceLifecycle
import Testing

/// Our own client follows our own server.
struct FollowingTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a client is told what happens`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withClient(.viewer) { client in
                var events = client.openEvents(EventQuery(kinds: [.submitted])).makeAsyncIterator()
                guard case .caughtUp = try await events.next() else {
                    Issue.record("nothing has happened since")
                    return
                }
                let jobs = try await server.submit(3)
                for job in jobs {
                    guard case .event(let event) = try await events.next() else {
                        Issue.record("jobs were submitted")
                        return
                    }
                    #expect(event.job == job && event.kind == "submitted")
                }
            }
        }
    }

    @Test func `a client follows a job to its end`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            _ = try await server.withClient(.operator) { try await $0.cancelJob(job, reason: nil) }
            try await server.withClient(.viewer) { client in
                var kinds: [String] = []
                for try await news in client.openEvents(of: job) {
                    if case .event(let event) = news { kinds.append(event.kind) }
                }
                #expect(kinds == ["submitted", "cancelled"])
            }
        }
    }

    @Test func `what the server refuses is said as for any request`() async throws {
        try await Fixture.with { server in
            let cases: [(Role, EventQuery, Int)] = [
                (.robot, EventQuery(), 403), (.viewer, EventQuery(cursor: "x"), 400),
                (.viewer, EventQuery(workflow: "none"), 404),
            ]
            for (role, query, status) in cases {
                try await server.withClient(role) { client in
                    var events = client.openEvents(query).makeAsyncIterator()
                    do throws(ClientError) {
                        _ = try await events.next()
                        Issue.record("it is refused")
                    } catch {
                        guard case .api(let problem) = error else {
                            Issue.record("\(error)")
                            return
                        }
                        #expect(problem.status == status)
                    }
                }
            }
        }
    }

    @Test func `following goes on after the server has stopped, and says that it is away`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.viewer) { client in
                var events = client.openEvents().makeAsyncIterator()
                _ = try await events.next()
                await server.group.triggerGracefulShutdown()
                guard case .interrupted = try await events.next() else {
                    Issue.record("nobody is there any more")
                    return
                }
            }
        }
    }
}
