import CasareDomain
import CasarePostgres
import CasareSettings
import CasareStore
import Logging
import Tracing

/// What comes of what happens to jobs.
extension BackgroundLoop {
    /// Schedules that have waited until nothing happened any more, in one round.
    private static let waitedOutAtOnceMax = 100

    /// Reads the events of tenants that have something which waits for them: triggers of kind job, and schedules of kinds
    /// dependency and event.
    static func reactions(_ services: Services, logger: Logger) -> BackgroundLoop {
        let known = LoopMemory(EventHorizon())
        return BackgroundLoop(
            name: "reactions", interval: .milliseconds(250), board: services.loops, logger: logger
        ) {
            let before = known.value
            // A round that fails begins anew: the database may have been started anew.
            known.value = EventHorizon()
            let (horizon, tenants) = try await services.database.asSystem { connection in
                var horizon = before
                let tenants = try ReactionStore.tenants(on: connection)
                // Without anybody who waits it does not matter what has happened.
                if !tenants.isEmpty { horizon.looked(try EventFeed.look(on: connection)) }
                return (horizon, tenants)
            }
            known.value = horizon
            var hasMore = false
            var failures: [any Error] = []
            for tenant in tenants {
                do {
                    if try await Self.react(of: tenant, through: horizon.final, services, logger) { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            if try await Self.fireWaitedOut(services, &failures, logger) { hasMore = true }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    /// - Returns: whether there may be more events.
    private static func react(
        of tenant: Tenant.ID, through horizon: EventCursor, _ services: Services, _ logger: Logger
    ) async throws -> Bool {
        let start = DefaultTracerClock.now
        let reacted = try await services.database.asTenant(tenant) { connection -> Reacted? in
            let round = try ReactionStore.react(through: horizon, zones: .system, on: connection)
            guard let round else { return nil }
            return try Reacted(round, on: connection)
        }
        guard let reacted else { return false }
        services.announce(reacted, of: tenant, since: start, logger)
        return reacted.round.isFull
    }

    /// - Returns: whether there may be others.
    private static func fireWaitedOut(
        _ services: Services, _ failures: inout [any Error], _ logger: Logger
    ) async throws -> Bool {
        let waitedOut = try await services.database.asSystem { connection in
            try ReactionStore.waitedOut(limit: Self.waitedOutAtOnceMax, on: connection)
        }
        var hasFired = false
        for one in waitedOut {
            let start = DefaultTracerClock.now
            do {
                let reacted = try await services.database.asTenant(one.tenant) { connection -> Reacted? in
                    let round = try ReactionStore.fire(one, zones: .system, on: connection)
                    guard let round else { return nil }
                    return try Reacted(round, on: connection)
                }
                guard let reacted else { continue }
                hasFired = true
                services.announce(reacted, of: one.tenant, since: start, logger)
            } catch {
                if Task.isCancelled { throw error }
                failures.append(error)
            }
        }
        return hasFired && waitedOut.count >= Self.waitedOutAtOnceMax
    }

    /// Removes what is known of jobs of a while ago.
    static func reactionKeeping(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "reaction_keeping", interval: .seconds(3600), board: services.loops, logger: logger) {
            try await services.database.asSystem { connection in try ReactionStore.keep(on: connection) }
        }
    }
}

/// A round of reactions, and the jobs that it has made.
private struct Reacted: Sendable {
    let round: ReactionStore.Round
    let bySchedules: JobTally
    let byTriggers: JobTally
    let ended: [EndedJob]

    init(_ round: ReactionStore.Round, on connection: isolated PostgresConnection) throws {
        self.round = round
        let ofTriggers = Set(round.ofTriggers)
        self.byTriggers = try JobStore.tally(of: round.ofTriggers, on: connection)
        self.bySchedules = try JobStore.tally(of: round.jobs.filter { !ofTriggers.contains($0) }, on: connection)
        self.ended = try JobStore.ended(round.cancelled, on: connection)
    }
}

extension Services {
    /// Tells those who wait for what reactions did, once it is committed, and counts it.
    ///
    /// - Parameter start: of the transaction.
    fileprivate func announce(
        _ reacted: Reacted, of tenant: Tenant.ID, since start: DefaultTracerClock.Timestamp, _ logger: Logger
    ) {
        let round = reacted.round
        self.metrics.ticked(round.ticks)
        self.metrics.received(by: .job, round.deliveries)
        self.fired(round.reports, reacted.bySchedules, since: start)
        self.received(round.receipts, reacted.byTriggers, since: start)
        self.metrics.ended(reacted.ended)
        if !round.cancelled.isEmpty { self.bell.jobsChanged(round.cancelled) }
        for session in round.sessions { self.bell.sessionChanged(session) }
        if !round.jobs.isEmpty { self.bell.ring(tenant) }
        for failure in round.failures {
            logger.warning(
                "Nothing came of what a trigger or schedule waited for",
                metadata: [
                    "tenant.id": "\(tenant)", "reaction.name": .string(failure.name), "error": .string(failure.why),
                ])
        }
    }
}
