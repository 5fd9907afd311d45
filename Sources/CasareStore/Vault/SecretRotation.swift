package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// A rotation that is under way: a version that waits until somebody has brought it to where it is used.
package struct SecretRotation: Hashable, Sendable {
    package let secret: Secret.ID
    /// The version that waits.
    package let version: Int
    /// The current version when it began: in the place of another one it does not come.
    package let basedOn: Int
    /// How long the version before counts beside the new one.
    package let overlapSeconds: Double
    /// The hook, where that is a workflow.
    package let job: Job.ID?
    package let startedAt: Date
    /// Name of a token.
    package let startedBy: String
    /// It is given up then.
    package let until: Date

    /// As whom secrets are rotated by their policies.
    package static let ownName = "casare"

    init(row: Row) throws {
        self.secret = Secret.ID(rawValue: try row.uuid("secret_id"))
        self.version = try row.int("version")
        self.basedOn = try row.int("based_on")
        self.overlapSeconds = try row.double("overlap_seconds")
        self.job = try row.optionalUUID("job_id").map(Job.ID.init(rawValue:))
        self.startedAt = try row.date("started_at")
        self.startedBy = try row.string("started_by")
        self.until = try row.date("until")
    }
}
