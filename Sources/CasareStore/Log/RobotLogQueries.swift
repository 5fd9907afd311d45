import CasarePostgres

enum RobotLogQueries {
    /// Where the log of a robot begins, unless it has begun. No row of a robot that is not registered.
    static let begin = Query(
        """
        INSERT INTO robot_log_heads (tenant_id, robot_id)
        SELECT robots.tenant_id, robots.robot_id FROM robots
        WHERE robots.tenant_id = casare_tenant() AND robots.robot_id = @robot
        ON CONFLICT (tenant_id, robot_id) DO NOTHING
        """)

    /// How far the log of a robot that is registered has got, for who writes next: nobody else does until the
    /// transaction has ended. What belongs to another process counts as nothing, and so does what belongs to another hour.
    static let hold = Query(
        """
        SELECT
            CASE WHEN heads.stream = @stream THEN heads.number ELSE 0 END AS number,
            greatest(
                heads.position, (extract(epoch FROM coalesce(@now::timestamptz, clock_timestamp())) * 1000000)::int8
            ) AS place,
            date_trunc('hour', coalesce(@now::timestamptz, clock_timestamp()), 'UTC') AS hour,
            heads.window_at, heads.lines, heads.bytes, heads.is_full
        FROM robots
        JOIN robot_log_heads AS heads
            ON heads.tenant_id = robots.tenant_id AND heads.robot_id = robots.robot_id
        WHERE robots.tenant_id = casare_tenant() AND robots.robot_id = @robot
        FOR NO KEY UPDATE OF heads
        """)

    static let advance = Query(
        """
        UPDATE robot_log_heads SET
            position = @position, stream = @stream, number = @number, window_at = @hour, lines = @lines::int4,
            bytes = @bytes, is_full = @is_full
        WHERE tenant_id = casare_tenant() AND robot_id = @robot
        """)

    static let append = Query(
        """
        INSERT INTO robot_logs (
            tenant_id, robot_id, position, at, level, label, message, fields, trace_id, span_id
        )
        SELECT
            casare_tenant(), @robot::text, entry.place, entry.at, entry.level, entry.label, entry.message,
            entry.fields::json, entry.trace::uuid, decode(entry.span, 'hex')
        FROM unnest(
            @positions::int8[], @times::timestamptz[], @levels::text[], @labels::text[], @messages::text[],
            @fields::text[], @traces::text[], @spans::text[]
        ) AS entry (place, at, level, label, message, fields, trace, span)
        """)

    // MARK: - Reading

    /// How far a robot's log has got: all lines up to there can be seen. A robot that was forgotten has one for as long
    /// as its lines. No row: there is no such robot.
    static let reach = Query(
        """
        SELECT coalesce(
            (
                SELECT heads.position FROM robot_log_heads AS heads
                WHERE heads.tenant_id = casare_tenant() AND heads.robot_id = @robot
            ), 0) AS place
        WHERE EXISTS (
                SELECT FROM robots WHERE robots.tenant_id = casare_tenant() AND robots.robot_id = @robot
            ) OR EXISTS (
                SELECT FROM robot_log_heads AS heads
                WHERE heads.tenant_id = casare_tenant() AND heads.robot_id = @robot
            )
        """)

    private static let columns = """
        robot_logs.position AS place, robot_logs.at, robot_logs.level, robot_logs.label, robot_logs.message,
        robot_logs.fields::text AS fields, replace(robot_logs.trace_id::text, '-', '') AS trace,
        encode(robot_logs.span_id, 'hex') AS span
        """

    /// Lines behind one place, up to another, in order.
    static let page = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_logs
            WHERE robot_logs.tenant_id = casare_tenant() AND robot_logs.robot_id = @robot
                AND robot_logs.position > @after AND robot_logs.position <= @until
                AND robot_logs.level = ANY (@levels::text[])
            ORDER BY robot_logs.position LIMIT @limit::int8
            """)

    /// The last of them, in order.
    static let tail = Query(
        assembled: """
            SELECT * FROM (
                SELECT \(Self.columns) FROM robot_logs
                WHERE robot_logs.tenant_id = casare_tenant() AND robot_logs.robot_id = @robot
                    AND robot_logs.position > @after AND robot_logs.position <= @until
                    AND robot_logs.level = ANY (@levels::text[])
                ORDER BY robot_logs.position DESC LIMIT @limit::int8
            ) AS newest
            ORDER BY place
            """)

    // MARK: - Keeping

    static let createPartitions = Query(
        "SELECT casare_create_log_partitions(@days::int4, coalesce(@now::timestamptz, now())) AS created")

    /// Fails where a lock is not to be had within a moment: who waits for such a lock makes everyone else wait.
    static let dropPartitions = Query(
        """
        SELECT casare_drop_log_partitions(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day') AS dropped
        """)

    /// Lines for whose day there was no partition.
    static let purgeStrays = Query(
        """
        DELETE FROM robot_logs_default WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM robot_logs_default
            WHERE position < (
                extract(epoch FROM coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day') * 1000000)::int8
            LIMIT @limit
        ))
        """)

    /// Of robots that were forgotten, once their lines are gone.
    static let purgeHeads = Query(
        """
        DELETE FROM robot_log_heads WHERE ctid = ANY (ARRAY(
            SELECT heads.ctid FROM robot_log_heads AS heads
            WHERE heads.position < (
                    extract(epoch FROM coalesce(@now::timestamptz, now()) - (@days::int4 + 1) * interval '1 day')
                    * 1000000)::int8
                AND NOT EXISTS (
                    SELECT FROM robots
                    WHERE robots.tenant_id = heads.tenant_id AND robots.robot_id = heads.robot_id)
            LIMIT @limit
        ))
        """)
}
