import CasareDomain
package import CasarePostgres
import FoundationEssentials

/// What jobs were given, and is no longer of interest.
extension SecretStore {
    /// Behind which notes of what jobs hold are looked at.
    package struct HoldPlace: Hashable, Sendable {
        private static let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        package static let start = HoldPlace(tenant: 0, secret: Self.zero, version: 0, job: Self.zero, token: 0)

        fileprivate let tenant: Int32
        fileprivate let secret: UUID
        fileprivate let version: Int
        fileprivate let job: UUID
        fileprivate let token: Int64
    }

    /// Looked at in one statement.
    package static let holdsAtOnceMax = 1000

    /// Removes notes of runs that are over. Call within `Database.asSystem`.
    ///
    /// - Returns: where to go on; `nil`: at the beginning, in a while.
    package static func sweepHolds(
        after place: HoldPlace, limit: Int = Self.holdsAtOnceMax, on connection: isolated PostgresConnection
    ) throws -> HoldPlace? {
        try connection.execute(
            HoldQueries.sweep,
            [
                "tenant": .int4(place.tenant), "secret": .uuid(place.secret), "version": .int(place.version),
                "job": .uuid(place.job), "token": .int8(place.token), "limit": .int(limit),
            ]
        ).first.map { row in
            HoldPlace(
                tenant: try row.decode("tenant_id"), secret: try row.uuid("secret_id"),
                version: try row.int("version"), job: try row.uuid("job_id"), token: try row.int64("token"))
        }
    }
}
