import CasareDomain
import CasarePostgres
import CasareStore
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

@testable import CasareRobot

struct SQLBrokerTests {
    @Test func `a database without the schema is asked again, and the message says what to run`() async throws {
        try await withEmptyDatabase { configuration in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let broker = SQLBroker(database: Database(configuration, connectionsMax: 1), logger: logger)
            let robot = try BrokerFixture.description("robot")
            let error = await #expect(throws: BrokerError.self) { try await broker.open(robot) }
            await broker.close()
            guard case .unavailable(let message) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.contains("casarectl db migrate"))
        }
    }

    @Test func `jobs whose rows somebody holds keep no others back, however many they are`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let configuration = try fixture.database.configuration
            try await fixture.submit(10)
            // As a robot's, where a statement may take as long as it wants.
            let broker = SQLBroker(
                database: Database(
                    configuration, connectionsMax: 4, statementMax: .seconds(3600), tenant: .default),
                logger: logger)
            _ = try await broker.open(BrokerFixture.description("robot"))
            let jobs = try await broker.lease(slots: 10, waiting: .seconds(60))
            try #require(jobs.count == 10)
            let result = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])
            let holder = try await PostgresConnection.connect(configuration)
            let held = jobs[..<5].map { "'\($0.lease.job)'" }.joined(separator: ", ")
            try await holder.script("BEGIN; SELECT FROM leases WHERE job_id IN (\(held)) FOR UPDATE")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for (heldUp, free) in zip(jobs[..<5], jobs[5...]) {
                    tasks.addTask { try await broker.complete(heldUp.lease, result: result, rows: []) }
                    try await broker.complete(free.lease, result: result, rows: [])
                }
                for job in jobs[..<5] {
                    let status = try await fixture.job(job.lease.job).status
                    #expect(status == .running)
                }
                try await holder.script("COMMIT")
                try await tasks.waitForAll()
            }
            await holder.close()
            await broker.close()
        }
    }

    @Test func `a job that a robot leases past its deadline is counted by that robot, once`() async throws {
        try await BrokerFixture.with(.sql) { fixture in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let collector = RobotCollector()
            let broker = SQLBroker(
                database: Database(try fixture.database.configuration, connectionsMax: 2),
                metrics: RobotMetrics(collector.registry, queue: "default"), logger: logger)
            _ = try await broker.open(BrokerFixture.description("robot"))
            // No orchestrator is there, which would end it by itself.
            try await fixture.database.asTenant(.default) { connection in
                let version = try WorkflowStore.push(
                    name: "w", document: BrokerFixture.document, by: "test", on: connection
                ).version
                let late = NewJob(
                    workflow: version.workflow, workflowVersion: version.number,
                    deadline: .after(.seconds(60)))
                let job = NewJob(workflow: version.workflow, workflowVersion: version.number)
                let hourAgo = Date(timeIntervalSinceNow: -3600)
                _ = try JobStore.submit([late, job], by: "test", now: hourAgo, on: connection)
            }
            let leased = try await broker.lease(slots: 10, waiting: .zero)
            #expect(leased.count == 1)
            #expect(try await broker.lease(slots: 10, waiting: .zero).isEmpty)
            await broker.close()
            let expired: Attributes = [
                .queue: "default", .workflow: "w", .jobResult: "failed", .failureKind: "expired",
            ]
            #expect(await collector.counts("casare.job.duration") == [expired: 1])
            let letters = await collector.numbers("casare.dlq.opened")
            #expect(letters[[.queue: "default", .failureKind: "expired"]] == .int(1))
        }
    }
}
