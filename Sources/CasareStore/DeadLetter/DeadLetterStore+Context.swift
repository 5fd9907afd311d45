package import CasareDomain
package import CasarePostgres
import FoundationEssentials

extension DeadLetterStore {
    /// Letters like one are counted up to here.
    package static let similarMax = 10_000
    /// The last success is looked for among so many jobs.
    package static let successSampleMax = 10_000

    /// What helps to understand a letter.
    package static func context(
        of letter: DeadLetter, on connection: isolated PostgresConnection
    ) throws -> DeadLetterContext {
        let alike = try connection.execute(
            DeadLetterContextQueries.similar,
            [
                "fingerprint": .text(letter.fingerprint), "at": .timestamp(letter.openedAt),
                "count_max": .int(self.similarMax),
            ]
        ).only()
        let count = BoundedCount(try alike.int("letters"), max: self.similarMax)
        let similar = DeadLetterContext.Similar(
            count: count.value, isInexact: !count.isExact,
            firstOpenedAt: try alike.optionalDate("first_opened_at") ?? letter.openedAt,
            lastOpenedAt: try alike.optionalDate("last_opened_at") ?? letter.openedAt)
        let successes = try connection.execute(
            DeadLetterContextQueries.lastSuccess,
            [
                "workflow": .uuid(letter.workflow.rawValue), "at": .timestamp(letter.openedAt),
                "sample_max": .int(self.successSampleMax),
            ])
        return DeadLetterContext(
            similar: similar,
            lastSuccess: try successes.first.map { row in
                let job = Job.ID(rawValue: try row.uuid("job_id"))
                return DeadLetterContext.Success(
                    job: job, workflowVersion: try row.int("workflow_version"),
                    environment: try row.string("environment"), robot: try row.optionalString("robot_id"),
                    finishedAt: try row.date("finished_at"),
                    variables: try StoredJSON.object(try row.string("variables"), in: "job \(job)"))
            })
    }
}
