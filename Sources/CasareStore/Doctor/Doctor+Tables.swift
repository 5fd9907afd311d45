import CasareDomain
import CasarePostgres

/// The tables, their indexes and partitions, and whether vacuum keeps up with them.
extension Doctor {
    /// Written and deleted all the time. Others are looked at when they have more dead rows than autovacuum lets be.
    private static let hotTables = [
        "ready", "scheduled", "leases", "robot_sessions", "blocked", "paused", "lanes", "queue_rules", "queue_keys",
        "unique_jobs", "deadlines", "idempotency_keys",
    ]
    /// How many times the dead rows at which autovacuum should have begun; below so many rows it does not matter.
    private static let deadRows = (warning: 3.0, critical: 30.0, atLeast: 20_000)

    static func deadTuples(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(TableQueries.deadTuples, ["tables": .textArray(self.hotTables)])
        var (level, problems, advice) = (DoctorFinding.Level.ok, [String](), [String]())
        for row in rows {
            let dead = try row.int("dead")
            let ratio = Double(dead) / max(try row.double("vacuum_at"), 1)
            guard dead >= self.deadRows.atLeast, ratio > self.deadRows.warning else { continue }
            let name = try row.string("name")
            level = max(level, ratio > self.deadRows.critical ? .critical : .warning)
            let isRunning = try row.bool("is_running")
            problems.append("\(name) has \(dead)" + (isRunning ? ", and is being vacuumed" : ""))
            if !isRunning { advice.append("VACUUM (VERBOSE) \(quotedIdentifier(name));") }
        }
        let facts = try self.facts("tables", rows)
        guard level > .ok else {
            return DoctorFinding(.deadTuples, .ok, "Vacuum keeps up with the hot tables.", facts: facts)
        }
        return DoctorFinding(
            .deadTuples, level,
            "Vacuum does not keep up, so leasing reads more and more dead rows: \(problems.joined(separator: "; ")).",
            facts: facts, advice: ["-- First end what keeps them: see oldest_snapshot."] + advice)
    }

    static func autovacuum(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(TableQueries.autovacuum).only()
        let facts = try self.facts(row)
        if try !row.bool("is_on") {
            return DoctorFinding(
                .autovacuum, .critical, "Autovacuum is off: dead rows stay until somebody vacuums by hand.",
                facts: facts,
                advice: [
                    "ALTER SYSTEM SET autovacuum = on;", "ALTER SYSTEM SET track_counts = on;",
                    "SELECT pg_reload_conf();",
                ])
        }
        let without = try row.strings("without")
        if !without.isEmpty {
            return DoctorFinding(
                .autovacuum, .critical, "Autovacuum is off for \(without.joined(separator: ", ")).", facts: facts,
                advice: without.map { "ALTER TABLE \(quotedIdentifier($0)) RESET (autovacuum_enabled);" })
        }
        let (running, workers) = (try row.int("running"), try row.int("workers"))
        guard running < workers else {
            return DoctorFinding(
                .autovacuum, .warning,
                "All \(self.count(workers, "autovacuum worker")) are at work: tables wait for one.",
                facts: facts,
                advice: [
                    "ALTER SYSTEM SET autovacuum_vacuum_cost_limit = 2000;", "SELECT pg_reload_conf();",
                    "ALTER SYSTEM SET autovacuum_max_workers = \(workers * 2);  -- and restart the server",
                ])
        }
        return DoctorFinding(
            .autovacuum, .ok, "Autovacuum is on; \(running) of \(self.count(workers, "worker")) at work.", facts: facts)
    }

    static func indexes(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let expected = ExpectedIndex.all
        let rows = try connection.execute(
            TableQueries.indexes,
            [
                "tables": .textArray(expected.map(\.table)), "names": .textArray(expected.map(\.name)),
                "definitions": .textArray(expected.map(\.definition)),
            ])
        let facts = try self.facts("indexes", rows)
        guard !rows.isEmpty else {
            return DoctorFinding(
                .indexes, .ok, "All \(expected.count) indexes that the migrations make are there and valid.",
                facts: facts)
        }
        var (level, problems, advice) = (DoctorFinding.Level.warning, [String](), [String]())
        for row in rows {
            let (name, problem) = (try row.string("name"), try row.string("problem"))
            problems.append("\(name) is \(problem)")
            switch problem {
            case "missing":
                level = .critical
                // On a partitioned table alone it would not be of use.
                advice.append(try row.string("definition").replacing(" ON ONLY ", with: " ON ") + ";")
            case "invalid":
                level = .critical
                advice.append("REINDEX INDEX CONCURRENTLY \(quotedIdentifier(name));")
            default: advice.append("-- It should be: " + (try row.string("definition")) + ";")
            }
        }
        return DoctorFinding(
            .indexes, level, "Not as the migrations made them: \(problems.joined(separator: "; ")).", facts: facts,
            advice: advice)
    }

    static func partitions(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let rows = try connection.execute(TableQueries.partitions)
        let facts = try self.facts("tables", rows)
        let inDefault = try rows.filter { try $0.int("default_rows") > 0 }.map { try $0.string("name") }
        let lacking = try rows.filter { try !$0.bool("has_present") }.map { try $0.string("name") }
        let ahead = try rows.filter { try !$0.bool("has_next") }.map { try $0.string("name") }
        let bytes = try rows.reduce(Int64(0)) { $0 + (try $1.int64("bytes")) }
        let daily = try rows.filter { try $0.bool("is_daily") }.map { try $0.string("name") }
        let troubled = Set(inDefault + lacking + ahead)
        var make: [String] = []
        if !troubled.isSubset(of: daily) { make.append("SELECT casare_create_partitions(4);") }
        if !troubled.isDisjoint(with: daily) { make.append("SELECT casare_create_log_partitions(7);") }
        if !lacking.isEmpty {
            return DoctorFinding(
                .partitions, .critical,
                "There is no partition of the present for \(lacking.joined(separator: ", ")): new rows go to the default.",
                facts: facts, advice: make + ["-- An orchestrator does this every hour: see background_loops."])
        }
        if !inDefault.isEmpty || !ahead.isEmpty {
            let what =
                inDefault.isEmpty
                ? "There is no partition of the time to come for \(ahead.joined(separator: ", "))"
                : "The default partition of \(inDefault.joined(separator: ", ")) has rows"
            return DoctorFinding(.partitions, .warning, "\(what).", facts: facts, advice: make)
        }
        return DoctorFinding(
            .partitions, .ok, "Partitions are there for the time to come; all together take \(self.size(bytes)).",
            facts: facts)
    }

    /// The server refuses to write at 2³¹ less 3 million.
    private static let wraparoundCritical = 1_500_000_000

    static func wraparound(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(TableQueries.wraparound).only()
        let age = max(try row.int("transactions"), try row.int("multixacts"))
        let warning = max(try row.int("freeze_at") * 3 / 2, 300_000_000)
        let level: DoctorFinding.Level = age > self.wraparoundCritical ? .critical : age > warning ? .warning : .ok
        return DoctorFinding(
            .wraparound, level,
            "\(age / 1_000_000) of 2147 million transaction numbers are used before old ones must be freed"
                + (level == .ok ? "." : ", and vacuum does not free them."),
            facts: try self.facts(row),
            advice: level == .ok
                ? []
                : [
                    "-- First end what keeps them: see oldest_snapshot, prepared_transactions, replication_slots.",
                    "VACUUM (FREEZE, VERBOSE);",
                ])
    }
}
