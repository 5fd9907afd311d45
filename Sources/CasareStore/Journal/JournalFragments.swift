import CasareDomain

/// What statements about journals have in common. Constant text: values go into statements as parameters.
///
/// A job's journal stands in three tables. `journal` has a row for each step. The result of a step that went well and
/// is large stands in `journal_values`, and the row has a marker with its size instead. Of a job that ended some time
/// ago all rows stand together in one row of `journal_packed`, markers and all, and `journal` has none: they are moved
/// in one statement, so whoever reads both tables in one statement finds each row once.
///
/// What must be known of a result is looked for in its text: the server's JSON functions refuse one that holds U+0000.
enum JournalFragments {
    /// All rows of a job's journal with their whole results, in no order: `step`, `token`, `started_at`, `finished_at`,
    /// `node`, `node_type`, `effect` and `result`, which is NULL for an intent.
    ///
    /// It is a `SELECT` to put into parentheses. In a transaction of a tenant only.
    ///
    /// - Parameter job: an expression for the job's ID: `@job`, or a column of what it is joined to laterally.
    static func rows(of job: String) -> String {
        """
        SELECT
            stored.step, stored.token, stored.started_at, stored.finished_at, stored.node, stored.node_type,
            stored.effect, coalesce(large.value, stored.result) AS result
        FROM (\(Self.stored(job))) AS stored
        \(Self.large(job, if: "stored.is_aside"))
        """
    }

    /// The rows as they are stored, packed or not, with markers in place of large results (`is_aside`).
    ///
    /// - Parameter page: what follows the condition of either table, to read a part of them.
    static func stored(_ job: String, page: String = "") -> String {
        """
        (
            SELECT
                step, token, started_at, finished_at, node, node_type, effect, result,
                \(Self.isMarker("result")) AS is_aside
            FROM journal
            WHERE tenant_id = casare_tenant() AND job_id = \(job) \(page)
        ) UNION ALL (
            SELECT
                step, token, started_at, finished_at, node, node_type, effect, result,
                \(Self.isMarker("result")) AS is_aside
            FROM (
                SELECT * FROM journal_packed AS packed
                WHERE packed.tenant_id = casare_tenant() AND packed.job_id = \(job)
                LIMIT 1
            ) AS packed
            CROSS JOIN LATERAL unnest(
                packed.steps, packed.tokens, packed.started, packed.finished, packed.nodes, packed.node_types,
                packed.effects, packed.results
            ) AS unpacked (step, token, started_at, finished_at, node, node_type, effect, result)
            WHERE true \(page)
        )
        """
    }

    /// Joins the large result of a row of `stored` as `large.value`, where it has one and `condition` holds.
    static func large(_ job: String, if condition: String) -> String {
        """
        LEFT JOIN LATERAL (
            SELECT aside.value FROM journal_values AS aside
            WHERE \(condition) AND aside.tenant_id = casare_tenant() AND aside.job_id = \(job)
                AND aside.step = stored.step
            LIMIT 1
        ) AS large ON true
        """
    }

    /// Whether anything is recorded of a job that has not ended, intents included: a robot has begun it.
    ///
    /// Not by EXISTS, for which a plan may read the whole table.
    ///
    /// - Parameters:
    ///   - job: an expression for the job's ID: `@job`, or a column.
    ///   - tenant: a column, outside of a tenant's transaction.
    static func isBegun(_ job: String, of tenant: String = "casare_tenant()") -> String {
        """
        (
            SELECT true FROM journal AS recorded
            WHERE recorded.tenant_id = \(tenant) AND recorded.job_id = \(job)
            LIMIT 1
        ) IS NOT NULL
        """
    }

    /// Results above so many bytes stand aside.
    static let inlineBytesMax = 32 << 10

    /// What a row has in place of a large result: `{"aside":` and how many bytes it has.
    static func marker(of bytes: String) -> String { #"('{"aside":' || \#(bytes) || '}')::json"# }

    static func isMarker(_ result: String) -> String { #"\#(result)::text LIKE '{"aside":%'"# }

    /// How many bytes a result has; NULL for an intent.
    static func bytes(of result: String) -> String {
        #"""
        coalesce(
            substring(left(\#(result)::text, 40) from '^\{"aside":([0-9]{1,9})\}$')::int4,
            octet_length(\#(result)::text))
        """#
    }

    /// Whether a result is a failure of its step; NULL for an intent.
    static func isFailure(_ result: String) -> String {
        #"left(\#(result)::text, 40) ~ '^[[:space:]]*\{[[:space:]]*"error"[[:space:]]*:'"#
    }

    /// Whether an effect's failure is that somebody decided so: it may have happened all the same.
    static func isDoubt(_ result: String) -> String {
        #"""
        \#(Self.isFailure(result))
            AND \#(result)::text ~ '"type"[[:space:]]*:[[:space:]]*"\#(Job.Resolution.failureType)"'
        """#
    }
}
