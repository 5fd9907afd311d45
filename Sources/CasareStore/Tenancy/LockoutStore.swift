import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// When whoever shows wrong tokens is not listened to for a while.
package struct LockoutRule: Hashable, Sendable {
    /// So many of the same beginning from one address lock.
    package let failuresMax: Int
    /// So many from one address lock, whatever they begin with; `nil`: no number does.
    package let networkFailuresMax: Int?
    /// Those before this time do not count.
    package let within: Duration
    package let lockedFor: Duration

    /// - Precondition: all of them are more than zero, and of a network more count than of one beginning.
    package init(failuresMax: Int, networkFailuresMax: Int? = nil, within: Duration, lockedFor: Duration) {
        precondition(failuresMax > 0 && within > .zero && lockedFor > .zero, "A lock-out has bounds")
        precondition(networkFailuresMax.map { $0 > failuresMax } ?? true, "A network has more than one beginning")
        self.failuresMax = failuresMax
        self.networkFailuresMax = networkFailuresMax
        self.within = within
        self.lockedFor = lockedFor
    }

    /// The same for networks; `nil`: they are not locked.
    package var ofNetworks: LockoutRule? {
        self.networkFailuresMax.map { failuresMax in
            LockoutRule(failuresMax: failuresMax, within: self.within, lockedFor: self.lockedFor)
        }
    }
}

/// Failures of those who are not known, for all servers together. Call within `Database.asSystem`.
package enum LockoutStore {
    /// That nobody listens to a subject for a while.
    package struct Lock: Hashable, Sendable {
        /// From now on.
        package let seconds: Double
        /// It has begun with the failures that were just counted: of each lock just one count says so.
        package let hasBegun: Bool

        package init(seconds: Double, hasBegun: Bool) {
            self.seconds = seconds
            self.hasBegun = hasBegun
        }
    }

    /// Counts failures of one subject.
    ///
    /// - Parameters:
    ///   - count: at least one.
    ///   - subject: an address and the beginning of what was shown, or a network.
    /// - Returns: `nil`: it is not locked out.
    package static func failed(
        _ count: Int, by subject: String, rule: LockoutRule, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Lock? {
        let row = try connection.execute(
            LockoutQueries.failed,
            [
                "subject": .text(subject.storable), "count": .int4(Int32(clamping: count)),
                "max": .int4(Int32(clamping: rule.failuresMax)), "within": .double(rule.within / .seconds(1)),
                "locked_for": .double(rule.lockedFor / .seconds(1)), "now": .timestamp(now),
            ]
        ).only()
        guard let seconds = try row.optionalDouble("locked"), seconds > 0 else { return nil }
        return Lock(seconds: seconds, hasBegun: try row.bool("has_begun"))
    }

    /// - Returns: for how many seconds the subject is locked out; `nil`: it is not.
    package static func locked(
        _ subject: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Double? {
        try connection.execute(
            LockoutQueries.get, ["subject": .text(subject.storable), "now": .timestamp(now)]
        ).first?.optionalDouble("locked")
    }

    /// Removes what says nothing any more.
    package static func clean(limit: Int, now: Date? = nil, on connection: isolated PostgresConnection) throws {
        try connection.execute(LockoutQueries.clean, ["limit": .int(limit), "now": .timestamp(now)])
    }
}
