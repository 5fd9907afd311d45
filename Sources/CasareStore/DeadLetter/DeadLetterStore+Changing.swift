package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension DeadLetterStore {
    /// Who keeps an account of a change.
    package enum Account: Hashable, Sendable {
        /// One action for this letter.
        case own
        /// The operation that this is a part of; the letter's event names it.
        case operation(Operation.ID)

        fileprivate var operation: Operation.ID? {
            switch self {
            case .own: nil
            case .operation(let id): id
            }
        }
    }

    /// A purged letter is kept out of sight at least so long before it is gone for good.
    package static let purgedFor = Duration.seconds(3600)

    /// Says that somebody knows of a letter; or, if it `resolves` it, that nothing is left to do.
    ///
    /// - Returns: whether that changed anything. A letter that was replayed is known of; a resolved one stays as it is.
    /// - Throws: `StoreError.notFound` when there is no such letter.
    @discardableResult
    package static func acknowledge(
        _ id: Job.ID, by person: String, reason: String?, resolves: Bool = false, account: Account = .own,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Bool {
        guard let row = try connection.execute(DeadLetterChangeQueries.status, ["job": .uuid(id.rawValue)]).first
        else { throw StoreError.notFound(.deadLetter, id.description) }
        let name = try row.string("status")
        switch DeadLetter.Status(rawValue: name) {
        case .open: break
        case .acknowledged, .replayed: if !resolves { return false }
        case .resolved: return false
        case nil: throw StoreError.unreadable("dead letter \(id) has the unknown status \"\(name)\"")
        }
        try connection.execute(
            resolves ? DeadLetterChangeQueries.resolve : DeadLetterChangeQueries.acknowledge,
            [
                "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                "operation": .uuid(account.operation?.rawValue), "now": .timestamp(now),
            ])
        try self.record(
            resolves ? "dead_letter.resolve" : "dead_letter.acknowledge", id, by: person, reason: reason, account, now,
            on: connection)
        return true
    }

    /// Hides a letter from everybody; it is gone for good some time later, and can be restored until then.
    ///
    /// - Parameter duration: until it is gone; `purgedFor` at least.
    /// - Throws: `StoreError.notFound` when there is no such letter.
    package static func purge(
        _ id: Job.ID, by person: String, reason: String?, keptFor duration: Duration = DeadLetterStore.purgedFor,
        account: Account = .own, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        let purged = try connection.execute(
            DeadLetterChangeQueries.purge,
            [
                "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                "seconds": .double(max(duration, self.purgedFor).seconds),
                "operation": .uuid(account.operation?.rawValue), "now": .timestamp(now),
            ])
        guard !purged.isEmpty else { throw StoreError.notFound(.deadLetter, id.description) }
        try self.record("dead_letter.purge", id, by: person, reason: reason, account, now, on: connection)
    }

    /// Brings a letter back that was purged by the same account.
    ///
    /// - Returns: whether it did; if not, it is gone for good, or there was nothing to bring back.
    @discardableResult
    package static func restore(
        _ id: Job.ID, by person: String, reason: String?, account: Account = .own, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Bool {
        let restored = try connection.execute(
            DeadLetterChangeQueries.restore,
            [
                "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                "operation": .uuid(account.operation?.rawValue), "now": .timestamp(now),
            ])
        guard !restored.isEmpty else { return false }
        try self.record("dead_letter.restore", id, by: person, reason: reason, account, now, on: connection)
        return true
    }

    private static func record(
        _ action: String, _ id: Job.ID, by person: String, reason: String?, _ account: Account, _ now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        switch account {
        case .own:
            try ControlLog.record(
                action, of: id.description, by: person.storable, reason: reason, now: now, on: connection)
        case .operation: break
        }
    }
}
