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
    /// It is given up then; in the distant future where it is held.
    package let until: Date

    /// The database was restored from a backup while it was under way: it ends with its job, or by a person's word.
    package var isHeld: Bool { self.until == .distantFuture }

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

    /// Its version was made of the one that was current when it began: in the place of another one it would take back
    /// what that has changed.
    ///
    /// - Parameter secret: as it is now, taken.
    /// - Throws: `StoreError.refused` where another version has become current meanwhile: the one that waits stays, to
    ///   be discarded.
    func checkBase(in secret: Secret) throws(StoreError) {
        guard secret.currentVersion != self.basedOn else { return }
        throw StoreError.refused(
            "secret \(secret.name)",
            why: "has got version \(secret.currentVersion) while version \(self.version) waited in the place of "
                + "\(self.basedOn), so \(self.version) cannot become current; take it back with casarectl secret "
                + "rotate \(secret.name) --discard, and rotate again")
    }
}
