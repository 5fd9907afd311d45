import CasareDomain
import CasarePostgres
import CasareNodes
@testable import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

/// A job's time limit and its deadline, as robots keep them, by every broker.
struct TimeLimitTests {
    typealias Form = BrokerFixture.Form

    private static let waiting =
        #"{"metadata":{"name":"w"},"nodes":{"n":{"node_type":"WaitNode","config":{"duration":60}}}}"#

    /// Runs a job that would take a minute and may take a moment.
    private static func run(_ retry: RetryPolicy, in fixture: BrokerFixture) async throws -> Job {
        let options = Job.Options(timeoutSeconds: 0.2, retry: retry)
        return try await self.run(try await fixture.submit(document: Self.waiting, options: options)[0], in: fixture)
    }

    private static func run(_ id: Job.ID, in fixture: BrokerFixture) async throws -> Job {
        try await fixture.withBroker { broker in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            try await withTemporaryDirectory { folder in
                let executor = JobExecutor(
                    broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                    configuration: RobotConfiguration(
                        description: try BrokerFixture.description("robot"), workingDirectory: folder),
                    logger: logger, telemetry: .unobserved, isStopRequested: { false })
                await executor.execute(try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first))
            }
        }
        return try await fixture.job(id)
    }

    @Test(arguments: Form.allCases)
    func `a job over its time is tried again, and at last dead-lettered as timeout`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let again = try await Self.run(try RetryPolicy(.list([3600])), in: fixture)
            #expect(again.status == .pending && again.attempt == 1)
            let last = try await Self.run(.never, in: fixture)
            guard case .finished(let outcome) = last.state else {
                Issue.record("the job has not ended")
                return
            }
            #expect(outcome.kind == .failed(.timeout))
            #expect(outcome.message == "The job timed out after 0.2s")
            let letter = try await fixture.deadLetter(last.id)
            #expect(letter?.failure.kind == .timeout)
        }
    }

    /// A lease of two hours that ended when its robot was lost.
    private static let formerLease = Query(
        """
        INSERT INTO events (job_id, at, kind)
        VALUES (@job::uuid, now() - interval '2 hours', 'leased'), (@job::uuid, now(), 'lease_expired')
        """)

    @Test(arguments: Form.withTenants)
    func `the time of earlier attempts that did not fail counts`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let options = Job.Options(timeoutSeconds: 3600, retry: .never)
            let id = try await fixture.submit(document: Self.waiting, options: options)[0]
            try await fixture.database.asTenant(.default) { connection in
                _ = try connection.execute(Self.formerLease, ["job": .uuid(id.rawValue)])
            }
            guard case .finished(let outcome) = try await Self.run(id, in: fixture).state else {
                Issue.record("the job has not ended")
                return
            }
            #expect(outcome.kind == .failed(.timeout))
            #expect(outcome.message == "The job timed out after 3600s")
        }
    }

    @Test(arguments: Form.withTenants)
    func `a robot never gets a job whose deadline is past`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let known = try await fixture.submit()[0]
            let version = try await fixture.job(known)
            let late = NewJob(
                workflow: version.workflow, workflowVersion: version.workflowVersion, deadline: .after(.seconds(60)))
            _ = try await fixture.database.asTenant(.default) { connection in
                try JobStore.submit([late], by: "test", now: Date().addingTimeInterval(-120), on: connection)
            }
            try await fixture.withBroker { broker in
                let leased = try await broker.lease(slots: 9, waiting: .seconds(10))
                #expect(leased.map(\.lease.job) == [known])
                let ended = try await fixture.job(late.id)
                guard case .finished(let outcome) = ended.state else {
                    Issue.record("the late job has not ended")
                    return
                }
                #expect(outcome.kind == .failed(.expired) && outcome.startedAt == nil && ended.attempt == 0)
            }
        }
    }
}
