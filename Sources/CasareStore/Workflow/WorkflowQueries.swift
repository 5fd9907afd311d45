import CasarePostgres

enum WorkflowQueries {
    /// Finds or creates a workflow, and keeps other pushes to it waiting until this transaction ends.
    static let claim = Query(
        """
        INSERT INTO workflows (workflow_id, name, latest_version, created_at, updated_at)
        VALUES (@workflow, @name, 0, coalesce(@now::timestamptz, now()), coalesce(@now::timestamptz, now()))
        ON CONFLICT (tenant_id, name) DO UPDATE SET latest_version = workflows.latest_version
        RETURNING workflow_id, latest_version
        """)

    static let checksum = Query(
        """
        SELECT checksum FROM workflow_versions
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow AND version = @version
        """)

    /// The newest version that has a checksum.
    static let versionOfChecksum = Query(
        """
        SELECT version FROM workflow_versions
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow AND checksum = @checksum
        ORDER BY version DESC LIMIT 1
        """)

    static let addVersion = Query(
        """
        WITH workflow AS (
            UPDATE workflows SET latest_version = @version, updated_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND workflow_id = @workflow
        )
        INSERT INTO workflow_versions (workflow_id, version, checksum, document, retry, created_at, created_by)
        VALUES (
            @workflow, @version, @checksum, @document::json, @retry::json, coalesce(@now::timestamptz, now()), @by
        )
        """)

    static let list = Query(
        """
        SELECT workflow_id, name, latest_version, created_at, updated_at FROM workflows
        WHERE tenant_id = casare_tenant() AND name > @after
        ORDER BY name LIMIT @limit
        """)

    static let byID = Query(
        """
        SELECT workflow_id, name, latest_version, created_at, updated_at FROM workflows
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow
        """)

    static let byName = Query(
        """
        SELECT workflow_id, name, latest_version, created_at, updated_at FROM workflows
        WHERE tenant_id = casare_tenant() AND name = @name
        """)

    /// Newest first. Documents are left out: they may be large.
    static let versions = Query(
        """
        SELECT version, checksum, created_at, created_by FROM workflow_versions
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow AND version < @before
        ORDER BY version DESC LIMIT @limit
        """)

    static let version = Query(
        """
        SELECT workflows.name, version, checksum, document::text, workflow_versions.created_at, created_by
        FROM workflow_versions JOIN workflows USING (tenant_id, workflow_id)
        WHERE tenant_id = casare_tenant() AND workflow_id = @workflow
            AND version = coalesce(@version::integer, workflows.latest_version)
        """)

    /// The versions of a workflow, or of all, with a number, or with any; so many at the most.
    static let versionNames = Query(
        """
        SELECT workflows.name, versions.version
        FROM workflows CROSS JOIN LATERAL (
            SELECT version FROM workflow_versions
            WHERE workflow_versions.tenant_id = casare_tenant()
                AND workflow_versions.workflow_id = workflows.workflow_id
                AND (@version::int4 IS NULL OR workflow_versions.version = @version)
            ORDER BY version DESC LIMIT @limit
        ) AS versions
        WHERE workflows.tenant_id = casare_tenant()
            AND (@workflow::uuid IS NULL OR workflows.workflow_id = @workflow)
        LIMIT @limit
        """)

    /// Versions by their workflow's name, each with its document where that has a member of this name anywhere: of the
    /// others it is not sent.
    static let documentsWithSensitive = Query(
        """
        SELECT asked.name, asked.version,
            CASE WHEN position('"sensitive"' IN found.document) > 0 THEN found.document END AS document
        FROM unnest(@names::text[], @versions::int8[]) AS asked (name, version)
        CROSS JOIN LATERAL (
            SELECT workflow_versions.document::text AS document
            FROM workflows JOIN workflow_versions USING (tenant_id, workflow_id)
            WHERE tenant_id = casare_tenant() AND workflows.name = asked.name
                AND workflow_versions.version = asked.version
            LIMIT 1
        ) AS found
        """)
}
