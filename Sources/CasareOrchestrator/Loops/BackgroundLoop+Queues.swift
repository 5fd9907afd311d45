import CasareStore
import Logging

/// What queues with rules need, and what goes when it is no longer kept.
extension BackgroundLoop {
    /// Notes how far the queues have got, and removes what has become empty.
    static func queues(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "queues", interval: .seconds(1), board: services.loops, logger: logger) {
            try await services.database.asSystem { connection in try QueueStore.upkeep(on: connection) }
        }
    }

    /// Makes queues plain again that have lost their last rule.
    static func settle(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "settle", interval: .seconds(60), board: services.loops, logger: logger) {
            let settled = try await services.database.asSystem { connection in try QueueStore.settle(on: connection) }
            if settled > 0 { logger.info("Queues have no rules any more", metadata: ["queues": "\(settled)"]) }
            return false
        }
    }

    /// Removes what is kept of jobs whose time is over, and what robots logged.
    ///
    /// - Parameters:
    ///   - days: of jobs; `nil` keeps everything.
    ///   - robotLogDays: of what robots logged.
    static func retention(
        _ services: Services, days: Int?, robotLogDays: Int, logger: Logger
    ) -> BackgroundLoop {
        BackgroundLoop(name: "retention", interval: .seconds(3600), board: services.loops, logger: logger) {
            var logs: QueueStore.Purged?
            var failure: (any Error)?
            do {
                logs = try await services.database.asSystem { connection in
                    try RobotLogStore.purge(days: robotLogDays, on: connection)
                }
            } catch {
                // A lock that is not to be had just now keeps the jobs from nothing.
                failure = error
            }
            if let logs, !logs.partitions.isEmpty {
                logger.notice(
                    "Dropped what robots logged and is no longer kept",
                    metadata: ["partitions": .string(logs.partitions.joined(separator: ", "))])
            }
            let purged = try await services.database.asSystem { connection in
                try QueueStore.purge(days: days, on: connection)
            }
            if !purged.partitions.isEmpty {
                logger.notice(
                    "Dropped partitions of jobs that are no longer kept",
                    metadata: ["partitions": .string(purged.partitions.joined(separator: ", "))])
            }
            if let failure { throw failure }
            return purged.isPartial || logs?.isPartial == true
        }
    }
}
