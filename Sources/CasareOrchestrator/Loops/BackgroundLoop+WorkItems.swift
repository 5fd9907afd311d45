import CasareStore
import Logging

extension BackgroundLoop {
    /// Queues with a performer that are looked at in one round.
    private static let performersAtOnceMax = 100

    /// Ends leases, waits and deadlines of items, and makes jobs for them.
    static func workItems(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "work_items", interval: .seconds(1), board: services.loops, logger: logger) {
            let (due, performing) = try await services.database.asSystem { connection in
                (
                    try WorkItemStore.due(on: connection),
                    try WorkItemStore.performing(limit: Self.performersAtOnceMax, on: connection)
                )
            }
            var hasMore = false
            var failures: [any Error] = []
            for queue in due {
                do {
                    let isPartial = try await services.database.asTenant(queue.tenant) { connection in
                        try WorkItemStore.passTime(in: queue, on: connection)
                    }
                    if isPartial { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            for queue in performing {
                do {
                    try await Self.perform(queue, services, logger)
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    private static func perform(
        _ due: WorkItemStore.Due, _ services: Services, _ logger: Logger
    ) async throws {
        let (performed, made) = try await services.database.asTenant(due.tenant) { connection in
            let performed = try WorkItemStore.perform(due, on: connection)
            return (performed, try JobStore.tally(of: performed?.jobs ?? [], on: connection))
        }
        services.made(made, by: .itemQueue)
        guard let performed else { return }
        if !performed.jobs.isEmpty { services.bell.ring(due.tenant) }
        if let refusal = performed.refusal {
            logger.warning(
                "No job can be made for the items of a queue",
                metadata: [
                    "tenant.id": "\(due.tenant)", "item_queue.name": .string(refusal.queue),
                    "error": .string(refusal.why),
                ])
        }
    }

    /// Removes items whose time is over, and those of queues that were deleted.
    static func workItemKeeping(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "work_item_keeping", interval: .seconds(60), board: services.loops, logger: logger) {
            try await services.database.asSystem { connection in try WorkItemStore.keep(on: connection) }
        }
    }
}
