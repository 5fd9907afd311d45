import CasareStore
import Logging

extension BackgroundLoop {
    /// Rows that one round removes at the most.
    private static let countsRemovedAtOnceMax = 1000

    /// Writes when tokens were shown last: once a minute, however often they are.
    static func tokenUses(
        _ services: Services, of authenticator: Authenticator, logger: Logger
    ) -> BackgroundLoop {
        BackgroundLoop(name: "token_uses", interval: .seconds(60), board: services.loops, logger: logger) {
            let uses = authenticator.uses.take()
            guard !uses.isEmpty else { return false }
            do {
                try await services.database.asSystem { connection in try TokenStore.used(uses, on: connection) }
            } catch {
                authenticator.uses.putBack(uses)
                throw error
            }
            return false
        }
    }

    /// Writes failures that have not come to a chunk, so that all servers count them together, and removes counts that
    /// say nothing any more.
    static func authentication(
        _ services: Services, of authenticator: Authenticator, logger: Logger
    ) -> BackgroundLoop {
        BackgroundLoop(name: "authentication", interval: .seconds(5), board: services.loops, logger: logger) {
            try await authenticator.lockouts?.flush()
            try await services.database.asSystem { connection in
                try LockoutStore.clean(limit: Self.countsRemovedAtOnceMax, on: connection)
                try RateStore.clean(limit: Self.countsRemovedAtOnceMax, on: connection)
            }
            return false
        }
    }
}
