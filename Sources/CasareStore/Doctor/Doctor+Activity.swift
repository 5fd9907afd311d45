import CasareDomain
import CasarePostgres

/// Who does what just now, and whom it keeps from working.
extension Doctor {
    /// Vacuum removes nothing that the oldest snapshot may still see; leasing slows down with what piles up behind it.
    private static let snapshotSeconds = (warning: 300.0, critical: 3600.0)
    private static let snapshotTransactions = (warning: 5_000_000, critical: 100_000_000)

    static func oldestSnapshot(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(ActivityQueries.snapshots)
        let facts = try self.facts("holders", rows)
        guard let oldest = rows.first else {
            return DoctorFinding(.oldestSnapshot, .ok, "Nobody holds a snapshot or an open transaction.", facts: facts)
        }
        let seconds = try oldest.double("seconds")
        let transactions = try oldest.optionalInt("transactions") ?? 0
        let level = self.level(ofSnapshot: seconds, transactions: transactions)
        let holder = try self.session(oldest)
        return DoctorFinding(
            .oldestSnapshot, level,
            "The oldest transaction is \(self.span(seconds)) old: \(holder). Vacuum removes no row that it may still see.",
            facts: facts, advice: level == .ok ? [] : [try self.ending(oldest)])
    }

    static func level(ofSnapshot seconds: Double, transactions: Int) -> DoctorFinding.Level {
        if seconds > self.snapshotSeconds.critical || transactions > self.snapshotTransactions.critical {
            .critical
        } else if seconds > self.snapshotSeconds.warning || transactions > self.snapshotTransactions.warning {
            .warning
        } else {
            .ok
        }
    }

    static func preparedTransactions(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(ActivityQueries.prepared)
        let facts = try self.facts("transactions", rows)
        guard let oldest = rows.first else {
            return DoctorFinding(.preparedTransactions, .ok, "No transaction is prepared.", facts: facts)
        }
        let seconds = try oldest.double("seconds")
        return DoctorFinding(
            .preparedTransactions, seconds > self.snapshotSeconds.critical ? .critical : .warning,
            "\(self.count(rows.count, "transaction")) prepared and not ended, the oldest \(self.span(seconds)) ago by "
                + "\(try oldest.string("owner")): it keeps its snapshot and locks, also over a restart.",
            facts: facts, advice: try rows.map { "ROLLBACK PREPARED \(quotedLiteral(try $0.string("gid")));" })
    }

    private static let lockWaitSeconds = (warning: 1.0, critical: 30.0)

    static func lockWaits(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(ActivityQueries.lockWaits)
        let facts = try self.facts("waits", rows)
        guard let longest = rows.first else {
            return DoctorFinding(.lockWaits, .ok, "Nobody waits for a lock.", facts: facts)
        }
        let seconds = try longest.double("seconds")
        let level: DoctorFinding.Level =
            if seconds > self.lockWaitSeconds.critical {
                .critical
            } else if seconds > self.lockWaitSeconds.warning {
                .warning
            } else {
                .ok
            }
        // Those at the head of the queue, who hold and wait for nobody.
        let heads = try connection.execute(ActivityQueries.lockHeads)
        let names = try heads.map { try self.session($0) }
        return DoctorFinding(
            .lockWaits, level,
            "\(self.count(rows.count, "session")) waiting for a lock, the longest for \(self.span(seconds))"
                + (names.isEmpty ? "." : ", in the end for \(names.joined(separator: "; "))."),
            facts: facts, advice: level == .ok ? [] : try heads.map { try self.ending($0) })
    }

    /// What there is to say of a check that a lock kept from looking.
    static func lockedOut(
        _ check: DoctorFinding.Check, on connection: isolated PostgresConnection
    ) throws -> DoctorFinding {
        let holders = try connection.execute(ActivityQueries.lockOuts)
        let names = try holders.map { "\(try self.session($0)) keeps everybody from \(try $0.string("table_name"))" }
        return DoctorFinding(
            check, .warning,
            "This could not be looked at within \(self.lockWaitMax.components.seconds) s: "
                + (names.isEmpty ? "somebody held a lock, and has let go of it." : names.joined(separator: "; ") + "."),
            facts: [:], advice: try holders.map { try self.ending($0) })
    }

    private static let connectionsUsed = (warning: 0.8, critical: 0.95)

    static func connections(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(ActivityQueries.connections).only()
        let used = try row.int("used")
        let available = try row.int("available")
        let share = Double(used) / Double(max(available, 1))
        let level: DoctorFinding.Level =
            if share >= self.connectionsUsed.critical {
                .critical
            } else if share >= self.connectionsUsed.warning {
                .warning
            } else {
                .ok
            }
        return DoctorFinding(
            .connections, level, "\(used) of \(available) connections are used.", facts: try self.facts(row),
            advice: level == .ok
                ? []
                : [
                    "-- Which program holds them is in by_application. Give its pool fewer, or the server more:",
                    "ALTER SYSTEM SET max_connections = \((available + 3) * 2);  -- and restart the server",
                ])
    }

    /// A session in words: "casare-robot r1 (process 4711, user casare, idle in transaction)".
    private static func session(_ row: Row) throws -> String {
        let application = try row.optionalString("application") ?? ""
        let state = try row.optionalString("state").map { ", \($0)" } ?? ""
        let user = try row.optionalString("user_name").map { ", user \($0)" } ?? ""
        return "\(application.isEmpty ? "a program without a name" : application) "
            + "(process \(try row.int("pid"))\(user)\(state))"
    }

    /// What gets rid of a session's transaction. A statement can be cancelled; who is idle has none.
    private static func ending(_ row: Row) throws -> String {
        let function =
            try row.optionalString("state") == "active" ? "pg_cancel_backend" : "pg_terminate_backend"
        return "SELECT \(function)(\(try row.int("pid")));  -- \(try self.session(row))"
    }
}

enum ActivityQueries {
    /// Who holds a snapshot, a transaction's number, or a transaction open; the oldest first. Autovacuum's own work is
    /// left out: it holds nobody up.
    static let snapshots = Query(
        """
        SELECT
            pid, application_name AS application, usename::text AS user_name, state,
            extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds, transactions,
            json_build_object(
                'pid', pid, 'application', application_name, 'user', usename, 'client', client_addr::text,
                'kind', backend_type, 'state', state, 'since', xact_start, 'state_since', state_change,
                'transactions', transactions)::text AS facts
        FROM pg_stat_activity CROSS JOIN LATERAL (
            SELECT greatest(age(backend_xmin), age(backend_xid))::int8 AS transactions
        ) AS held
        WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
            AND backend_type <> 'autovacuum worker' AND xact_start IS NOT NULL
            AND (transactions IS NOT NULL OR state LIKE 'idle in transaction%')
        ORDER BY xact_start
        LIMIT 10
        """)

    static let prepared = Query(
        """
        SELECT
            gid, owner::text, extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds,
            json_build_object(
                'gid', gid, 'owner', owner, 'database', database, 'since', prepared,
                'transactions', age(transaction))::text AS facts
        FROM pg_prepared_xacts
        WHERE database = current_database()
        ORDER BY prepared
        LIMIT 20
        """)

    static let lockWaits = Query(
        """
        SELECT
            extract(epoch FROM clock_timestamp() - began)::float8 AS seconds,
            json_build_object(
                'pid', waiting.pid, 'application', waiting.application_name, 'user', waiting.usename,
                'since', began, 'lock', locktype, 'mode', mode, 'table', relation::regclass::text,
                'waits_for', (
                    SELECT json_agg(json_build_object(
                        'pid', holding.pid, 'application', holding.application_name, 'user', holding.usename,
                        'state', holding.state, 'since', holding.xact_start) ORDER BY holding.xact_start)
                    FROM pg_stat_activity AS holding WHERE holding.pid = ANY (pg_blocking_pids(waiting.pid))
                ))::text AS facts
        FROM pg_locks JOIN pg_stat_activity AS waiting ON waiting.pid = pg_locks.pid
        CROSS JOIN LATERAL (SELECT coalesce(waitstart, waiting.query_start) AS began) AS wait
        WHERE NOT granted AND waiting.datname = current_database()
        ORDER BY began
        LIMIT 20
        """)

    static let lockHeads = Query(
        """
        SELECT DISTINCT
            holding.pid, holding.application_name AS application, holding.usename::text AS user_name, holding.state
        FROM pg_locks CROSS JOIN LATERAL unnest(pg_blocking_pids(pg_locks.pid)) AS blocking (pid)
        JOIN pg_stat_activity AS holding ON holding.pid = blocking.pid
        WHERE NOT pg_locks.granted AND holding.datname = current_database()
            AND cardinality(pg_blocking_pids(holding.pid)) = 0
        LIMIT 5
        """)

    /// Who has a table to himself, so that nobody may even read it.
    static let lockOuts = Query(
        """
        SELECT DISTINCT ON (holding.pid)
            holding.pid, holding.application_name AS application, holding.usename::text AS user_name, holding.state,
            relname::text AS table_name
        FROM pg_locks JOIN pg_stat_activity AS holding ON holding.pid = pg_locks.pid
        JOIN pg_class ON pg_class.oid = pg_locks.relation
        WHERE pg_locks.granted AND pg_locks.mode = 'AccessExclusiveLock' AND pg_locks.locktype = 'relation'
            AND relkind IN ('r', 'p') AND holding.datname = current_database() AND holding.pid <> pg_backend_pid()
        ORDER BY holding.pid, relname
        LIMIT 5
        """)

    static let connections = Query(
        """
        SELECT
            used::int8, available::int8,
            json_build_object(
                'used', used, 'available', available, 'max_connections', current_setting('max_connections')::int4,
                'by_application', (
                    SELECT json_agg(json_build_object(
                        'application', application, 'connections', connections, 'active', active,
                        'idle_in_transaction', waiting) ORDER BY connections DESC, application)
                    FROM (
                        SELECT
                            application_name AS application, count(*) AS connections,
                            count(*) FILTER (WHERE state = 'active') AS active,
                            count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS waiting
                        FROM pg_stat_activity WHERE backend_type = 'client backend'
                        GROUP BY application_name ORDER BY connections DESC, application_name LIMIT 20
                    ) AS counted
                ))::text AS facts
        FROM (
            SELECT
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
                current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4
                - coalesce(current_setting('reserved_connections', true)::int4, 0) AS available
        ) AS counted
        """)
}
