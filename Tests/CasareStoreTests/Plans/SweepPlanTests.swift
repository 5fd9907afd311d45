import CasareDomain
import CasarePostgres
import Testing

@testable import CasareStore

/// What the loops that run several times a second read, where much runs and nothing is wrong.
struct SweepPlanTests {
    private static let sessionsOpen = 5_000
    private static let sessionsEnded = 20_000
    private static let leases = 100_000

    /// A hundred thousand jobs run in 5,000 sessions, and 20,000 sessions have ended; 200,000 jobs of ten queues, with
    /// deadlines, are due tomorrow. Half of the open sessions have lost their connections, which is known.
    private static let script = """
        SELECT set_config('casare.tenant', '1', false);
        INSERT INTO robot_sessions (
            robot_id, boot_id, kind, queue_id, slots, lease_seconds, opened_at, seen_at, alive_until, ended_at, lost_at
        )
        SELECT
            'r1', gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'sql' ELSE 'api' END, queue_id, 20, 30, now(), now(),
            now() + interval '1 hour', CASE WHEN n > \(sessionsOpen) THEN now() END,
            CASE WHEN n % 2 = 0 THEN now() END
        FROM generate_series(1, \(sessionsOpen + sessionsEnded)) AS n, queues;
        INSERT INTO leases (job_id, token, session_id, since, attempt, crashes)
        SELECT lpad(to_hex(n), 32, '0')::uuid, n, first + n % \(sessionsOpen), now(), 1, 0
        FROM generate_series(1, \(leases)) AS n, (SELECT min(session_id) + 1 AS first FROM robot_sessions) AS sessions;
        INSERT INTO scheduled (job_id, queue_id, priority, attempt, due_at)
        SELECT lpad(to_hex(n), 32, '0')::uuid, 1 + n % 10, 5, 0, now() + interval '1 day'
        FROM generate_series(1, 200000) AS n;
        INSERT INTO deadlines (job_id, expires_at) SELECT job_id, now() + interval '1 day' FROM scheduled;
        ANALYZE;
        """

    private struct Round {
        let name: String
        let query: Query
        let arguments: [String: String]
        var rows = 0
        /// Tables that are small, or read once an hour.
        var mayScan: Set<String> = []
        let buffersMax: Int
        let rowsRemovedMax: Int
    }

    /// The ID of the job with this number.
    private static func job(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private static let jobs = (1...1000).map(job)

    private static let rounds: [Round] = [
        // The sessions that have ended are not even looked at.
        Round(
            name: "lost sessions", query: SweepQueries.noteLostSessions,
            arguments: ["class": "\(LeaseStore.sessionLockClass)"], buffersMax: 2 * sessionsOpen,
            // And the locks of other tests.
            rowsRemovedMax: sessionsOpen + 1000),
        Round(
            name: "dead sessions", query: SweepQueries.endDeadSessions,
            arguments: ["grace_seconds": "3600", "start_grace_seconds": "10"],
            buffersMax: 2 * sessionsOpen, rowsRemovedMax: sessionsOpen + 1),
        // Looking up the session of each lease would be three pages for each.
        Round(
            name: "orphaned leases", query: SweepQueries.orphanedLeases,
            arguments: ["after": "'\(job(0))'", "limit": "1000"], buffersMax: leases / 10, rowsRemovedMax: leases),
        Round(
            name: "due jobs", query: SweepQueries.promoteDue, arguments: ["limit": "1000"], buffersMax: 500,
            rowsRemovedMax: 20),
        Round(
            name: "due deadlines", query: ExpiryQueries.due, arguments: ["limit": "1000"], buffersMax: 10,
            rowsRemovedMax: 0),
        // These change something, and come last.
        Round(
            name: "expiring", query: ExpiryQueries.expire,
            arguments: [
                "tenants": "'{\(jobs.map { _ in "1" }.joined(separator: ","))}'",
                "jobs": "'{\(jobs.joined(separator: ","))}'", "type": "'Expired'", "message": "'late'",
                "fingerprint": "'f'",
            ], rows: jobs.count, buffersMax: jobs.count * 100, rowsRemovedMax: 2 * jobs.count),
        // The leases are read once, and not for each session.
        Round(
            name: "purging sessions", query: UpkeepQueries.purgeSessions,
            arguments: ["limit": "1000", "now": "now() + interval '2 days'"], mayScan: ["leases", "robot_sessions"],
            buffersMax: leases / 5,
            rowsRemovedMax: sessionsOpen + 1),
    ]

    @Test func `a round reads the open sessions and the leases once, and of the rest what is due`() async throws {
        try await withFixture { store in
            try await store.asOwner(Self.script)
            for round in Self.rounds {
                let plan = try await store.measureAsSystem(round.query, round.arguments)
                #expect(
                    plan.rows == round.rows && plan.tablesScanned.isSubset(of: round.mayScan), "\(round.name): \(plan)")
                #expect(plan.buffers <= round.buffersMax, "\(round.name): \(plan)")
                #expect(plan.rowsRemoved <= round.rowsRemovedMax, "\(round.name): \(plan)")
            }
        }
    }
}
