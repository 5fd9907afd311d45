import CasarePostgres

/// The SQL of what comes to triggers.
enum DeliveryQueries {
    private static let columns = """
        trigger_id, delivery_id, at, result, reason, job_id, delivery_key, source, bytes
        """

    /// Locks the trigger: of two deliveries at once the second one sees what became of the first.
    static let take = Query(
        """
        SELECT
            extract(epoch FROM coalesce(@now::timestamptz, clock_timestamp()) - last_fired_at)::double precision
                AS since_fired
        FROM triggers WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        FOR NO KEY UPDATE
        """)

    static let known = Query(
        """
        SELECT job_id FROM trigger_keys
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND key = ANY (@keys::text[])
            AND until > coalesce(@now::timestamptz, now())
        LIMIT 1
        """)

    /// Forgets those that have ended, or are kept no longer, and counts the others.
    static let underWay = Query(
        """
        WITH open AS (
            SELECT trigger_jobs.job_id FROM trigger_jobs
            WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
                AND EXISTS (
                    SELECT FROM jobs WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = trigger_jobs.job_id)
                AND NOT EXISTS (
                    SELECT FROM outcomes
                    WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = trigger_jobs.job_id)
        ), gone AS (
            DELETE FROM trigger_jobs
            WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
                AND NOT EXISTS (SELECT FROM open WHERE open.job_id = trigger_jobs.job_id)
        )
        SELECT count(*) AS jobs FROM open
        """)

    /// What a trigger that has made a job remembers of it.
    static let fired = Query(
        """
        WITH remembered AS (
            INSERT INTO trigger_keys (trigger_id, key, job_id, until)
            SELECT DISTINCT ON (new.key)
                @trigger::uuid, new.key, @job::uuid,
                coalesce(@now::timestamptz, now()) + make_interval(secs => new.seconds)
            FROM unnest(@keys::text[], @seconds::double precision[]) AS new (key, seconds)
            ORDER BY new.key, new.seconds DESC
            ON CONFLICT (tenant_id, trigger_id, key) DO UPDATE
            SET job_id = excluded.job_id, until = excluded.until
        ), counted AS (
            INSERT INTO trigger_jobs (trigger_id, job_id)
            SELECT @trigger::uuid, @job::uuid WHERE @is_counted::boolean
            ON CONFLICT DO NOTHING
        )
        UPDATE triggers
        SET last_fired_at = coalesce(@now::timestamptz, clock_timestamp()), last_job = @job
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        """)

    static let record = Query(
        assembled: """
            INSERT INTO trigger_deliveries (
                trigger_id, delivery_id, at, result, reason, job_id, delivery_key, source, bytes
            ) VALUES (
                @trigger, @delivery, coalesce(@now::timestamptz, now()), @result, @reason, @job, @key, @source, @bytes
            )
            RETURNING \(columns)
            """)

    /// Unless as many as that were noted just now.
    static let recordSome = Query(
        """
        INSERT INTO trigger_deliveries (
            trigger_id, delivery_id, at, result, reason, delivery_key, source, bytes
        )
        SELECT
            @trigger::uuid, @delivery::uuid, coalesce(@now::timestamptz, now()), @result::text, @reason::text,
            @key::text, @source::text, @bytes::integer
        WHERE (
            SELECT count(*) FROM (
                SELECT at FROM trigger_deliveries
                WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND result = @result
                ORDER BY delivery_id DESC LIMIT @limit
            ) AS latest
            WHERE latest.at > coalesce(@now::timestamptz, now()) - make_interval(secs => @within_seconds)
        ) < @limit
        """)

    static let list = Query(
        assembled: """
            SELECT \(columns) FROM trigger_deliveries
            WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND delivery_id < @before
            ORDER BY delivery_id DESC LIMIT @limit
            """)

    static let listOf = Query(
        assembled: """
            SELECT \(columns) FROM trigger_deliveries
            WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND result = @result
                AND delivery_id < @before
            ORDER BY delivery_id DESC LIMIT @limit
            """)

    // MARK: - Keeping, of all tenants

    static let forgetKeys = Query(
        """
        DELETE FROM trigger_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM trigger_keys WHERE until <= coalesce(@now::timestamptz, now())
            ORDER BY until LIMIT @limit FOR UPDATE SKIP LOCKED
        ))
        RETURNING 1 AS gone
        """)

    /// The triggers behind the cursor's, in the order of their IDs.
    static let triggers = Query(
        """
        SELECT tenant_id, trigger_id FROM triggers WHERE trigger_id > @after ORDER BY trigger_id LIMIT @limit
        """)

    /// Of one trigger: those that are too old, and those beyond how many are kept.
    static let removeDeliveries = Query(
        """
        DELETE FROM trigger_deliveries WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM trigger_deliveries
            WHERE tenant_id = @tenant AND trigger_id = @trigger
                AND (
                    at < coalesce(@now::timestamptz, now()) - make_interval(days => @days::integer)
                    OR delivery_id <= (
                        SELECT delivery_id FROM trigger_deliveries
                        WHERE tenant_id = @tenant AND trigger_id = @trigger
                        ORDER BY delivery_id DESC OFFSET @kept LIMIT 1)
                )
            ORDER BY delivery_id LIMIT @limit
        ))
        RETURNING 1 AS gone
        """)
}
