import CasareDomain
import CasarePostgres
import FoundationEssentials

/// What the jobs of one lease have in common.
struct LeasedTexts {
    private struct Version: Hashable {
        let workflow: UUID
        let version: Int
    }

    private var documents: [Version: String] = [:]
    /// By their text. Jobs mostly have the same, and reading it takes longer than the rest of a job's row.
    private var options: [String: Job.Options] = [:]

    /// - Parameter due: seconds since then, of jobs whose rows do not have them.
    mutating func job(_ row: Row, due: [Job.ID: Double]) throws -> LeasedJob {
        let id = Job.ID(rawValue: try row.uuid("job_id"))
        let version = Version(workflow: try row.uuid("workflow_id"), version: try row.int("workflow_version"))
        if let document = try row.optionalString("document") {
            self.documents[version] = document
        }
        guard let priority = Priority(rawValue: try row.int("priority")), let document = self.documents[version] else {
            throw StoreError.unreadable("job \(id) has an impossible priority or no document")
        }
        return LeasedJob(
            lease: Lease(job: id, token: .init(rawValue: try row.int64("token"))), attempt: try row.int("attempt"),
            workflowName: try row.string("workflow_name"), workflowVersion: version.version, document: document,
            variables: try StoredJSON.object(try row.string("variables"), in: "job \(id)"),
            options: try self.options(try row.string("options"), in: id), priority: priority,
            policy: try SafetyPolicy(row: row),
            origin: try row.optionalUUID("seed_id").map(Job.ID.init(rawValue:)), trace: try TraceCarrier(row: row),
            waited: try row.optionalDouble("waited_seconds").map { .seconds(max(0, $0)) },
            sinceDue: (try row.optionalDouble("due_seconds") ?? due[id]).map { .seconds(max(0, $0)) },
            previousToken: try row.optionalInt64("previous_token").map(Lease.Token.init(rawValue:)))
    }

    private mutating func options(_ text: String, in job: Job.ID) throws -> Job.Options {
        if let known = self.options[text] { return known }
        let options = try StoredJSON.options(text, in: "job \(job)")
        self.options[text] = options
        return options
    }
}
