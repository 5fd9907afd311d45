import CasareDomain
import CasarePostgres
import CasareTestSupport
import Synchronization
import Testing

@testable import CasareStore

/// What metrics and traces call the store's own statements.
struct StatementSummaryTests {
    private static let statements: [(query: Query, text: String, operation: String, collection: String?)] = [
        (SettingQueries.tenant, "SELECT", "SELECT", nil),
        (TokenQueries.find, "SELECT tokens SELECT roles", "SELECT", "tokens"),
        (
            JobQueries.counts,
            "SELECT queues SELECT ready SELECT lanes SELECT scheduled SELECT leases SELECT blocked SELECT paused "
                + "SELECT dead_letters", "SELECT", "queues"
        ),
        (EventQueries.writers, "SELECT pg_locks SELECT pg_database SELECT event_mark", "SELECT", "pg_locks"),
        (DeadLetterChangeQueries.acknowledge, "UPDATE dead_letters INSERT events", "UPDATE", "dead_letters"),
        (
            SessionQueries.open, "SELECT robots UPDATE robot_sessions INSERT queues INSERT robot_sessions", "UPDATE",
            "robot_sessions"
        ),
        (SweepQueries.endDeadSessions, "UPDATE robot_sessions SELECT robot_sessions", "UPDATE", "robot_sessions"),
        (PackingQueries.pack, "SELECT journal DELETE journal INSERT journal_packed", "DELETE", "journal"),
        (QueueQueries.resume, "SELECT queue_rules SELECT queues UPDATE queue_rules", "UPDATE", "queue_rules"),
        (QueueQueries.requirement, "INSERT queues SELECT queues SELECT workflow_robots", "INSERT", "queues"),
        (
            UpkeepQueries.purgeUniqueKeys, "SELECT unique_jobs DELETE unique_jobs SELECT outcomes SELECT jobs",
            "DELETE", "unique_jobs"
        ),
        (RestoreQueries.holdWaiting, "DELETE ready DELETE scheduled INSERT paused INSERT events", "DELETE", "ready"),
        (RobotQueries.remove, "UPDATE tokens DELETE robot_sessions DELETE robots", "UPDATE", "tokens"),
        (ScheduleQueries.insert, "INSERT schedule_revisions INSERT schedules", "INSERT", "schedule_revisions"),
        (MigrationQueries.createTable, "CREATE TABLE schema_migrations", "CREATE TABLE", "schema_migrations"),
    ]

    @Test func `a statement is told by what it does to which tables`() {
        for (query, text, operation, collection) in Self.statements {
            let summary = query.plan.summary
            #expect(summary.text == text)
            #expect(summary.operation == operation, "\(summary)")
            #expect(summary.collection == collection, "\(summary)")
        }
    }

    @Test func `statements that are put together of parts are told by their tables too`() {
        for query in [EndingQueries.complete, LeaseQueries.completeAndLease] {
            let summary = query.plan.summary
            #expect(["DELETE", "INSERT", "UPDATE"].contains(summary.operation), "\(summary)")
            #expect(summary.text.contains("DELETE leases"), "\(summary)")
            #expect(summary.text.count <= QuerySummary.charactersMax)
        }
    }

    private final class Noted: StatementObserver {
        let pools = Mutex<[String]>([])
        let statements = Mutex<[String]>([])

        func ended(_ statement: FinishedStatement) {
            self.statements.withLock { $0.append(statement.plan.summary.text) }
        }

        func began(_ pool: PostgresPool) { self.pools.withLock { $0.append(pool.name) } }
        func lent(from pool: PostgresPool, after waited: Duration) {}
        func timedOut(waitingFor pool: PostgresPool) {}
    }

    @Test func `what a database runs is observed, in its pools and on connections of their own`() async throws {
        try await withTestDatabase { database in
            let noted = Noted()
            let observed = Database(database.configuration, connectionsMax: 1, observer: noted)
            #expect(noted.pools.withLock { $0 } == ["app", "system", "rescue"])
            _ = try await observed.asTenant(.default) { connection in try connection.execute("SELECT 1 FROM jobs") }
            _ = try await observed.asSystem { connection in try connection.execute("SELECT 1 FROM tenants") }
            let own = try await observed.connect()
            try await own.execute("SELECT 1 FROM pg_class")
            await own.close()
            await observed.close()
            #expect(
                noted.statements.withLock { $0 } == [
                    "BEGIN", "SELECT jobs", "COMMIT", "SELECT tenants", "SELECT pg_class",
                ])
        }
    }
}
