import CasareDomain
import CasarePostgres
import FoundationEssentials

/// Whether the database is an older state than the robots and the world know, and what is left of it to look at.
extension Doctor {
    static func restore(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(
            RestoredQueries.state, ["count_max": .int(QueueStore.countMax)]
        ).only()
        let facts = try self.facts(row)
        if let backup = try row.optionalString("restored_from") {
            return DoctorFinding(
                .restore, .critical,
                "The database was put back from the backup of \(backup), and nobody has begun a new epoch: neither "
                    + "servers nor robots are let in.",
                facts: facts,
                advice: ["casarectl db restored --reason \"…\"  -- what may have run since waits for people"])
        }
        if let why = try row.optionalString("suspected_why") {
            return DoctorFinding(
                .restore, .critical,
                "The database may have been restored from a backup, and nobody has said so: \(why). Jobs and schedules "
                    + "go on as if nothing had been done since.",
                facts: facts,
                advice: [
                    "casarectl db restored --reason \"…\"  -- it was: what may have run since waits for people",
                    "casarectl db restored --dismiss  -- it was not, as after a failover that lost nothing",
                ])
        }
        guard let at = try row.optionalDate("epoch_at") else {
            return DoctorFinding(.restore, .ok, "The database was never restored from a backup.", facts: facts)
        }
        let (blocked, held) = (try row.int("blocked_left"), try row.int("held_left"))
        let rotations = try row.int("rotations_left")
        let epoch =
            "Epoch \(try row.int("epoch")) began at \(at.formatted(.iso8601)), as the database was restored from a "
            + "backup (\(try row.string("why")))"
        guard blocked + held + rotations > 0 else {
            return DoctorFinding(.restore, .ok, "\(epoch); nothing of before is left to look at.", facts: facts)
        }
        var advice: [String] = []
        if blocked > 0 {
            advice.append("casarectl job list --status blocked  -- and casarectl job resolve JOB for each")
        }
        if held > 0 {
            advice.append("casarectl job list --status paused  -- and casarectl job resume for those that did not run")
        }
        if rotations > 0 {
            advice += [
                "casarectl secret list -o wide  -- rotation_held; secret rotate NAME with the value that counts",
                "casarectl secret policy NAME …  -- the policy again, where the value here is the one that counts",
                "casarectl secret rotate NAME --discard  -- where a version waits that did not come into use",
            ]
        }
        var left: [String] = []
        if blocked + held > 0 {
            left.append(
                "\(self.count(blocked, "job")) that ran then and \(self.count(held, "job")) that waited still stand "
                    + "still, as they may have run in the time that was lost")
        }
        if rotations > 0 {
            left.append(
                "the rotation of \(self.count(rotations, "secret")) waits for a person, as the values here may be old")
        }
        return DoctorFinding(
            .restore, .warning, "\(epoch): \(left.joined(separator: "; ")).", facts: facts, advice: advice)
    }
}

enum RestoredQueries {
    /// One more than `count_max` are counted.
    static let state = Query(
        """
        SELECT
            installation.epoch, suspected_why, casare_restored_from() AS restored_from, began.at AS epoch_at, began.why,
            left_over.blocked AS blocked_left, left_over.held AS held_left, left_over.rotations AS rotations_left,
            json_build_object(
                'epoch', installation.epoch, 'timeline', timeline, 'backup', backup, 'seen_at', installation.seen_at,
                'suspected_at', suspected_at, 'suspected_why', suspected_why, 'epoch_at', began.at,
                'declared_by', began.declared_by, 'state_of', began.state_of, 'jobs_blocked', began.jobs_blocked,
                'jobs_held', began.jobs_held, 'schedules_moved', began.schedules_moved,
                'secret_leases_dropped', began.secret_leases_dropped, 'blocked_left', left_over.blocked,
                'held_left', left_over.held, 'rotations_left', left_over.rotations)::text AS facts
        FROM installation
        LEFT JOIN installation_epochs AS began ON began.epoch = installation.epoch
        CROSS JOIN LATERAL (
            SELECT
                (
                    SELECT count(*) FROM (
                        SELECT FROM blocked WHERE blocked.since = began.at LIMIT @count_max + 1
                    ) AS counted
                ) AS blocked,
                (
                    SELECT count(*) FROM (
                        SELECT FROM paused
                        WHERE paused.since = began.at AND paused.paused_by = 'restore' LIMIT @count_max + 1
                    ) AS counted
                ) AS held,
                (
                    SELECT count(*) FROM (
                        SELECT FROM secret_rotations
                        JOIN secrets ON secrets.tenant_id = secret_rotations.tenant_id
                            AND secrets.secret_id = secret_rotations.secret_id AND secrets.deleted_at IS NULL
                        WHERE secret_rotations.look_at = 'infinity' OR secret_rotations.until = 'infinity'
                        LIMIT @count_max + 1
                    ) AS counted
                ) AS rotations
        ) AS left_over
        """)
}
