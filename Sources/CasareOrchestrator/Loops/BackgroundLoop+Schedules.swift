import CasareDomain
import CasareSettings
import CasareStore
import FoundationEssentials
import Logging
import Tracing

extension BackgroundLoop {
    /// A schedule that somebody has locked for longer is left for later, and does not hold up the others.
    private static let scheduleLockWaitMax = Duration.milliseconds(500)
    /// The loop is woken for a schedule whose moment comes before it would look again.
    private static let scheduleLookAhead = Duration.milliseconds(200)
    /// After so many schedules in a row that fail by themselves the others wait for the next round.
    private static let scheduleFailuresMax = 3
    /// Refused ticks of one round that are logged.
    private static let loggedRefusalsMax = 10

    /// Fires schedules whose moment has come.
    static func schedules(_ services: Services, logger: Logger) -> BackgroundLoop {
        let alarm = Alarm()
        return BackgroundLoop(
            name: "schedules", interval: .milliseconds(100), board: services.loops, logger: logger, alarm: alarm,
            isUrgent: true
        ) {
            let round = try await services.database.asSystem { connection in
                try ScheduleStore.due(ahead: Self.scheduleLookAhead, on: connection)
            }
            if let next = round.next { alarm.ring(in: next) }
            var hasMore = false
            var failures: [any Error] = []
            for due in round.due {
                do {
                    let fired = try await Self.fire(due.schedules, of: due.tenant, services, logger)
                    // Behind a full page there may be more; where others were at all of it, they are at the rest too.
                    if fired.isPartial || round.isFull && fired.reached > 0 { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                    try await Self.fireEach(due, services, logger)
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    private static func fire(
        _ schedules: [Schedule.ID], of tenant: Tenant.ID, _ services: Services, _ logger: Logger
    ) async throws -> ScheduleStore.Fired {
        let start = DefaultTracerClock.now
        let (fired, made, ended) = try await services.database.asTenant(
            tenant, lockWaitMax: Self.scheduleLockWaitMax
        ) { connection in
            let fired = try ScheduleStore.fire(schedules, zones: .system, on: connection)
            return (
                fired, try JobStore.tally(of: fired.jobs, on: connection),
                try JobStore.ended(fired.cancelled, on: connection)
            )
        }
        services.metrics.ticked(fired.ticks)
        services.fired(fired.reports, made, since: start)
        services.metrics.ended(ended)
        if !fired.jobs.isEmpty { services.bell.ring(tenant) }
        if !fired.cancelled.isEmpty { services.bell.jobsChanged(fired.cancelled) }
        for session in fired.sessions { services.bell.sessionChanged(session) }
        for refusal in fired.refusals.prefix(Self.loggedRefusalsMax) {
            logger.warning(
                "A schedule could not fire",
                metadata: [
                    "tenant.id": "\(tenant)", "schedule.name": .string(refusal.schedule),
                    "reason": .string(refusal.why),
                ])
        }
        return fired
    }

    /// One that fails would else keep the others of its tenant from firing, and would always be among the first.
    private static func fireEach(_ due: ScheduleStore.Due, _ services: Services, _ logger: Logger) async throws {
        var failuresInARow = 0
        for schedule in due.schedules where failuresInARow < self.scheduleFailuresMax {
            let start = DefaultTracerClock.now
            do {
                _ = try await self.fire([schedule], of: due.tenant, services, logger)
                failuresInARow = 0
            } catch {
                if Task.isCancelled { throw error }
                failuresInARow += 1
                OriginSpan.record(failureOf: schedule, error, since: start, services.tracer)
                try await services.database.asTenant(due.tenant, lockWaitMax: self.scheduleLockWaitMax) { connection in
                    try ScheduleStore.postpone([schedule], on: connection)
                }
            }
        }
    }

    /// Schedules that are settled in one transaction.
    private static let settledAtOnceMax = 100

    /// Notes how the jobs of schedules end, and begins with ticks that waited for them.
    static func scheduleSettling(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory<Job.ID?>(nil)
        return BackgroundLoop(
            name: "schedule_settling", interval: .seconds(1), board: services.loops, logger: logger
        ) {
            let after = place.value
            let round = try await services.database.asSystem { connection in
                try ScheduleStore.settlingDue(after: after, on: connection)
            }
            place.value = round.next
            var failures: [any Error] = []
            var ended = 0
            for due in round.due {
                for start in stride(from: 0, to: due.schedules.count, by: Self.settledAtOnceMax) {
                    let some = Array(due.schedules[start..<min(start + Self.settledAtOnceMax, due.schedules.count)])
                    do {
                        ended += try await Self.settle(some, of: due.tenant, services, logger)
                    } catch {
                        if Task.isCancelled { throw error }
                        failures.append(error)
                    }
                }
            }
            try PartialFailure.check(failures)
            // Jobs that go on are looked at in turn, without haste.
            return round.next != nil && ended > 0
        }
    }

    /// - Returns: how many jobs have ended.
    private static func settle(
        _ schedules: [Schedule.ID], of tenant: Tenant.ID, _ services: Services, _ logger: Logger
    ) async throws -> Int {
        let start = DefaultTracerClock.now
        let (settled, made) = try await services.database.asTenant(
            tenant, lockWaitMax: Self.scheduleLockWaitMax
        ) { connection in
            let settled = try ScheduleStore.settle(schedules, on: connection)
            return (settled, try JobStore.tally(of: settled.begun, on: connection))
        }
        services.metrics.ticked(settled.ticks)
        services.metrics.broken(settled.broken)
        services.fired(settled.reports, made, since: start)
        if !settled.begun.isEmpty { services.bell.ring(tenant) }
        for name in settled.paused {
            logger.notice(
                "A schedule has paused itself: its jobs keep failing",
                metadata: ["tenant.id": "\(tenant)", "schedule.name": .string(name)])
        }
        return settled.ended
    }

    /// Backfills that are looked at in one round, one batch of each.
    private static let backfillsAtOnceMax = 20

    /// Works through ticks of times that are past.
    static func backfills(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "backfills", interval: .milliseconds(250), board: services.loops, logger: logger) {
            let due = try await services.database.asSystem { connection in
                try BackfillStore.due(limit: Self.backfillsAtOnceMax, on: connection)
            }
            var hasMore = false
            var failures: [any Error] = []
            for one in due {
                let start = DefaultTracerClock.now
                do {
                    let (round, made) = try await services.database.asTenant(
                        one.tenant, lockWaitMax: Self.scheduleLockWaitMax
                    ) { connection in
                        let round = try BackfillStore.work(on: one.backfill, zones: .system, on: connection)
                        return (round, try JobStore.tally(of: round?.jobs ?? [], on: connection))
                    }
                    services.fired(round?.reports ?? [], made, by: .backfill, since: start)
                    guard let round else { continue }
                    if !round.jobs.isEmpty { services.bell.ring(one.tenant) }
                    if round.isDueAgain { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                    try await services.database.asTenant(
                        one.tenant, lockWaitMax: Self.scheduleLockWaitMax
                    ) { connection in
                        try BackfillStore.postpone(one.backfill, on: connection)
                    }
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    /// Windows that are closed in one round.
    private static let windowsAtOnceMax = 20

    /// Closes windows of maintenance whose time is over.
    static func windows(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "windows", interval: .seconds(1), board: services.loops, logger: logger) {
            let due = try await services.database.asSystem { connection in
                try WindowStore.due(limit: Self.windowsAtOnceMax, on: connection)
            }
            var failures: [any Error] = []
            for one in due {
                do {
                    let (closed, ticks) = try await services.database.asTenant(one.tenant) { connection in
                        let closed = try WindowStore.close(
                            one.window, by: Schedule.ownName, reason: "its time is over", zones: .system,
                            on: connection)
                        return (closed.window, try SteeredTicks(closed.tally, on: connection))
                    }
                    services.steered(ticks)
                    logger.notice(
                        "Closed a window of maintenance whose time is over",
                        metadata: [
                            "tenant.id": "\(one.tenant)", "window.id": "\(one.window)",
                            "schedules.restored": "\(closed.restored)", "schedules.left": "\(closed.left)",
                        ])
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return false
        }
    }

    /// Removes what is no longer kept of schedules.
    static func scheduleKeeping(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory(ScheduleStore.KeepingPlace.start)
        return BackgroundLoop(
            name: "schedule_keeping", interval: .seconds(3600), board: services.loops, logger: logger
        ) {
            let after = place.value
            let kept = try await services.database.asSystem { connection in
                try ScheduleStore.keep(after: after, on: connection)
            }
            place.value = kept.next ?? .start
            return kept.next != nil
        }
    }
}

extension ScheduleStore.Fired {
    /// Ticks that something was done about.
    fileprivate var reached: Int { self.fired + self.buffered + self.skipped }
}
