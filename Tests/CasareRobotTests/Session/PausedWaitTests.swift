import CasareDomain
import CasareEngine
import CasareNodes
import CasareRobot
import CasareTestSupport
import FoundationEssentials
import Testing

/// Jobs that stop in the middle of a wait, which goes on without a robot. No test lasts as long as the wait, or as the
/// time that a robot gives its steps when it stops.
@Suite(.timeLimit(.minutes(10)))
struct PausedWaitTests {
    typealias Form = BrokerFixture.Form

    private static let document = #"""
        {"metadata": {"name": "w"}, "nodes": {"wait": {"node_type": "WaitNode", "config": {"duration": 3600}}}}
        """#

    /// Runs a robot while `body` runs, which begins when the robot is in the wait; then the robot is stopped.
    private static func withWaitingRobot(
        _ name: String, _ broker: any Broker, _ body: () async throws -> Void = {}
    ) async throws {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await PausedJobTests.withRobot(
            name, broker, StandardNodes.catalogue, shutdownGrace: .seconds(7200),
            onEvent: { event in
                if case .stepStarted = event { start.yield() }
            }
        ) {
            for await _ in starts { break }
            try await body()
        }
    }

    @Test(arguments: Form.allCases)
    func `a job is paused in the middle of a wait, and waits on to the same time when it is resumed`(
        form: Form
    ) async throws {
        try await BrokerFixture.with(form == .memory ? .memory : .api) { fixture in
            let job = try await fixture.submit(document: Self.document)[0]
            // Renewals are rare, where the robot decides about that: it can have heard by the news only.
            let first = try await fixture.broker(form, "first", leaseDuration: .seconds(7200))
            try await Self.withWaitingRobot("first", first) {
                try await PausedJobTests.pause(job, in: fixture)
                try await eventually("the job is paused") {
                    try await fixture.job(job).status == .paused ? true : nil
                }
            }
            #expect(try await fixture.job(job).attempt == 0)
            let begun = try await fixture.steps(job)
            #expect(begun.map(\.node) == ["wait"] && begun.map(\.result) == [nil])

            try await fixture.resume(job)
            try await Self.withWaitingRobot("second", try await fixture.broker(form, "second"))
            #expect(try await fixture.steps(job) == begun)
        }
    }

    @Test(arguments: Form.allCases)
    func `a robot that is stopped hands a job on that waits, which has consumed no attempt`(form: Form) async throws {
        try await BrokerFixture.with(form == .memory ? .memory : .api) { fixture in
            let id = try await fixture.submit(document: Self.document)[0]
            try await Self.withWaitingRobot("robot", try await fixture.broker(form))
            let job = try await fixture.job(id)
            #expect(job.status == .pending && job.attempt == 0)
            let begun = try await fixture.steps(id)
            #expect(begun.map(\.result) == [nil])
        }
    }

    @Test(arguments: Form.allCases)
    func `a wait whose time came while its job was paused is over`(form: Form) async throws {
        try await BrokerFixture.with(form == .memory ? .memory : .api) { fixture in
            let job = try await fixture.submit(document: Self.document)[0]
            let intent = JournalRow(
                step: 0, node: "wait", nodeType: "WaitNode", effect: "captured", result: nil,
                startedAt: Date().addingTimeInterval(-7200), finishedAt: nil)
            let first = try await fixture.broker(form, "first")
            _ = try await first.open(BrokerFixture.description("first"))
            let lease = try #require(try await first.lease(slots: 1, waiting: .seconds(10)).first).lease
            try await first.checkpoint([intent], under: lease)
            try await fixture.pause(job)
            try await first.release(lease, reason: "test")
            await first.close()
            #expect(try await fixture.job(job).status == .paused)

            try await fixture.resume(job)
            try await Self.withWaitingRobot("second", try await fixture.broker(form, "second")) {
                _ = try await eventually("the job has completed") {
                    try await fixture.job(job).status == .completed ? true : nil
                }
            }
        }
    }
}
