import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// When whoever shows wrong tokens is not listened to for a while.
package struct LockoutRule: Hashable, Sendable {
    /// So many lock.
    package let failuresMax: Int
    /// Those before this time do not count.
    package let within: Duration
    package let lockedFor: Duration

    /// - Precondition: all of them are more than zero.
    package init(failuresMax: Int, within: Duration, lockedFor: Duration) {
        precondition(failuresMax > 0 && within > .zero && lockedFor > .zero, "A lock-out has bounds")
        self.failuresMax = failuresMax
        self.within = within
        self.lockedFor = lockedFor
    }
}

/// Failures of those who are not known, for all servers together. Call within `Database.asSystem`.
package enum LockoutStore {
    /// Counts failures of one subject.
    ///
    /// - Parameters:
    ///   - count: at least one.
    ///   - subject: an address and the beginning of what was shown.
    /// - Returns: for how many seconds it is locked out now; `nil`: it is not.
    package static func failed(
        _ count: Int, by subject: String, rule: LockoutRule, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Double? {
        let row = try connection.execute(
            LockoutQueries.failed,
            [
                "subject": .text(subject.storable), "count": .int4(Int32(clamping: count)),
                "max": .int4(Int32(clamping: rule.failuresMax)), "within": .double(rule.within / .seconds(1)),
                "locked_for": .double(rule.lockedFor / .seconds(1)), "now": .timestamp(now),
            ]
        ).only()
        return try row.optionalDouble("locked").flatMap { $0 > 0 ? $0 : nil }
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
