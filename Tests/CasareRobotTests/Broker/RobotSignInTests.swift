import CasareDomain
import CasarePostgres
import CasareRobot
import CasareStore
import CasareTestSupport
import Testing

/// A user for robots is enough for all that a robot does over SQL: all tests of brokers on SQL sign in as one
/// (`BrokerFixture`). Here is what few of them meet.
struct RobotSignInTests {
    private static let success = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])

    private static func lease(_ broker: any Broker) async throws -> Lease {
        try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first).lease
    }

    /// Behind the broker's back, as the user who owns the tables.
    private static func asOwner(_ sql: String, _ fixture: BrokerFixture) async throws {
        let owner = try await PostgresConnection.connect(try fixture.database.configuration)
        try await owner.script(sql)
        await owner.close()
    }

    @Test func `the brokers of these tests work in the role for robots`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            try await fixture.withBroker { broker in
                // A connection is opened when it is needed.
                let leased = try await broker.lease(slots: 1, waiting: .zero)
                #expect(leased.isEmpty)
                let users = try await fixture.database.asSystem { connection in
                    try connection.execute(
                        """
                        SELECT usename::text AS user_name FROM pg_stat_activity
                        WHERE datname = current_database() AND usename = @user::text
                        """, ["user": .text(TestRobot.user)]
                    ).count
                }
                #expect(users > 0)
            }
        }
    }

    @Test func `keys, requirements, limits, quotas and workflows that are assigned need no other user`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            let robot = try BrokerFixture.description("robot").id
            try await fixture.withBroker { broker in
                let version = try await fixture.push("w", BrokerFixture.document)
                _ = try await fixture.database.inSystem { connection in
                    try TenantStore.setQuotas(
                        Quotas([
                            .workflows: 10, .robots: 10, .queuedJobs: 10, .executionsPerHour: 100, .concurrency: 10,
                            .storageBytes: 1 << 30,
                        ]), tier: nil, of: "default", on: connection)
                }
                try await fixture.database.asTenant(.default) { connection in
                    try QueueStore.limit("default", on: connection) {
                        $0 = QueueLimits(
                            concurrency: 5, rate: QueueRate(everySeconds: 0.001, burst: 100), keyConcurrency: 2,
                            keyRate: QueueRate(everySeconds: 0.001, burst: 100))
                    }
                    try QueueStore.assign(version.workflow, to: [robot], by: "ann", on: connection)
                    _ = try JobStore.submit(
                        [
                            NewJob(
                                workflow: version.workflow, workflowVersion: version.number, queueKey: "acme",
                                requirements: Job.Requirements(tags: ["t"]), deadline: .after(.seconds(3600)))
                        ], by: "ann", on: connection)
                }
                let parent = try await Self.lease(broker)
                let child = try await broker.submit(
                    ChildJob(source: .stored("w"), variables: ["x": 1]), forStep: 0, under: parent)
                let second = try await Self.lease(broker)
                #expect(second.job == child)
                try await broker.complete(second, result: Self.success, rows: [])
                #expect(try await broker.ending(of: child, under: parent) != nil)
                let failure = Failure(kind: .business, message: "no", type: "ValueError")
                try await broker.fail(parent, failure: failure, result: nil, rows: [])
                #expect(try await fixture.job(parent.job).status == .failed)
            }
        }
    }

    @Test func `a job that was leased after its deadline is ended`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            let version = try await fixture.push("w", BrokerFixture.document)
            let job = try await fixture.database.asTenant(.default) { connection in
                try JobStore.submit(
                    [
                        NewJob(
                            workflow: version.workflow, workflowVersion: version.number,
                            deadline: .after(.seconds(3600)))
                    ], by: "ann", on: connection)[0].id
            }
            try await Self.asOwner("UPDATE jobs SET expires_at = now() - interval '1 hour'", fixture)
            try await fixture.withBroker { broker in
                let leased = try await broker.lease(slots: 1, waiting: .zero)
                #expect(leased.isEmpty)
            }
            guard case .finished(let outcome) = try await fixture.job(job).state else {
                Issue.record("It has not ended")
                return
            }
            #expect(outcome.failure?.kind == .expired)
            #expect(try await fixture.deadLetter(job) != nil)
        }
    }

    @Test func `a job that is to be paused is parked`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.lease(broker)
                try await fixture.pause(id)
                let renewal = try await broker.renew([lease], progress: Robot.Progress(secondsUnasked: 0))
                #expect(renewal.paused == [id])
                try await broker.release(lease, reason: "paused")
                #expect(try await fixture.job(id).status == .paused)
            }
        }
    }
}
