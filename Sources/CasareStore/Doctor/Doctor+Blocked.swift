import CasareDomain
import CasarePostgres

/// Whether people answer what jobs ask them.
extension Doctor {
    /// A job that has waited longer for an answer is forgotten by whoever should give it.
    private static let blockedSeconds = 1800.0

    static func blockedJobs(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(
            BlockedQueries.waiting, ["seconds": .double(self.blockedSeconds), "count_max": .int(QueueStore.countMax)]
        ).only()
        let facts = try self.facts(row)
        let late = BoundedCount(try row.int("late"), max: QueueStore.countMax)
        guard late.value > 0 else {
            return DoctorFinding(
                .blockedJobs, .ok,
                "No job has waited for a person's answer for more than \(self.span(self.blockedSeconds)).", facts: facts
            )
        }
        let count = self.count(late.value, "job") + (late.isExact ? "" : " and more")
        return DoctorFinding(
            .blockedJobs, .critical,
            "\(count) blocked for more than \(self.span(self.blockedSeconds)), the longest for "
                + "\(self.span(try row.double("seconds"))): a person must say whether a step happened, and until then "
                + "the job does not go on.",
            facts: facts,
            advice: [
                "-- casarectl status lists those that wait longest, casarectl job list --status blocked all of them;",
                "-- casarectl job resolve JOB shows what one asks, and answers it.",
            ])
    }
}

enum BlockedQueries {
    /// Those that have waited for so long; one more than `count_max` of them are counted.
    static let waiting = Query(
        """
        SELECT
            late, coalesce(extract(epoch FROM clock_timestamp() - oldest), 0)::float8 AS seconds,
            json_build_object('late_jobs', least(late, @count_max::int8), 'blocked_since', oldest)::text AS facts
        FROM (
            SELECT count(*) AS late, min(since) AS oldest FROM (
                SELECT since FROM blocked
                WHERE since < clock_timestamp() - @seconds::float8 * interval '1 second'
                ORDER BY since
                LIMIT @count_max::int8 + 1
            ) AS known
        ) AS counted
        """)
}
