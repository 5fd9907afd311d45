import CasarePostgres

/// The SQL of triggers and of their secrets.
enum TriggerQueries {
    /// What `Trigger` is read from; of secrets those that count at `@now`, the newest first.
    private static let columns = """
        triggers.tenant_id, triggers.trigger_id, triggers.name, triggers.spec::text, triggers.variables::text,
        triggers.revision, triggers.paused_at, triggers.paused_by, triggers.pause_reason, triggers.managed_by,
        triggers.last_fired_at, triggers.last_job, triggers.created_at, triggers.created_by, triggers.updated_at,
        triggers.updated_by,
        ARRAY(
            SELECT number FROM trigger_secrets
            WHERE trigger_secrets.tenant_id = triggers.tenant_id AND trigger_secrets.trigger_id = triggers.trigger_id
                AND (until IS NULL OR until > coalesce(@now::timestamptz, now()))
            ORDER BY number DESC
        ) AS secret_numbers,
        ARRAY(
            SELECT created_at FROM trigger_secrets
            WHERE trigger_secrets.tenant_id = triggers.tenant_id AND trigger_secrets.trigger_id = triggers.trigger_id
                AND (until IS NULL OR until > coalesce(@now::timestamptz, now()))
            ORDER BY number DESC
        ) AS secret_times,
        ARRAY(
            SELECT until FROM trigger_secrets
            WHERE trigger_secrets.tenant_id = triggers.tenant_id AND trigger_secrets.trigger_id = triggers.trigger_id
                AND (until IS NULL OR until > coalesce(@now::timestamptz, now()))
            ORDER BY number DESC
        ) AS secret_ends
        """

    /// Two that create at once must not both be the last that there is room for.
    static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('casare triggers ' || casare_tenant(), 0))")

    static let count = Query(
        """
        SELECT count(*) AS triggers FROM (
            SELECT FROM triggers WHERE tenant_id = casare_tenant() LIMIT @limit
        ) AS counted
        """)

    /// No row where the name is taken.
    static let create = Query(
        """
        INSERT INTO triggers (
            trigger_id, name, kind, spec, variables, paused_at, paused_by, pause_reason, managed_by, created_at,
            created_by, updated_at, updated_by
        ) VALUES (
            @trigger, @name, @kind, @spec::text::json, @variables::text::json,
            CASE WHEN @is_paused THEN coalesce(@now::timestamptz, now()) END,
            CASE WHEN @is_paused THEN @by::text END, CASE WHEN @is_paused THEN @reason::text END, @managed_by,
            coalesce(@now::timestamptz, now()), @by, coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) DO NOTHING
        RETURNING trigger_id
        """)

    static let get = Query(
        assembled: """
            SELECT \(columns) FROM triggers
            WHERE triggers.tenant_id = casare_tenant() AND triggers.trigger_id = @trigger
            """)

    static let getByName = Query(
        assembled: """
            SELECT \(columns) FROM triggers WHERE triggers.tenant_id = casare_tenant() AND triggers.name = @name
            """)

    /// Locks the row: whoever changes it, or has it fire, does so one after the other.
    static let take = Query(
        """
        SELECT trigger_id FROM triggers WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        FOR NO KEY UPDATE
        """)

    static let list = Query(
        assembled: """
            SELECT \(columns) FROM triggers
            WHERE triggers.tenant_id = casare_tenant() AND triggers.name > @after
                AND (@kind::text IS NULL OR triggers.kind = @kind)
                AND (@is_paused::boolean IS NULL OR (triggers.paused_at IS NOT NULL) = @is_paused)
                AND (@workflow::text IS NULL OR triggers.spec ->> 'workflow' = @workflow)
                AND (@managed_by::text IS NULL OR triggers.managed_by = @managed_by)
            ORDER BY triggers.name LIMIT @limit
            """)

    static let onJobs = Query(
        assembled: """
            SELECT \(columns) FROM triggers
            WHERE triggers.tenant_id = casare_tenant() AND triggers.kind = 'job' AND triggers.trigger_id > @after
            ORDER BY triggers.trigger_id LIMIT @limit
            """)

    /// Of all tenants: whose hook it is.
    static let tenant = Query("SELECT tenant_id FROM triggers WHERE trigger_id = @trigger")

    static let update = Query(
        """
        UPDATE triggers
        SET spec = @spec::text::json, variables = @variables::text::json, managed_by = @managed_by,
            revision = revision + @step, updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        """)

    /// One that is paused already stays as it is. What was seen for it is forgotten: nothing is made up for.
    static let pause = Query(
        """
        WITH forgotten AS (
            DELETE FROM trigger_watches WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        )
        UPDATE triggers
        SET paused_at = coalesce(@now::timestamptz, now()), paused_by = @by, pause_reason = @reason
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND paused_at IS NULL
        RETURNING trigger_id
        """)

    static let resume = Query(
        """
        UPDATE triggers SET paused_at = NULL, paused_by = NULL, pause_reason = NULL
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND paused_at IS NOT NULL
        RETURNING trigger_id
        """)

    /// With all that belongs to it; its jobs stay.
    static let delete = Query(
        """
        WITH secrets AS (
            DELETE FROM trigger_secrets WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        ), deliveries AS (
            DELETE FROM trigger_deliveries WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        ), keys AS (
            DELETE FROM trigger_keys WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        ), jobs AS (
            DELETE FROM trigger_jobs WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        ), watches AS (
            DELETE FROM trigger_watches WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        )
        DELETE FROM triggers WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        """)

    // MARK: - Secrets

    static let lastSecret = Query(
        """
        SELECT coalesce(max(number), 0) AS number FROM trigger_secrets
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
        """)

    static let addSecret = Query(
        """
        INSERT INTO trigger_secrets (trigger_id, number, sealed, key_id, created_at)
        VALUES (@trigger, @number, @sealed, @key_id, coalesce(@now::timestamptz, now()))
        """)

    /// The one before the new one counts for so long still; those before that no more.
    static let endSecrets = Query(
        """
        WITH gone AS (
            DELETE FROM trigger_secrets
            WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
                AND (number < @last OR @overlap_seconds::double precision <= 0)
        )
        UPDATE trigger_secrets
        SET until = coalesce(@now::timestamptz, now()) + make_interval(secs => @overlap_seconds)
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger AND number = @last AND @overlap_seconds > 0
            AND until IS NULL
        """)

    static let secrets = Query(
        """
        SELECT number, sealed, key_id FROM trigger_secrets
        WHERE tenant_id = casare_tenant() AND trigger_id = @trigger
            AND (until IS NULL OR until > coalesce(@now::timestamptz, now()))
        ORDER BY number DESC
        """)
}
