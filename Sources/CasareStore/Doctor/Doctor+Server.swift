import CasareDomain
import CasarePostgres

/// How the server is set up, and what hangs on it.
extension Doctor {
    static func migrations(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let status = try Migrator().status(on: connection)
        let facts: Object = [
            "applied": .list(status.applied.map { .int($0.version) }),
            "pending": .list(status.pending.map { .int($0.version) }),
        ]
        if let problem = status.problem {
            return DoctorFinding(.migrations, .critical, "\(problem)".sentence, facts: facts)
        }
        guard status.pending.isEmpty else {
            return DoctorFinding(
                .migrations, .critical, "The schema lacks \(self.count(status.pending.count, "migration")).",
                facts: facts, advice: ["casarectl db migrate"])
        }
        return DoctorFinding(.migrations, .ok, "The schema is up to date.", facts: facts)
    }

    /// A setting that is better not had otherwise, and what that costs.
    private struct Wanted {
        let name: String
        let level: DoctorFinding.Level
        let cost: String
        let isGood: @Sendable (String) -> Bool
        let advice: String
    }

    private static let wanted = [
        Wanted(
            name: "fsync", level: .critical,
            cost: "fsync is off: a crash of the machine can destroy the whole database",
            isGood: { $0 == "on" }, advice: "ALTER SYSTEM SET fsync = on;"),
        Wanted(
            name: "full_page_writes", level: .critical,
            cost: "full_page_writes is off: a crash in the middle of a write can destroy pages",
            isGood: { $0 == "on" }, advice: "ALTER SYSTEM SET full_page_writes = on;"),
        Wanted(
            name: "synchronous_commit", level: .warning,
            cost: "synchronous_commit is off: a crash of the server loses jobs that were acknowledged a moment before",
            isGood: { $0 != "off" }, advice: "ALTER SYSTEM SET synchronous_commit = on;"),
        Wanted(
            name: "default_transaction_isolation", level: .critical,
            cost: "transactions are not read committed by default: leasing fails where it should skip",
            isGood: { $0 == "read committed" },
            advice: "ALTER SYSTEM SET default_transaction_isolation = 'read committed';"),
        Wanted(
            name: "default_transaction_read_only", level: .critical,
            cost: "transactions are read-only by default: nothing can be submitted or leased",
            isGood: { $0 == "off" }, advice: "ALTER SYSTEM SET default_transaction_read_only = off;"),
        Wanted(
            name: "zero_damaged_pages", level: .critical,
            cost: "zero_damaged_pages is on: what is damaged is wiped without a word",
            isGood: { $0 == "off" }, advice: "ALTER SYSTEM SET zero_damaged_pages = off;"),
    ]

    static func settings(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(
            ServerQueries.settings, ["names": .textArray(self.wanted.map(\.name))]
        ).only()
        let facts = try self.facts(row)
        let settings = facts["settings"]?.object ?? [:]
        let bad = self.wanted.filter { wanted in settings[wanted.name]?.string.map { !wanted.isGood($0) } ?? false }
        guard let level = bad.map(\.level).max() else {
            return DoctorFinding(.settings, .ok, "What was acknowledged survives a crash.", facts: facts)
        }
        return DoctorFinding(
            .settings, level, bad.map(\.cost).joined(separator: "; ") + ".", facts: facts,
            advice: bad.map(\.advice) + ["SELECT pg_reload_conf();"])
    }

    static func privileges(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(ServerQueries.privileges).only()
        let robots = try connection.execute(ServerQueries.robotsWithMore).map { try $0.string("user_name") }
        var facts = try self.facts(row)
        facts["robots_with_more"] = .list(robots.map { .string($0) })
        let user = try row.string("user_name")
        var missing: [String] = []
        if try !row.bool("sees_sessions") { missing.append("pg_read_all_stats") }
        if try !row.bool("is_member") { missing += [Database.appRole, Database.systemRole] }
        guard missing.isEmpty else {
            return DoctorFinding(
                .privileges, .warning,
                "The user \(user) is no member of \(missing.joined(separator: ", ")): what other users' sessions do "
                    + "stays hidden from these checks.",
                facts: facts, advice: missing.map { "GRANT \($0) TO \(quotedIdentifier(user));" })
        }
        guard robots.isEmpty else {
            return DoctorFinding(
                .privileges, .warning,
                "Robots sign in as \(robots.joined(separator: ", ")), with more than a robot needs: all that services "
                    + "may do, for all tenants.",
                facts: facts,
                advice: [
                    "createuser NAME --pwprompt",
                    "casarectl db grant NAME --robot  -- and have robots over SQL sign in as that user",
                ])
        }
        let powers = [
            try row.bool("is_superuser") ? "is a superuser" : nil,
            try row.bool("bypasses_rls") && !row.bool("is_superuser") ? "bypasses row-level security" : nil,
            try row.bool("owns_tables") && !row.bool("is_superuser") ? "owns the tables" : nil,
        ].compactMap(\.self)
        guard powers.isEmpty else {
            return DoctorFinding(
                .privileges, .ok,
                "The user \(user) sees all there is to see. It \(powers.joined(separator: " and ")): enough to "
                    + "migrate, and more than a service needs, whose statements are kept to one tenant by roles that "
                    + "it could leave.",
                facts: facts,
                advice: ["casarectl db grant USER  -- of a service that signs in without such power"])
        }
        return DoctorFinding(.privileges, .ok, "The user \(user) sees all there is to see.", facts: facts)
    }

    private static let lagSeconds = (warning: 10.0, critical: 300.0)
    private static let lagBytes: (warning: Int64, critical: Int64) = (64 << 20, 4 << 30)

    static func replication(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let server = try connection.execute(ServerQueries.isStandby).only()
        let rows = try connection.execute(ServerQueries.replication)
        var facts = try self.facts("standbys", rows)
        let isStandby = try server.bool("is_standby")
        facts["is_standby"] = .bool(isStandby)
        if isStandby {
            return DoctorFinding(
                .replication, .critical, "This server is a standby: nothing can be written here.", facts: facts,
                advice: ["-- Point DATABASE_URL at the primary, or add target_session_attrs=read-write to it."])
        }
        guard !rows.isEmpty else {
            return DoctorFinding(.replication, .ok, "No standby is connected.", facts: facts)
        }
        var (level, worst) = (DoctorFinding.Level.ok, "")
        for row in rows {
            let seconds = try row.optionalDouble("seconds") ?? 0
            let bytes = try row.optionalInt64("bytes") ?? 0
            let own: DoctorFinding.Level =
                if seconds > self.lagSeconds.critical || bytes > self.lagBytes.critical {
                    .critical
                } else if seconds > self.lagSeconds.warning || bytes > self.lagBytes.warning {
                    .warning
                } else {
                    .ok
                }
            if own > level || worst.isEmpty {
                level = max(level, own)
                worst = "\(try row.string("application")) is \(self.span(seconds)) and \(self.size(bytes)) behind"
            }
        }
        return DoctorFinding(
            .replication, level, "\(self.count(rows.count, "standby server")) connected; \(worst).", facts: facts,
            advice: level == .ok
                ? [] : ["-- Look at the standby's disk, network and conflicts: pg_stat_database_conflicts"])
    }

    private static let slotBytes: (warning: Int64, critical: Int64) = (1 << 30, 16 << 30)

    static func replicationSlots(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(ServerQueries.slots)
        let facts = try self.facts("slots", rows)
        var (level, problems, advice) = (DoctorFinding.Level.ok, [String](), [String]())
        for row in rows {
            let name = try row.string("slot")
            let bytes = try row.optionalInt64("bytes") ?? 0
            let isActive = try row.bool("active")
            let own: DoctorFinding.Level =
                if bytes > self.slotBytes.critical || (!isActive && bytes > self.slotBytes.warning) {
                    .critical
                } else if !isActive || bytes > self.slotBytes.warning {
                    .warning
                } else {
                    .ok
                }
            guard own > .ok else { continue }
            level = max(level, own)
            problems.append("\(name) \(isActive ? "is behind and" : "is read by nobody and") keeps \(self.size(bytes))")
            if !isActive {
                advice.append(
                    "SELECT pg_drop_replication_slot(\(quotedLiteral(name)));  -- if nobody needs it any more")
            }
        }
        guard level > .ok else {
            return DoctorFinding(
                .replicationSlots, .ok, rows.isEmpty ? "There is no replication slot." : "All slots are read.",
                facts: facts)
        }
        return DoctorFinding(
            .replicationSlots, level,
            "Replication slots keep the log, and dead rows, until they are read: \(problems.joined(separator: "; ")).",
            facts: facts, advice: advice)
    }

    /// For so long may due jobs or those of lost robots lie there: the loops of any orchestrator look every second.
    private static let unattendedSeconds = (warning: 15.0, critical: 60.0)

    static func backgroundLoops(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(ServerQueries.unattended).only()
        let facts = try self.facts(row)
        let due = try row.optionalDouble("due_seconds") ?? 0
        let lost = try row.optionalDouble("lost_seconds") ?? 0
        let level: DoctorFinding.Level =
            if max(due, lost) > self.unattendedSeconds.critical {
                .critical
            } else if max(due, lost) > self.unattendedSeconds.warning {
                .warning
            } else {
                .ok
            }
        guard level > .ok else {
            return DoctorFinding(
                .backgroundLoops, .ok, "Due jobs are moved to the queue, and lost robots' jobs taken back.",
                facts: facts)
        }
        let what =
            due >= lost
            ? "A job has been due for \(self.span(due)) and is not in the queue"
            : "A robot has been gone for \(self.span(lost)) and still holds jobs"
        return DoctorFinding(
            .backgroundLoops, level, "\(what): no orchestrator's background loops do their work.", facts: facts,
            advice: ["-- Start casare-orchestrator, or see what GET /health/ready says of the loops of those that run."]
        )
    }
}

extension String {
    /// With a capital letter in front and a full stop behind.
    fileprivate var sentence: String { self.prefix(1).uppercased() + self.dropFirst() + "." }
}

enum ServerQueries {
    static let settings = Query(
        """
        SELECT json_build_object(
            'server_version', current_setting('server_version'), 'started_at', pg_postmaster_start_time(),
            'database', current_database(), 'bytes', pg_database_size(current_database()),
            'settings', (SELECT json_object_agg(name, setting ORDER BY name) FROM pg_settings WHERE name = ANY (@names))
        )::text AS facts
        """)

    static let privileges = Query(
        """
        SELECT
            user_name, sees_sessions, is_member, is_superuser, bypasses_rls, owns_tables,
            json_build_object(
                'user', user_name, 'sees_sessions', sees_sessions, 'is_member', is_member,
                'is_superuser', is_superuser, 'bypasses_rls', bypasses_rls, 'owns_tables', owns_tables)::text AS facts
        FROM (
            SELECT
                current_user::text AS user_name, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_sessions,
                pg_has_role(current_user, 'casare_app', 'USAGE') AND pg_has_role(current_user, 'casare_system', 'USAGE')
                    AS is_member,
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
                (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user) AS bypasses_rls,
                EXISTS (
                    SELECT FROM pg_class
                    WHERE oid = to_regclass('tenants') AND pg_has_role(current_user, relowner, 'MEMBER')
                ) AS owns_tables
        ) AS known
        """)

    /// As whom robots on SQL are signed in that may take the roles of services.
    static let robotsWithMore = Query(
        """
        SELECT DISTINCT usename::text AS user_name FROM pg_stat_activity
        WHERE datname = current_database() AND starts_with(application_name, 'casare-robot ')
            AND (pg_has_role(usesysid, 'casare_app', 'MEMBER') OR pg_has_role(usesysid, 'casare_system', 'MEMBER'))
        ORDER BY user_name
        """)

    static let isStandby = Query("SELECT pg_is_in_recovery() AS is_standby")

    static let replication = Query(
        """
        SELECT
            application_name AS application, extract(epoch FROM replay_lag)::float8 AS seconds, bytes,
            json_build_object(
                'application', application_name, 'client', client_addr::text, 'state', state, 'sync_state', sync_state,
                'lag_seconds', extract(epoch FROM replay_lag)::float8, 'lag_bytes', bytes)::text AS facts
        FROM pg_stat_replication CROSS JOIN LATERAL (
            SELECT pg_wal_lsn_diff(
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                replay_lsn)::int8 AS bytes
        ) AS behind
        ORDER BY application_name
        """)

    static let slots = Query(
        """
        SELECT
            slot_name::text AS slot, active, bytes,
            json_build_object(
                'slot', slot_name, 'kind', slot_type, 'database', database, 'active', active, 'bytes', bytes,
                'wal_status', wal_status, 'transactions', greatest(age(xmin), age(catalog_xmin)))::text AS facts
        FROM pg_replication_slots CROSS JOIN LATERAL (
            SELECT pg_wal_lsn_diff(
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                restart_lsn)::int8 AS bytes
        ) AS behind
        ORDER BY slot_name
        """)

    /// How long something has been waiting for a background loop; a thousand due jobs are counted at most.
    static let unattended = Query(
        """
        SELECT
            extract(epoch FROM clock_timestamp() - oldest_due)::float8 AS due_seconds,
            extract(epoch FROM clock_timestamp() - oldest_lost)::float8 AS lost_seconds,
            json_build_object(
                'due_jobs', due_jobs, 'oldest_due_at', oldest_due, 'lost_sessions', lost_sessions,
                'oldest_lost_at', oldest_lost)::text AS facts
        FROM (
            SELECT count(*) AS due_jobs, min(due_at) AS oldest_due FROM (
                SELECT due_at FROM scheduled WHERE due_at <= now() ORDER BY due_at LIMIT 1000
            ) AS due
        ) AS due CROSS JOIN (
            SELECT count(*) AS lost_sessions, min(coalesce(ended_at, alive_until)) AS oldest_lost FROM robot_sessions
            WHERE coalesce(ended_at, alive_until) <= now()
                AND EXISTS (
                    SELECT FROM leases
                    WHERE leases.tenant_id = robot_sessions.tenant_id
                        AND leases.session_id = robot_sessions.session_id)
        ) AS lost
        """)
}
