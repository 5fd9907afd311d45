import CasarePostgres

/// All of them run as the system: whoever shows a wrong token is nobody's.
enum LockoutQueries {
    /// Counts failures. A count begins anew when its time is over, or the lock that it came to. A lock is not made
    /// longer by failures that others had counted before they knew of it.
    static let failed = Query(
        """
        INSERT INTO lockouts AS known (subject, failures, since, locked_until, ends_at)
        SELECT
            @subject, @count::integer, clock.at,
            CASE WHEN @count::integer >= @max::integer THEN clock.at + @locked_for * interval '1 second' END,
            clock.at + CASE WHEN @count::integer >= @max::integer THEN @locked_for ELSE @within END * interval '1 second'
        FROM (SELECT coalesce(@now::timestamptz, now()) AS at) AS clock
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE
                WHEN known.ends_at <= excluded.since THEN excluded.failures
                ELSE known.failures + excluded.failures
            END,
            since = CASE WHEN known.ends_at <= excluded.since THEN excluded.since ELSE known.since END,
            locked_until = CASE
                WHEN known.ends_at <= excluded.since THEN excluded.locked_until
                WHEN known.locked_until IS NOT NULL THEN known.locked_until
                WHEN known.failures + excluded.failures >= @max::integer
                    THEN excluded.since + @locked_for * interval '1 second'
            END,
            ends_at = CASE
                WHEN known.ends_at <= excluded.since THEN excluded.ends_at
                WHEN known.locked_until IS NULL AND known.failures + excluded.failures >= @max::integer
                    THEN excluded.since + @locked_for * interval '1 second'
                ELSE known.ends_at
            END
        RETURNING
            extract(epoch FROM locked_until - coalesce(@now::timestamptz, now()))::double precision AS locked,
            failures >= @max::integer AND failures - @count::integer < @max::integer AS has_begun
        """)

    static let get = Query(
        """
        SELECT extract(epoch FROM locked_until - coalesce(@now::timestamptz, now()))::double precision AS locked
        FROM lockouts
        WHERE subject = @subject AND locked_until > coalesce(@now::timestamptz, now())
        """)

    static let clean = Query(
        """
        DELETE FROM lockouts WHERE subject IN (
            SELECT subject FROM lockouts
            WHERE ends_at < coalesce(@now::timestamptz, now())
            ORDER BY ends_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        """)
}
