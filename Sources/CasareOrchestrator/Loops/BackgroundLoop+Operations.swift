import CasareDomain
import CasareStore
import CasareTelemetry
import FoundationEssentials
import Logging

extension BackgroundLoop {
    /// Operations that are looked at in one round, one batch of each.
    private static let operationsAtOnceMax = 20
    /// An item whose job somebody has locked is left for later, and does not hold up the others.
    private static let itemLockWaitMax = Duration.milliseconds(500)

    /// Works through what people want done to many jobs at once.
    static func operations(_ services: Services, logger: Logger) -> BackgroundLoop {
        let alarm = services.operationAlarm
        return BackgroundLoop(
            name: "operations", interval: .milliseconds(250), board: services.loops, logger: logger, alarm: alarm
        ) {
            let due = try await services.database.asSystem { connection in
                try OperationStore.due(limit: Self.operationsAtOnceMax, on: connection)
            }
            var hasMore = false
            var failures: [any Error] = []
            for operation in due {
                do {
                    let (worked, made, originals, ended) = try await Self.round(operation, services)
                    services.metrics.made(made, by: .operation)
                    services.metrics.ended(ended)
                    guard let round = worked else { continue }
                    services.reran(made, originals, by: round.operation)
                    services.announce(round, of: operation.tenant)
                    // Also behind a full page: those that others are at do not count, nobody gets on with them sooner.
                    if round.isDueAgain || due.count >= Self.operationsAtOnceMax { hasMore = true }
                    if let lookAt = round.lookAt {
                        alarm.ring(in: .seconds(max(0, lookAt.timeIntervalSince(round.now))))
                    }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                    do {
                        try await Self.postpone(operation, services)
                    } catch {
                        failures.append(error)
                    }
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    /// One that fails each time would always be among the first.
    private static func postpone(_ due: OperationStore.Due, _ services: Services) async throws {
        try await services.database.asTenant(due.tenant, lockWaitMax: self.itemLockWaitMax) { connection in
            try OperationStore.postpone(due.operation, on: connection)
        }
    }

    private static func round(
        _ due: OperationStore.Due, _ services: Services
    ) async throws -> (OperationStore.Round?, JobTally, [Job.ID: TraceContext], [EndedJob]) {
        let isTraced = services.tracer.makesSpans
        return try await services.database.asTenant(due.tenant, lockWaitMax: self.itemLockWaitMax) { connection in
            let round = try OperationStore.work(
                on: due.operation,
                variables: { job, changes, connection in
                    try services.sensitiveVariables.variables(
                        ofRerun: job, changes, in: due.tenant, on: connection)
                }, on: connection)
            var originals: [Job.ID: TraceContext] = [:]
            if let round, isTraced {
                for (new, original) in round.touched.originals {
                    originals[new] = try JobTraceStore.lastAttempt(of: original, on: connection)
                }
            }
            return (
                round, try JobStore.tally(of: round?.touched.made ?? [], on: connection), originals,
                try JobStore.ended(round?.touched.cancelled ?? [], on: connection)
            )
        }
    }
}

extension Services {
    /// Tells those who wait for what a batch did, once it is committed.
    fileprivate func announce(_ round: OperationStore.Round, of tenant: Tenant.ID) {
        let touched = round.touched
        if !touched.jobs.isEmpty { self.bell.jobsChanged(touched.jobs) }
        for session in touched.sessions { self.bell.sessionChanged(session) }
        if touched.hasReady { self.bell.ring(tenant) }
        if let dueAt = touched.earliestDueAt {
            self.promotionAlarm.ring(in: .seconds(max(0, dueAt.timeIntervalSince(round.now))))
        }
        self.bell.operationChanged(round.operation.id)
    }
}
