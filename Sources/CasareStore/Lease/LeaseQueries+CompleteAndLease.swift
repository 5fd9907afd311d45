import CasarePostgres

extension LeaseQueries {
    /// Ends a batch as completed and hands out the next, in one statement: one commit for both.
    ///
    /// The halves are fenced on their own: leases that have passed on are left out of the first, and a session that has
    /// ended leases nothing in the second. Rows with `is_completed` are the jobs that were ended; the others are as
    /// those of `lease`, which says how the scan goes. Nothing is leased from a queue with rules: room that the
    /// completions make under a limit is not in this statement's snapshot.
    static let completeAndLease = Query(
        assembled: """
            WITH \(LeaseFragments.completing), \(LeaseFragments.taking())
            SELECT
                true AS is_completed, job_id, NULL::int8 AS token, NULL::int8 AS seq, NULL::int2 AS priority,
                NULL::int4 AS attempt, false AS is_late, NULL::uuid AS workflow_id,
                NULL::text AS workflow_name,
                NULL::int4 AS workflow_version, NULL::json AS variables, NULL::json AS options, NULL::json AS document,
                NULL::boolean AS path_rules, NULL::boolean AS command_rules, NULL::boolean AS url_rules,
                NULL::boolean AS node_overrides, NULL::boolean AS scripts, NULL::uuid AS seed_id,
                NULL::bytea AS trace, NULL::text AS tracestate, NULL::text AS baggage,
                NULL::float8 AS waited_seconds, NULL::float8 AS due_seconds, NULL::int8 AS previous_token
            FROM gone
            UNION ALL
            (SELECT
                false, \(LeaseFragments.leasedColumns)
            \(LeaseFragments.leasedRows))
            """)
}
