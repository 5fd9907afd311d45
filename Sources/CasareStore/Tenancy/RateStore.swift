import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How many requests a caller may send in a second.
package struct RequestRate: Hashable, Sendable {
    package let perSecond: Int

    /// How often a server asks the database in a second for a caller who uses the whole rate.
    private static let asksPerSecond = 10

    /// - Precondition: at least one.
    package init(perSecond: Int) {
        precondition(perSecond > 0, "A rate allows something")
        self.perSecond = perSecond
    }

    /// How many requests a server takes at once, to give them out without asking again.
    package var chunk: Int { max(1, self.perSecond / Self.asksPerSecond) }
}

/// What callers may still send, for all servers together.
package enum RateStore {
    package enum Grant: Hashable, Sendable {
        case granted
        /// In seconds until it may be asked again.
        case refused(wait: Double)
    }

    /// Takes a chunk of a caller's requests. Of one that has sent nothing for a second, a second's worth is there. Call
    /// within `Database.asTenant`.
    ///
    /// - Parameter principal: the caller's name.
    package static func take(
        _ rate: RequestRate, of principal: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Grant {
        let cost = Double(rate.chunk) / Double(rate.perSecond)
        let row = try connection.execute(
            RateQueries.take,
            [
                "principal": .text(principal.storable), "cost": .double(cost), "burst": .double(max(1, cost)),
                "now": .timestamp(now),
            ]
        ).only()
        return try row.bool("granted") ? .granted : .refused(wait: max(0, try row.double("wait")))
    }

    /// Removes what says nothing any more. Call within `Database.asSystem`.
    package static func clean(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(RateQueries.clean, ["limit": .int(limit), "now": .timestamp(now)])
    }
}
