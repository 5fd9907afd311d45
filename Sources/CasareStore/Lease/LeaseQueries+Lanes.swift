import CasarePostgres

/// Leasing from a queue that has rules.
extension LeaseQueries {
    /// Hands out the next jobs of a queue that has rules, from lanes that may be leased from now, the next turns first.
    /// Lanes that another transaction works on are skipped. What it finds blocked it parks.
    ///
    /// All of it has one snapshot, in which what others leased just now is missing. So whatever counts leases first
    /// locks the row that everyone counts under, and takes it only as the snapshot shows it: version and all. Whoever
    /// leases under a limit changes that version, and so does who wakes a lane.
    ///
    /// `lanes` bounds how many lanes it looks at, twice for each requirement, and twice in all; `share` is how many
    /// jobs at least come from one lane at a time. `turn_from` is where to begin in the order of turns, null for the
    /// beginning: while somebody holds an old snapshot, the index keeps an entry of each turn before, and of each
    /// parking. `next_turn`, in each row, is what to begin from next time. A session whose queue is plain gets nothing.
    static let leaseLanes = LeaseQueries.lanes(where: LeaseFragments.isUnbounded)

    /// The same for a tenant that may run so many jobs at once, after `lockTenant`.
    static let leaseLanesBounded = LeaseQueries.lanes(where: "true")

    /// - Parameter condition: which tenants get something.
    private static func lanes(where condition: String) -> Query {
        Query(
            assembled: """
                WITH session AS MATERIALIZED (
                    SELECT
                        robot_sessions.queue_id, robot_sessions.robot_id, robots.tags, robots.capabilities,
                        -- Later than the transaction's beginning, after which it may have waited for others.
                        coalesce(@now::timestamptz, statement_timestamp()) AS at
                    FROM robot_sessions JOIN robots USING (tenant_id, robot_id)
                    WHERE robot_sessions.tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL
                        AND robot_sessions.cordoned_at IS NULL
                        AND \(condition)
                ), seen_rules AS MATERIALIZED (
                    SELECT
                        session.*, version, concurrency, rate_every_seconds, rate_burst, rate_busy_until, token_from,
                        ageing_seconds, key_concurrency, key_rate_every_seconds, key_rate_burst,
                        casare_gate(session.queue_id, 0) AS gate_from, casare_gate(session.queue_id + 1, 0) AS gate_until,
                        concurrency IS NOT NULL OR rate_every_seconds IS NOT NULL AS is_limited
                    FROM session
                    JOIN queue_rules
                        ON queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = session.queue_id
                    WHERE paused_at IS NULL OR paused_until <= session.at
                ), own_rules AS MATERIALIZED (
                    SELECT locked.queue_id
                    FROM seen_rules CROSS JOIN LATERAL (
                        SELECT queue_id FROM queue_rules
                        WHERE queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = seen_rules.queue_id
                            AND queue_rules.version = seen_rules.version
                        FOR NO KEY UPDATE SKIP LOCKED
                    ) AS locked
                    WHERE seen_rules.is_limited
                ), running AS MATERIALIZED (
                    SELECT count(*) AS leases, min(token) AS token_from
                    FROM seen_rules CROSS JOIN LATERAL (
                        SELECT token FROM leases
                        WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                            AND gate >= seen_rules.gate_from AND gate < seen_rules.gate_until
                            AND token >= seen_rules.token_from
                        OFFSET 0
                    ) AS held
                    WHERE seen_rules.concurrency IS NOT NULL
                ), rules AS MATERIALIZED (
                    SELECT
                        seen_rules.*, coalesce(@turn_from::timestamptz, '-infinity') AS turn_from,
                        CASE WHEN @turn_from::timestamptz IS NULL THEN '-infinity' ELSE at - interval '2 seconds' END
                            AS parked_from,
                        CASE
                            WHEN NOT is_limited THEN @limit::int4
                            WHEN EXISTS (SELECT FROM own_rules) THEN
                                greatest(0, least(
                                    @limit::int4,
                                    concurrency - (SELECT leases FROM running)::int4,
                                    casare_rate_room(rate_busy_until, rate_every_seconds, rate_burst, at)))
                            ELSE 0
                        END AS room
                    FROM seen_rules
                ), fits AS MATERIALIZED (
                    SELECT rules.queue_id, rules.at, rules.turn_from, rules.parked_from, 0 AS requirement_id FROM rules WHERE rules.room > 0
                    UNION ALL
                    SELECT rules.queue_id, rules.at, rules.turn_from, rules.parked_from, requirements.requirement_id
                    FROM rules JOIN requirements
                        ON requirements.tenant_id = casare_tenant() AND requirements.queue_id = rules.queue_id
                    WHERE rules.room > 0 AND requirements.tags <@ rules.tags AND requirements.capabilities <@ rules.capabilities
                        AND (requirements.robot_id IS NULL OR requirements.robot_id = rules.robot_id)
                        AND (
                            requirements.workflow_id IS NULL
                            OR EXISTS (
                                SELECT FROM workflow_robots AS assigned
                                WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = requirements.workflow_id
                                    AND assigned.robot_id = rules.robot_id)
                            OR NOT EXISTS (
                                SELECT FROM workflow_robots AS assigned
                                WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = requirements.workflow_id)
                        )
                ), candidates AS MATERIALIZED (
                    (
                        SELECT next.* FROM fits CROSS JOIN LATERAL (
                            SELECT
                                lanes.ctid AS row, lane_id, priority, key_id, turn_at, mark_seq, marked_at, version,
                                parked_until
                            FROM lanes
                            WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = fits.queue_id
                                AND lanes.requirement_id = fits.requirement_id
                                AND parked_until IS NULL
                                AND lanes.turn_at >= fits.turn_from
                            ORDER BY lanes.turn_at LIMIT @lanes
                        ) AS next
                        ORDER BY next.turn_at LIMIT @lanes
                    ) UNION ALL (
                        SELECT next.* FROM fits CROSS JOIN LATERAL (
                            SELECT
                                lanes.ctid AS row, lane_id, priority, key_id, turn_at, mark_seq, marked_at, version,
                                parked_until
                            FROM lanes
                            WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = fits.queue_id
                                AND lanes.requirement_id = fits.requirement_id
                                AND parked_until IS NOT NULL AND lanes.parked_until <= fits.at
                                AND lanes.parked_until > fits.parked_from
                            ORDER BY lanes.parked_until LIMIT @lanes
                        ) AS next
                        ORDER BY next.parked_until LIMIT @lanes
                    )
                ), keyed AS MATERIALIZED (
                    SELECT
                        candidates.*, rules.at, casare_gate(rules.queue_id, candidates.key_id) AS gate, known.version AS key_version, known.token_from AS key_token_from,
                        known.rate_busy_until,
                        -- What is said of keys does not concern jobs without one.
                        coalesce(known.concurrency, CASE WHEN candidates.key_id > 0 THEN rules.key_concurrency END)
                            AS concurrency,
                        coalesce(
                            known.rate_every_seconds, CASE WHEN candidates.key_id > 0 THEN rules.key_rate_every_seconds END
                        ) AS rate_every_seconds,
                        CASE WHEN known.rate_every_seconds IS NULL THEN rules.key_rate_burst ELSE known.rate_burst END
                            AS rate_burst,
                        known.paused_at IS NOT NULL AND (known.paused_until IS NULL OR known.paused_until > rules.at)
                            AS is_paused,
                        known.paused_until,
                        -- Below the mark hides what was locked when it passed: it is not trusted for long.
                        CASE
                            WHEN candidates.marked_at > rules.at - interval '2 seconds' THEN candidates.mark_seq ELSE 0
                        END AS seq_from
                    FROM rules CROSS JOIN candidates
                    LEFT JOIN queue_keys AS known ON known.key_id = candidates.key_id
                ), counted AS MATERIALIZED (
                    SELECT
                        keyed.*, held.leases, held.token_from,
                        keyed.concurrency IS NOT NULL OR keyed.rate_every_seconds IS NOT NULL AS is_limited, peek.has_jobs,
                        CASE WHEN keyed.is_paused OR NOT peek.has_jobs THEN 0 ELSE greatest(0, least(
                            @limit::int4, keyed.concurrency - held.leases::int4,
                            casare_rate_room(keyed.rate_busy_until, keyed.rate_every_seconds, keyed.rate_burst, keyed.at)))
                        END AS room,
                        -- Lanes of one key share its room: only the first of them that has jobs gets any.
                        row_number() OVER (
                            PARTITION BY keyed.key_id ORDER BY peek.has_jobs DESC, keyed.turn_at, keyed.lane_id
                        ) AS turn_of_key
                    FROM rules CROSS JOIN keyed CROSS JOIN LATERAL (
                        SELECT count(*) AS leases, min(token) AS token_from FROM leases
                        WHERE leases.tenant_id = casare_tenant() AND leases.gate IS NOT NULL
                            AND keyed.concurrency IS NOT NULL
                            AND leases.gate = keyed.gate AND token >= keyed.key_token_from
                    ) AS held CROSS JOIN LATERAL (
                        SELECT EXISTS (
                            SELECT FROM ready
                            WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = keyed.lane_id
                                AND ready.priority = keyed.priority AND ready.seq > keyed.seq_from
                        ) AS has_jobs
                    ) AS peek
                ), own_keys AS MATERIALIZED (
                    SELECT locked.key_id
                    FROM (
                        SELECT key_id, key_version FROM counted
                        WHERE is_limited AND key_id > 0 AND room > 0 AND turn_of_key = 1
                    ) AS wanted
                    CROSS JOIN LATERAL (
                        SELECT key_id FROM queue_keys
                        WHERE queue_keys.key_id = wanted.key_id AND queue_keys.version = wanted.key_version
                        FOR NO KEY UPDATE SKIP LOCKED
                    ) AS locked
                ), usable AS MATERIALIZED (
                    SELECT
                        lane.*,
                        row_number() OVER (ORDER BY NOT lane.is_next, lane.turn_at, lane.lane_id) AS place,
                        -- What is asked for is shared out among the lanes that are as good as next.
                        least(
                            lane.room,
                            greatest(
                                @share::int4,
                                ceil(rules.room::float8 / (count(*) FILTER (WHERE lane.is_next) OVER ()))::int4)
                        ) AS share
                    FROM rules CROSS JOIN (
                        SELECT
                            counted.*,
                            counted.turn_at <= min(counted.turn_at) OVER () + rules.ageing_seconds * interval '1 second'
                                AS is_next
                        FROM rules CROSS JOIN counted
                        WHERE counted.room > 0
                            AND (
                                NOT counted.is_limited OR counted.key_id = 0
                                OR counted.turn_of_key = 1 AND counted.key_id IN (SELECT own_keys.key_id FROM own_keys)
                            )
                    ) AS lane
                ), shared AS MATERIALIZED (
                    SELECT next.row, next.seq, lane.lane_id, lane.priority, lane.place
                    FROM (SELECT * FROM usable WHERE is_next ORDER BY place) AS lane
                    CROSS JOIN LATERAL (
                        SELECT ready.ctid AS row, ready.seq FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                            AND ready.priority = lane.priority AND ready.seq > lane.seq_from
                        ORDER BY ready.seq
                        LIMIT lane.share
                        FOR UPDATE SKIP LOCKED
                    ) AS next
                    LIMIT (SELECT room FROM rules)
                ), unfilled AS MATERIALIZED (
                    SELECT rules.room - count(shared.row)::int4 AS room FROM rules LEFT JOIN shared ON true GROUP BY rules.room
                ), with_more AS MATERIALIZED (
                    SELECT
                        usable.lane_id, usable.priority, usable.place, coalesce(begun.seq, usable.seq_from) AS seq_from,
                        least(usable.room - coalesce(begun.jobs, 0)::int4, unfilled.room) AS share
                    FROM unfilled CROSS JOIN usable
                    LEFT JOIN (
                        SELECT lane_id, priority, count(*) AS jobs, max(seq) AS seq FROM shared GROUP BY 1, 2
                    ) AS begun USING (lane_id, priority)
                    WHERE unfilled.room > 0 AND (NOT usable.is_next OR begun.jobs = usable.share AND usable.room > begun.jobs)
                ), filled AS MATERIALIZED (
                    -- Then by turns, as long as there is room.
                    SELECT next.row, next.seq, lane.lane_id, lane.priority, lane.place
                    FROM (SELECT * FROM with_more ORDER BY place) AS lane
                    CROSS JOIN LATERAL (
                        SELECT ready.ctid AS row, ready.seq FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lane.lane_id
                            AND ready.priority = lane.priority AND ready.seq > lane.seq_from
                        ORDER BY ready.seq
                        LIMIT lane.share
                        FOR UPDATE SKIP LOCKED
                    ) AS next
                    LIMIT (SELECT room FROM unfilled)
                ), taken AS (
                    DELETE FROM ready
                    WHERE ctid = ANY (ARRAY(SELECT shared.row FROM shared UNION ALL SELECT filled.row FROM filled))
                    RETURNING tenant_id, job_id, seq, queue_id AS lane_id, priority, attempt + 1 AS attempt, crashes,
                        since AS ready_since, nextval('lease_tokens') AS token
                ), leased AS (
                    INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes, gate)
                    SELECT
                        taken.tenant_id, taken.job_id, taken.token, @session, rules.at, taken.attempt, taken.crashes,
                        casare_gate(rules.queue_id, usable.key_id)
                    FROM rules CROSS JOIN taken JOIN usable USING (lane_id, priority)
                ), noted AS (
                    INSERT INTO events (tenant_id, job_id, at, kind)
                    SELECT tenant_id, job_id, rules.at, 'leased' FROM rules CROSS JOIN taken
                ), served AS MATERIALIZED (
                    SELECT lane_id, priority, count(*) AS jobs, max(seq) AS seq, min(token) AS token FROM taken GROUP BY 1, 2
                ), total AS MATERIALIZED (
                    SELECT
                        coalesce(sum(jobs), 0) AS jobs, min(token) AS token,
                        (SELECT max(place) FROM shared) AS shared_place, (SELECT max(place) FROM filled) AS filled_place
                    FROM served
                ), result AS MATERIALIZED (
                    SELECT
                        counted.*, coalesce(served.jobs, 0) AS jobs, served.seq AS last_seq, served.token,
                        -- It was asked for more than it had; not so the one at which there was enough.
                        NOT counted.has_jobs
                            OR usable.is_next AND coalesce(served.jobs, 0) < usable.share
                                AND (usable.place < total.shared_place OR unfilled.room > 0)
                            OR with_more.share > (
                                SELECT count(*) FROM filled
                                WHERE filled.lane_id = with_more.lane_id AND filled.priority = with_more.priority
                            ) AND (with_more.place < total.filled_place OR total.jobs < rules.room) AS is_short,
                        CASE WHEN counted.rate_every_seconds IS NOT NULL THEN
                            greatest(counted.rate_busy_until, counted.at)
                                + coalesce(served.jobs, 0) * counted.rate_every_seconds * interval '1 second'
                        END AS rate_busy_after
                    FROM rules CROSS JOIN total CROSS JOIN unfilled CROSS JOIN counted
                    LEFT JOIN usable USING (lane_id, priority)
                    LEFT JOIN with_more USING (lane_id, priority)
                    LEFT JOIN served USING (lane_id, priority)
                ), rated_queue AS (
                    UPDATE queue_rules
                    SET version = queue_rules.version + 1,
                        token_from = coalesce(running.token_from, total.token),
                        rate_busy_until = CASE WHEN rules.rate_every_seconds IS NOT NULL THEN
                            greatest(rules.rate_busy_until, rules.at)
                                + total.jobs * rules.rate_every_seconds * interval '1 second'
                        END
                    FROM rules CROSS JOIN total CROSS JOIN running
                    WHERE queue_rules.queue_id = (SELECT own_rules.queue_id FROM own_rules) AND total.jobs > 0
                ), rated_keys AS (
                    UPDATE queue_keys
                    SET version = queue_keys.version + 1,
                        -- Without a limit nobody has looked which leases there are.
                        token_from = CASE
                            WHEN result.concurrency IS NOT NULL THEN coalesce(result.token_from, result.token)
                            ELSE queue_keys.token_from
                        END,
                        rate_busy_until = result.rate_busy_after
                    FROM result
                    WHERE queue_keys.key_id = result.key_id AND result.is_limited AND result.key_id > 0 AND result.jobs > 0
                ), turning AS MATERIALIZED (
                    SELECT result.*, parking.reason
                    FROM result CROSS JOIN LATERAL (
                        SELECT CASE
                            WHEN result.is_paused THEN 'paused'
                            WHEN result.is_short AND result.seq_from = 0 THEN 'empty'
                            WHEN result.concurrency - result.leases - result.jobs <= 0 THEN 'concurrency'
                            WHEN casare_rate_room(
                                result.rate_busy_after, result.rate_every_seconds, result.rate_burst, result.at) <= 0
                                THEN 'rate'
                        END AS reason
                    ) AS parking
                    WHERE result.jobs > 0 OR result.is_short OR parking.reason IS NOT NULL
                ), own_lanes AS MATERIALIZED (
                    -- One that several lease from at once is turned by one of them. Nobody waits. By place, not by key:
                    -- its index keeps an entry of each turn for as long as an old snapshot lasts.
                    SELECT turning.*
                    FROM turning CROSS JOIN LATERAL (
                        SELECT FROM lanes
                        WHERE lanes.ctid = turning.row AND lanes.version = turning.version
                        FOR NO KEY UPDATE SKIP LOCKED
                    ) AS locked
                ), turned AS (
                    UPDATE lanes
                    SET version = lanes.version + 1,
                        turn_at = CASE WHEN lane.jobs > 0 OR lane.reason = 'empty'
                            THEN lane.at - lanes.priority * rules.ageing_seconds * interval '1 second' ELSE lanes.turn_at END,
                        mark_seq = CASE WHEN lane.is_short THEN 0 ELSE coalesce(lane.last_seq, lanes.mark_seq) END,
                        marked_at = CASE
                            WHEN lane.is_short OR lane.jobs > 0 AND lane.seq_from = 0 THEN lane.at ELSE lanes.marked_at END,
                        parked_for = lane.reason,
                        -- Never far away: whoever changes what a lane waits for wakes those that are parked, and this
                        -- one is only after he has looked. So for one that turns out empty, which a submit may be about
                        -- to fill.
                        parked_until = CASE lane.reason
                            WHEN 'empty' THEN lane.at + CASE
                                WHEN lanes.parked_for IS DISTINCT FROM 'empty' THEN interval '100 milliseconds'
                                -- One of these goes when it stays empty.
                                WHEN lanes.lane_id < 0 THEN interval '1 second'
                                ELSE interval '5 seconds'
                            END
                            WHEN 'concurrency' THEN lane.at + interval '100 milliseconds'
                            WHEN 'rate' THEN least(
                                lane.rate_busy_after
                                    - (lane.rate_burst - 1) * lane.rate_every_seconds * interval '1 second',
                                lane.at + interval '5 seconds')
                            WHEN 'paused' THEN least(lane.paused_until, lane.at + interval '5 seconds')
                        END
                    FROM rules CROSS JOIN own_lanes AS lane
                    WHERE lanes.ctid = lane.row
                )
                SELECT
                    (SELECT min(candidates.turn_at) FROM candidates) AS next_turn,
                    \(LeaseFragments.leasedColumns)
                \(LeaseFragments.leasedRows)
                """)
    }
}
