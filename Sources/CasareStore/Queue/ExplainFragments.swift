/// What the statements that explain have in common. Constant text: values go into statements as parameters.
///
/// A reason is a row of `place`, by which reasons are ordered, its code, the facts behind it as `detail`, and `clears`:
/// the command that removes it, as `Explanation.Command` reads it, or null.
enum ExplainFragments {
    /// Of keys, or of needs, no more are told; the last one says how many there are beside.
    static let rowsMax = 20

    /// A moment as the API writes moments: in UTC, rounded to the millisecond.
    static func moment(_ at: String) -> String {
        """
        to_char((\(at) + interval '500 microseconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        """
    }

    /// - Parameters:
    ///   - operand: what the verb is about.
    ///   - options: names, and what is given with them.
    static func command(_ verb: String, _ operand: String, _ options: (name: String, value: String)...) -> String {
        let options = options.map { "json_build_array('\($0.name)', (\($0.value))::text)" }.joined(separator: ", ")
        return "json_build_object('run', 'casarectl \(verb)', 'of', \(operand), 'with', json_build_array(\(options)))"
    }

    // MARK: - Robots

    /// A member of a `WITH` list: who holds how many leases.
    static let inUse = """
        in_use AS MATERIALIZED (
            SELECT session_id, count(*) AS leases FROM leases
            WHERE leases.tenant_id = casare_tenant() GROUP BY session_id
        )
        """

    /// Robots with the session that counts, if one is open, the queue that this session leases from or else the one of
    /// their environment, and how they stand: by the same rules as `RobotQueries.list`. Of several sessions that lease
    /// from this queue all slots count; `slots_wanted` is what each needs for one more job. Needs `at` and `in_use`.
    static let robots = """
        (
            SELECT
                robots.robot_id, robots.environment, robots.tags, robots.capabilities, robots.cordoned_at,
                robots.cordoned_by, robots.cordon_reason,
                coalesce(total.slots, session.slots, robots.slots) AS slots,
                coalesce(total.leases, 0) AS slots_in_use, total.free AS free_slots,
                greatest(
                    coalesce(session.slots, robots.slots),
                    coalesce(total.leases, 0) / greatest(total.sessions, 1)) + 1 AS slots_wanted,
                coalesce(
                    session.queue_id,
                    (
                        SELECT queues.queue_id FROM queues
                        WHERE queues.tenant_id = casare_tenant() AND queues.name = robots.environment
                    )) AS queue_id,
                session.session_id, session.is_in_time, session.seen_at, session.alive_until, session.lost_at,
                session.ending, session.ending_asked_at, session.ending_asked_by, session.ending_reason,
                session.overdue_job, session.overdue_since, session.unasked_since,
                CASE
                    WHEN session.session_id IS NULL THEN 'offline'
                    WHEN NOT session.is_in_time THEN 'stale'
                    WHEN session.ending IS NOT NULL THEN 'draining'
                    WHEN session.cordoned_at IS NOT NULL OR robots.cordoned_at IS NOT NULL THEN 'cordoned'
                    WHEN session.unasked_since IS NOT NULL THEN 'wedged'
                    WHEN total.free = 0 THEN 'busy'
                    ELSE 'free'
                END AS state
            FROM robots
            LEFT JOIN LATERAL (
                SELECT
                    session_id, queue_id, slots, cordoned_at, seen_at, alive_until, lost_at, ending, ending_asked_at,
                    ending_asked_by, ending_reason, overdue_job, overdue_since, is_in_time,
                    CASE
                        WHEN unasked_since <= (SELECT now FROM at) - 2 * lease_seconds * interval '1 second'
                            AND cordoned_at IS NULL THEN unasked_since
                    END AS unasked_since
                FROM robot_sessions AS known CROSS JOIN LATERAL (
                    SELECT
                        lost_at IS NULL AND alive_until > (SELECT now FROM at)
                        AND seen_at > (SELECT now FROM at) - lease_seconds * interval '1 second' * 2 / 3 AS is_in_time
                ) AS renewed
                WHERE known.tenant_id = casare_tenant() AND known.robot_id = robots.robot_id AND ended_at IS NULL
                ORDER BY is_in_time DESC, overdue_job IS NULL, session_id DESC LIMIT 1
            ) AS session ON true
            LEFT JOIN LATERAL (
                SELECT
                    count(*) AS sessions, sum(known.slots)::int8 AS slots,
                    coalesce(sum(held.leases), 0)::int8 AS leases,
                    sum(greatest(known.slots - coalesce(held.leases, 0), 0))::int8 AS free
                FROM robot_sessions AS known
                LEFT JOIN in_use AS held ON held.session_id = known.session_id
                WHERE known.tenant_id = casare_tenant() AND known.robot_id = robots.robot_id
                    AND known.ended_at IS NULL AND known.queue_id = session.queue_id
                    AND (
                        known.session_id = session.session_id
                        OR known.ending IS NULL AND known.lost_at IS NULL
                            AND known.alive_until > (SELECT now FROM at)
                            AND known.seen_at
                                > (SELECT now FROM at) - known.lease_seconds * interval '1 second' * 2 / 3
                    )
            ) AS total ON true
            WHERE robots.tenant_id = casare_tenant()
        )
        """

    /// Whether a robot may run what needs this. What is needed may be null throughout: then any may.
    static func fits(_ needed: String, _ robot: String) -> String {
        """
        (
            coalesce(\(needed).tags, '{}') <@ \(robot).tags
            AND coalesce(\(needed).capabilities, '{}') <@ \(robot).capabilities
            AND \(Self.isNamed(needed, robot))
        )
        """
    }

    /// Whether nothing but tags and capabilities can keep a robot from running what needs this.
    private static func isNamed(_ needed: String, _ robot: String) -> String {
        """
        coalesce(\(needed).robot_id, \(robot).robot_id) = \(robot).robot_id
            AND (
                \(needed).workflow_id IS NULL
                OR EXISTS (
                    SELECT FROM workflow_robots AS assigned
                    WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = \(needed).workflow_id
                        AND assigned.robot_id = \(robot).robot_id)
                OR NOT EXISTS (
                    SELECT FROM workflow_robots AS assigned
                    WHERE assigned.tenant_id = casare_tenant() AND assigned.workflow_id = \(needed).workflow_id)
            )
        """
    }

    /// What the `needed` says, as members of a JSON object.
    static let need = """
        'tags', needed.tags, 'capabilities', needed.capabilities, 'robot', needed.robot_id,
            'workflow', needed.workflow
        """

    /// A member of a `WITH` list: for each row of `needed`, which of the robots in `robot` come nearest to it and what
    /// they lack, and the command that makes the nearest fit, null where none can.
    static let nearest = """
        near AS MATERIALIZED (
            SELECT needed.requirement_id, others.nearest, others.clears
            FROM needed CROSS JOIN LATERAL (
                SELECT
                    json_agg(json_build_object('robot', robot_id, 'lacks', lacks) ORDER BY number)
                        FILTER (WHERE number <= 3) AS nearest,
                    (array_agg(
                        json_build_object('run', 'casarectl robot register', 'of', robot_id, 'with', (
                            SELECT json_agg(json_build_array(kind, label) ORDER BY kind DESC, label) FROM (
                                SELECT 'tag' AS kind, unnest(tags || needed.tags) AS label
                                WHERE NOT needed.tags <@ tags
                                UNION
                                SELECT 'capability', unnest(capabilities || needed.capabilities)
                                WHERE NOT needed.capabilities <@ capabilities
                            ) AS option
                        )) ORDER BY number
                    ))[1] AS clears
                FROM (
                    SELECT known.*, row_number() OVER (
                        ORDER BY cardinality(lacks), state IN ('offline', 'stale'), robot_id
                    ) AS number
                    FROM (
                        SELECT robot.robot_id, robot.tags, robot.capabilities, robot.state, ARRAY(
                            (SELECT unnest(needed.tags) EXCEPT SELECT unnest(robot.tags))
                            UNION ALL
                            (SELECT unnest(needed.capabilities) EXCEPT SELECT unnest(robot.capabilities))
                            ORDER BY 1
                        ) AS lacks
                        FROM robot WHERE \(Self.isNamed("needed", "robot"))
                    ) AS known
                    WHERE cardinality(lacks) > 0
                ) AS known
            ) AS others
        )
        """

    /// Robots of `robot` in the order of their names, the first five: how each stands, and who wants it so.
    private static let standing = """
        array_to_json((array_agg(
            json_build_object(
                'robot', robot.robot_id, 'state', robot.state,
                'by', CASE robot.state WHEN 'draining' THEN ending_asked_by WHEN 'cordoned' THEN cordoned_by END,
                'reason', CASE robot.state WHEN 'draining' THEN ending_reason WHEN 'cordoned' THEN cordon_reason END,
                'order', ending,
                'since', \(Self.moment(
                    "CASE robot.state WHEN 'draining' THEN ending_asked_at WHEN 'cordoned' THEN cordoned_at "
                        + "WHEN 'stale' THEN seen_at END")))
            ORDER BY robot.robot_id))[1:5])
        """

    private static func first(_ state: String, _ command: String) -> String {
        "(array_agg(\(command) ORDER BY robot.robot_id) FILTER (WHERE robot.state = '\(state)'))[1]"
    }

    /// Why none of the robots in `robot` that `fits` takes a job now; no row when one does.
    static func robotReasons(queue: String) -> String {
        """
        SELECT 8, CASE
                WHEN known.alive = 0 THEN 'robots_offline'
                WHEN known.busy > 0 THEN 'robots_busy'
                WHEN known.cordoned > 0 THEN 'robots_cordoned'
                ELSE 'robots_draining'
            END,
            json_build_object(
                'queue', \(queue), 'fitting', known.robots, 'alive', known.alive, 'cordoned', known.cordoned,
                'slots', known.slots, 'slots_in_use', known.slots_in_use, 'robots', known.standing),
            CASE WHEN known.busy > 0 THEN known.widen WHEN known.cordoned > 0 THEN known.uncordon END
        FROM (
            SELECT
                count(*) AS robots, count(*) FILTER (WHERE robot.state = 'free') AS free,
                count(*) FILTER (WHERE robot.state = 'wedged') AS wedged,
                count(*) FILTER (WHERE robot.state NOT IN ('offline', 'stale')) AS alive,
                count(*) FILTER (WHERE robot.state = 'cordoned') AS cordoned,
                count(*) FILTER (WHERE robot.state = 'busy') AS busy,
                sum(robot.slots) FILTER (WHERE robot.state = 'busy') AS slots,
                sum(robot.slots_in_use) FILTER (WHERE robot.state = 'busy') AS slots_in_use,
                \(Self.standing) AS standing,
                \(Self.first("cordoned", Self.command("robot uncordon", "robot.robot_id"))) AS uncordon,
                \(Self.first("busy", """
                    CASE WHEN robot.slots_wanted <= 1000 THEN
                    \(Self.command("robot register", "robot.robot_id", ("slots", "robot.slots_wanted"))) END
                    """)) AS widen
            FROM robot WHERE robot.fits
        ) AS known
        WHERE known.robots > 0 AND known.free = 0 AND (known.busy > 0 OR known.wedged = 0)
        UNION ALL
        SELECT * FROM (
            SELECT 8.5, 'wedged',
                json_build_object(
                    'cause', 'not_asking', 'robot', robot.robot_id, 'since', \(Self.moment("robot.unasked_since"))),
                \(Self.command("robot stop", "robot.robot_id"))
            FROM robot
            WHERE robot.fits AND robot.state = 'wedged'
                AND NOT EXISTS (SELECT FROM robot AS other WHERE other.fits AND other.state = 'free')
            ORDER BY robot.robot_id LIMIT 5
        ) AS wedged
        """
    }

    /// What jobs wait for that no robot in `robot` meets, or none that takes jobs while others of the queue do.
    /// `needed` says with `waiting` how many they are.
    static func unmetNeeds(queue: String) -> String {
        """
        SELECT 8.6 + unmet.number * 0.001, 'requirement_unmet',
            json_build_object(
                'queue', \(queue), \(Self.need.replacing("needed.", with: "unmet.")), 'waiting', unmet.waiting,
                'robots', unmet.standing, 'nearest', CASE WHEN unmet.robots = 0 THEN unmet.nearest END,
                'more', CASE WHEN unmet.number = \(Self.rowsMax) THEN nullif(unmet.needs - unmet.number, 0) END),
            CASE WHEN unmet.robots = 0 THEN unmet.clears ELSE unmet.uncordon END
        FROM (
            SELECT
                needed.*, near.nearest, near.clears, fitting.*,
                row_number() OVER (ORDER BY needed.waiting DESC, needed.requirement_id) AS number,
                count(*) OVER () AS needs
            FROM needed
            LEFT JOIN near ON near.requirement_id = needed.requirement_id
            CROSS JOIN LATERAL (
                SELECT
                    count(*) AS robots, count(*) FILTER (WHERE robot.state IN ('free', 'busy', 'wedged')) AS taking,
                    \(Self.standing) AS standing,
                    \(Self.first("cordoned", Self.command("robot uncordon", "robot.robot_id"))) AS uncordon
                FROM robot WHERE \(Self.fits("needed", "robot"))
            ) AS fitting
            WHERE fitting.robots = 0 AND EXISTS (SELECT FROM robot)
                OR fitting.taking = 0 AND EXISTS (SELECT FROM robot WHERE robot.state IN ('free', 'busy', 'wedged'))
        ) AS unmet
        WHERE unmet.number <= \(Self.rowsMax)
        """
    }
}
