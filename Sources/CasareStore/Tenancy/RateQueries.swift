import CasarePostgres

enum RateQueries {
    /// Takes some requests out of a caller's rate, if they fit. The row says when all that were taken would be over,
    /// had they come one by one; it may lie ahead by the burst (the generic cell rate algorithm, ITU-T I.371 annex A).
    ///
    /// The clock of the moment counts, not of the transaction: it may have waited for another one's row.
    static let take = Query(
        """
        WITH clock AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, clock_timestamp()) AS at
        ), taken AS (
            INSERT INTO request_rates AS known (principal, spent_until)
            SELECT @principal, at + @cost * interval '1 second' FROM clock
            ON CONFLICT (tenant_id, principal) DO UPDATE SET
                spent_until = greatest(
                    known.spent_until, coalesce(@now::timestamptz, clock_timestamp())
                ) + @cost * interval '1 second'
            WHERE known.spent_until <= coalesce(@now::timestamptz, clock_timestamp())
                + (@burst - @cost) * interval '1 second'
            RETURNING spent_until
        )
        SELECT
            EXISTS (SELECT FROM taken) AS granted,
            -- As it was before: who is refused waits until what was taken is over but for the burst.
            coalesce((
                SELECT extract(epoch FROM spent_until - clock.at)::double precision + @cost - @burst
                FROM request_rates WHERE tenant_id = casare_tenant() AND principal = @principal
            ), 0) AS wait
        FROM clock
        """)

    /// Runs as the system.
    static let clean = Query(
        """
        DELETE FROM request_rates WHERE (tenant_id, principal) IN (
            SELECT tenant_id, principal FROM request_rates
            WHERE spent_until < coalesce(@now::timestamptz, now()) - interval '1 minute'
            ORDER BY spent_until LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        """)
}
