import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// Takes jobs from robots that are gone, on a connection of its own: also when all others are taken.
    static func sweep(_ services: Services, logger: Logger) -> BackgroundLoop {
        let alarm = Alarm()
        return BackgroundLoop(
            name: "sweep", interval: .milliseconds(250), board: services.loops, logger: logger, alarm: alarm,
            isUrgent: true
        ) {
            let report = try await services.database.asRescuer { connection in try LeaseStore.sweep(on: connection) }
            services.metrics.expired(report.leasesEnded)
            services.bell.jobsChanged((report.requeued + report.deadLettered).map(\.job))
            // Those that ended may have kept others waiting under a limit.
            for tenant in Set((report.requeued + report.deadLettered).map(\.tenant)) {
                services.bell.ring(tenant)
            }
            if report.sessionsEnded > 0 {
                logger.info(
                    "Ended sessions of robots that are gone",
                    metadata: [
                        "sessions": "\(report.sessionsEnded)", "jobs.requeued": "\(report.requeued.count)",
                        "jobs.dead_lettered": "\(report.deadLettered.count)",
                    ])
            }
            // They are looked at again when their time to come back is over, not some time after.
            if report.sessionsLost > 0 { alarm.ring(in: LeaseStore.lostSessionGrace) }
            if !report.deadLettered.isEmpty {
                services.metrics.ended(
                    try await services.database.asRescuer { connection in
                        try JobStore.ended(report.deadLettered, on: connection)
                    })
            }
            try PartialFailure.check(report.failures)
            return false
        }
    }

    private static let promotedAtOnceMax = 1000

    /// Makes jobs ready whose time has come.
    static func promote(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(
            name: "promote", interval: .milliseconds(750), board: services.loops, logger: logger,
            alarm: services.promotionAlarm, isUrgent: true
        ) {
            let report = try await services.database.asSystem { connection in
                try LeaseStore.promoteDue(limit: Self.promotedAtOnceMax, on: connection)
            }
            for tenant in report.tenants {
                services.bell.ring(tenant)
            }
            try PartialFailure.check(report.failures)
            return report.isPartial
        }
    }

    private static let expiredAtOnceMax = 1000

    /// Ends jobs that nobody has begun by their deadlines.
    static func expire(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "expire", interval: .milliseconds(750), board: services.loops, logger: logger) {
            let report = try await services.database.asSystem { connection in
                try LeaseStore.expireDue(limit: Self.expiredAtOnceMax, on: connection)
            }
            services.bell.jobsChanged(report.expired.map(\.job))
            if !report.expired.isEmpty {
                logger.info("Ended jobs past their deadlines", metadata: ["jobs": "\(report.expired.count)"])
            }
            if !report.expired.isEmpty {
                services.metrics.ended(
                    try await services.database.asSystem { connection in
                        try JobStore.ended(report.expired, on: connection)
                    })
            }
            try PartialFailure.check(report.failures)
            return report.due >= Self.expiredAtOnceMax
        }
    }

    /// Creates the partitions of the weeks and days to come.
    static func partitions(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "partitions", interval: .seconds(3600), board: services.loops, logger: logger) {
            let created = try await services.database.asSystem { connection in
                let weekly = try LeaseStore.maintainPartitions(on: connection)
                return try weekly + RobotLogStore.maintainPartitions(on: connection)
            }
            if created > 0 {
                logger.info("Created partitions", metadata: ["partitions": "\(created)"])
            }
            return false
        }
    }
}
