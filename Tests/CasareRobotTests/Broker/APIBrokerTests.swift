import CasareDomain
import CasareRobot
import CasareStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct APIBrokerTests {
    @Test func `what a robot is asked for while it does not listen is news until a renewal tells, in both directions`()
        async throws
    {
        try await BrokerFixture.with(.api) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first).lease
                let held = [lease]
                // Behind the server's back: no ring comes of it, and a question that says nothing waits.
                _ = try await fixture.database.asTenant(.default) { connection in
                    try JobStore.pause(id, by: "ann", reason: nil, on: connection)
                }
                await broker.untilNews { held }
                var answer = try await broker.renew(held, progress: Robot.Progress())
                #expect(answer.paused == [id])

                _ = try await fixture.database.asTenant(.default) { connection in
                    try JobStore.resume(id, by: "ann", on: connection)
                }
                await broker.untilNews { held }
                answer = try await broker.renew(held, progress: Robot.Progress())
                #expect(answer.paused.isEmpty)
            }
        }
    }
}
