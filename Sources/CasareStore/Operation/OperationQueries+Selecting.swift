import CasareDomain
import CasarePostgres

/// What finds the jobs of a selection. All of it happens in the database: nothing is loaded, however many there are.
///
/// A selection is frozen as lists of a thousand IDs. Each iteration reads the next thousand behind the last one, in the
/// order of their age, as an index has it: so nothing is sorted or hashed as a whole. The mark of a selection does not
/// depend on the order.
extension OperationQueries {
    static let chunkJobs = 1000

    /// Of no job at all.
    private static let noMark = String(repeating: "0", count: 32)

    /// 128 bits as 32 hex digits: two hashes of each ID, taken together by exclusive or.
    private static func digits(_ low: String, _ high: String) -> String {
        """
        coalesce(lpad(to_hex(bit_xor(\(low))), 16, '0') || lpad(to_hex(bit_xor(\(high))), 16, '0'), '\(self.noMark)')
        """
    }

    /// Beyond `Operation.jobsMax` nothing is counted: that many are refused.
    ///
    /// - Parameter jobs: a statement with the column `job_id`.
    private static func mark(of jobs: String) -> Query {
        Query(
            assembled: """
                SELECT
                    count(*) AS jobs,
                    \(self.digits("uuid_hash_extended(job_id, 0)", "uuid_hash_extended(job_id, 1)")) AS hash
                FROM (
                    SELECT job_id FROM (
                        \(jobs)
                    ) AS matching
                    LIMIT \(Operation.jobsMax + 1)
                ) AS selected
                """)
    }

    /// - Parameter next: a statement with the column `job_id`: the next `chunkJobs` behind `chunks.last`, in order.
    private static func freezing(_ next: String) -> Query {
        Query(
            assembled: """
                WITH RECURSIVE chunks AS (
                    SELECT
                        -1 AS chunk, NULL::uuid[] AS jobs, '00000000-0000-0000-0000-000000000000'::uuid AS last,
                        \(self.chunkJobs) AS size, NULL::int8 AS low, NULL::int8 AS high
                    UNION ALL
                    SELECT
                        chunks.chunk + 1, found.jobs, found.jobs[cardinality(found.jobs)], cardinality(found.jobs),
                        found.low, found.high
                    FROM chunks
                    CROSS JOIN LATERAL (
                        SELECT
                            array_agg(job_id) AS jobs, bit_xor(uuid_hash_extended(job_id, 0)) AS low,
                            bit_xor(uuid_hash_extended(job_id, 1)) AS high
                        FROM (
                            \(next)
                        ) AS selected
                    ) AS found
                    WHERE chunks.size = \(self.chunkJobs) AND chunks.chunk < @chunks_max::int4
                        AND found.jobs IS NOT NULL
                ), \(self.storing)
                """)
    }

    private static let storing = """
        stored AS (
            INSERT INTO operation_chunks (operation_id, chunk, jobs)
            SELECT @operation::uuid, chunk, jobs FROM chunks WHERE chunk >= 0
        )
        SELECT coalesce(sum(cardinality(jobs)), 0)::int8 AS jobs, \(OperationQueries.digits("low", "high")) AS hash
        FROM chunks
        """

    // MARK: Dead letters

    /// The statements about letters, that look for them at one place.
    struct LetterQueries {
        let mark: Query
        let freeze: Query
        /// In the order in which they are frozen: the oldest first.
        let first: Query

        fileprivate init(at place: DeadLetterFragments.Place) {
            let letters = """
                SELECT dead_letters.job_id FROM dead_letters
                WHERE \(DeadLetterFragments.scanned(at: place)) AND \(DeadLetterFragments.matches)
                """
            self.mark = OperationQueries.mark(of: letters)
            self.freeze = OperationQueries.freezing(lettersAt: place)
            self.first = Query(
                assembled: "\(letters) ORDER BY dead_letters.opened_at, dead_letters.job_id LIMIT @limit")
        }
    }

    static func letters(at place: DeadLetterFragments.Place) -> LetterQueries {
        self.letterQueries[place] ?? LetterQueries(at: place)
    }

    /// Made once: a query that is made anew is prepared anew.
    private static let letterQueries = Dictionary(
        uniqueKeysWithValues: DeadLetterFragments.Place.allCases.map { ($0, LetterQueries(at: $0)) })

    /// As `freezing`, by the time at which a letter was opened, as the indexes of all places have it. The first chunk
    /// begins at the filter's time.
    private static func freezing(lettersAt place: DeadLetterFragments.Place) -> Query {
        Query(
            assembled: """
                WITH RECURSIVE chunks AS (
                    SELECT
                        -1 AS chunk, NULL::uuid[] AS jobs, '00000000-0000-0000-0000-000000000000'::uuid AS last,
                        coalesce(\(DeadLetterFragments.since), '-infinity') AS last_at,
                        \(self.chunkJobs) AS size, NULL::int8 AS low, NULL::int8 AS high
                    UNION ALL
                    SELECT
                        chunks.chunk + 1, found.jobs, found.jobs[cardinality(found.jobs)], found.last_at,
                        cardinality(found.jobs), found.low, found.high
                    FROM chunks
                    CROSS JOIN LATERAL (
                        SELECT
                            array_agg(job_id) AS jobs, max(opened_at) AS last_at,
                            bit_xor(uuid_hash_extended(job_id, 0)) AS low,
                            bit_xor(uuid_hash_extended(job_id, 1)) AS high
                        FROM (
                            SELECT dead_letters.job_id, dead_letters.opened_at FROM dead_letters
                            WHERE dead_letters.tenant_id = casare_tenant() AND \(place.condition)
                                AND dead_letters.opened_at < coalesce(\(DeadLetterFragments.until), 'infinity')
                                AND (dead_letters.opened_at, dead_letters.job_id) > (chunks.last_at, chunks.last)
                                AND \(DeadLetterFragments.matches)
                            ORDER BY dead_letters.opened_at, dead_letters.job_id LIMIT \(self.chunkJobs)
                        ) AS selected
                    ) AS found
                    WHERE chunks.size = \(self.chunkJobs) AND chunks.chunk < @chunks_max::int4
                        AND found.jobs IS NOT NULL
                ), \(self.storing)
                """)
    }

    // MARK: Jobs

    static let markOfJobs = Self.mark(of: Self.jobs())
    static let freezeJobs = Self.freezing(Self.jobs(after: "chunks.last", limit: "\(Self.chunkJobs)"))
    static let firstJobs = Query(
        assembled: Self.jobs(after: "'00000000-0000-0000-0000-000000000000'::uuid", limit: "@limit"))

    /// Each status is found in the one table that holds its jobs; what was not asked for is not read.
    ///
    /// - Parameters:
    ///   - last: only those behind it.
    ///   - limit: so many, in order; without one, all.
    private static func jobs(after last: String? = nil, limit: String? = nil) -> String {
        // By the table's own ID: what is said of an equal one of another table is not known of it.
        let branches: [(text: String, id: String)] =
            [
                Self.branch("pending", "ready", robot: nil),
                Self.branch("pending", "scheduled", robot: nil),
                Self.branch("running", "leases", robot: Self.robotOfLease),
                // Of those that run, the ones that are to be paused: to resume them keeps that from happening.
                Self.branch("pausing", "leases", robot: Self.robotOfLease, and: "place.pause_asked_by IS NOT NULL"),
                Self.branch("blocked", "blocked", robot: "place.robot_id"),
                Self.branch("paused", "paused", robot: nil),
            ].map { ($0, "place.job_id") }
            + [Self.unsuccessful("failed"), Self.unsuccessful("cancelled"), Self.completed]
            .map { ($0, "outcomes.job_id") }
            + [(Self.completedOfWorkflow, "jobs.job_id")]
        guard let last, let limit else { return branches.map(\.text).joined(separator: "\nUNION ALL\n") }
        let pages = branches.map { "(\($0.text)\nAND \($0.id) > \(last) ORDER BY \($0.id) LIMIT \(limit))" }
        return pages.joined(separator: "\nUNION ALL\n") + "\nORDER BY job_id LIMIT \(limit)"
    }

    /// - Parameters:
    ///   - status: among `@statuses` for this table to be read.
    ///   - robot: an expression for the robot's ID; `nil`: there is none.
    private static func branch(
        _ status: String, _ table: String, robot: String?, and condition: String = "true"
    ) -> String {
        """
        SELECT jobs.job_id
        FROM \(table) AS place
        JOIN jobs ON jobs.tenant_id = place.tenant_id AND jobs.job_id = place.job_id
        WHERE place.tenant_id = casare_tenant() AND '\(status)' = ANY (@statuses::text[])
            AND place.job_id >= @from AND place.job_id < @before
            AND (@robot::text IS NULL OR \(robot ?? "NULL::text") = @robot)
            AND \(condition) AND @kind::text IS NULL
            AND \(Self.asked)
        """
    }

    private static let robotOfLease = """
        (
            SELECT session.robot_id FROM robot_sessions AS session
            WHERE session.tenant_id = place.tenant_id AND session.session_id = place.session_id
        )
        """

    /// Saying that it is not `completed` lets the plan use the index of the others.
    private static func unsuccessful(_ kind: String) -> String {
        """
        SELECT jobs.job_id
        FROM outcomes
        JOIN jobs ON jobs.tenant_id = outcomes.tenant_id AND jobs.job_id = outcomes.job_id
        WHERE outcomes.tenant_id = casare_tenant() AND '\(kind)' = ANY (@statuses::text[])
            AND outcomes.kind = '\(kind)' AND outcomes.kind <> 'completed'
            AND outcomes.job_id >= @from AND outcomes.job_id < @before
            AND (@robot::text IS NULL OR outcomes.robot_id = @robot)
            AND (@kind::text IS NULL OR outcomes.failure_kind = @kind)
            AND \(Self.asked)
        """
    }

    private static let completed = """
        SELECT jobs.job_id
        FROM outcomes
        JOIN jobs ON jobs.tenant_id = outcomes.tenant_id AND jobs.job_id = outcomes.job_id
        WHERE outcomes.tenant_id = casare_tenant() AND 'completed' = ANY (@statuses::text[])
            AND @workflow::uuid IS NULL AND outcomes.kind = 'completed'
            AND outcomes.job_id >= @from AND outcomes.job_id < @before
            AND (@robot::text IS NULL OR outcomes.robot_id = @robot) AND @kind::text IS NULL
            AND \(OperationQueries.asked)
        """

    /// Most jobs that are completed belong to other workflows: so the jobs of the workflow come first.
    private static let completedOfWorkflow = """
        SELECT jobs.job_id
        FROM jobs
        CROSS JOIN LATERAL (
            SELECT outcomes.robot_id FROM outcomes
            WHERE outcomes.tenant_id = jobs.tenant_id AND outcomes.job_id = jobs.job_id
                AND outcomes.kind = 'completed'
            LIMIT 1
        ) AS ended
        WHERE jobs.tenant_id = casare_tenant() AND 'completed' = ANY (@statuses::text[])
            AND jobs.workflow_id = @workflow AND jobs.job_id >= @from AND jobs.job_id < @before
            AND (@robot::text IS NULL OR ended.robot_id = @robot) AND @kind::text IS NULL
            AND \(OperationQueries.asked)
        """

    /// What is true of a job wherever it stands.
    private static let asked = """
        (@workflow::uuid IS NULL OR jobs.workflow_id = @workflow)
            AND (@version::int4 IS NULL OR jobs.workflow_version = @version)
            AND (@queue::int4 IS NULL OR jobs.queue_id = @queue)
            AND (@queue_key::text IS NULL OR jobs.queue_key = @queue_key)
            AND (@priority::int4 IS NULL OR jobs.priority = @priority)
            AND (
                @tag::text IS NULL OR EXISTS (
                    SELECT FROM requirements
                    WHERE requirements.requirement_id = jobs.requirement_id
                        AND requirements.tenant_id = casare_tenant() AND @tag = ANY (requirements.tags)
                )
            )
        """

    // MARK: By their IDs

    static let markOfIDs = Self.mark(of: "SELECT job_id FROM unnest(@ids::uuid[]) AS given (job_id)")

    /// In the order in which they were given.
    static let freezeIDs = Query(
        assembled: """
            WITH chunks AS MATERIALIZED (
                SELECT
                    part.chunk, part.jobs,
                    (SELECT bit_xor(uuid_hash_extended(job_id, 0)) FROM unnest(part.jobs) AS job_id) AS low,
                    (SELECT bit_xor(uuid_hash_extended(job_id, 1)) FROM unnest(part.jobs) AS job_id) AS high
                FROM (
                    SELECT
                        chunk,
                        (@ids::uuid[])[chunk * \(chunkJobs) + 1 : (chunk + 1) * \(chunkJobs)] AS jobs
                    FROM generate_series(0, (cardinality(@ids::uuid[]) - 1) / \(chunkJobs)) AS chunk
                ) AS part
            ), \(storing)
            """)
}
