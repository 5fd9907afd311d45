import CasareDomain
package import CasareEngine
package import Logging
import ServiceLifecycle
import Tracing

/// A robot: leases jobs, runs them, and keeps their leases, until it is told to stop. Beside them it watches for
/// triggers.
///
/// One session after another: a session that is lost (its time is up, or the server ended it) takes its jobs with it,
/// and a new one is opened. A job that does not end when it is cut off is given up after a while: nobody waits for it
/// any more, and it has its slot until it ends. A graceful stop ends jobs after the step, or in the wait, that they are
/// in, and hands them back. With the answers to its renewals the robot may be asked to do that, or to finish what it
/// runs and then to end.
package struct RobotAgent: Service {
    private let broker: any Broker
    private let programs: ProgramCache
    private let configuration: RobotConfiguration
    private let watchers: Watchers?
    private let logger: Logger
    private let telemetry: RobotTelemetry
    private let onEvent: @Sendable (RunEvent) -> Void

    /// How long one call for jobs waits for some to come, at the longest.
    private static let leaseWaitMax = Duration.seconds(20)
    /// How long a robot that has few slots free waits for more, to lease for all of them at once.
    private static let slotsPause = Duration.milliseconds(2)
    /// What share of the slots is enough not to wait: one in so many.
    private static let slotsShare = 4
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(10)

    /// - Parameters:
    ///   - watchers: look for what triggers wait for; `nil`: the robot watches nothing.
    ///   - telemetry: counts and traces; `nil`: nobody looks at it.
    ///   - onEvent: told what happens in the jobs' runs, beside the log.
    package init(
        broker: any Broker, catalogue: NodeCatalogue, watchers: Watchers? = nil, configuration: RobotConfiguration,
        telemetry: RobotTelemetry? = nil, logger: Logger,
        onEvent: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        self.broker = broker
        self.programs = ProgramCache(catalogue: catalogue)
        self.configuration = configuration
        self.watchers = watchers
        self.telemetry = telemetry ?? RobotTelemetry(of: configuration.description)
        self.onEvent = onEvent
        var logger = logger
        logger[metadataKey: "robot.id"] = "\(configuration.description.id)"
        self.logger = logger
    }

    /// Returns when it was stopped, or was asked to end by somebody who steers robots.
    ///
    /// - Throws: `BrokerError.refused` when the server will not have this robot.
    package func run() async throws {
        let stopping = Latch()
        let draining = Latch()
        try await withGracefulShutdownHandler {
            do {
                var givenUp: [RunningJobs.GivenUp] = []
                while !stopping.isOpen, !draining.isOpen, !Task.isCancelled {
                    guard let session = try await self.open(stopping) else { break }
                    givenUp = await self.serve(session, beside: givenUp, until: stopping, draining: draining)
                }
            } catch {
                // An HTTP client that is dropped without being shut down ends the process before the error is said.
                await self.broker.close()
                throw error
            }
            await self.broker.close()
            self.logger.notice("Robot stopped")
        } onGracefulShutdown: {
            stopping.open()
        }
    }

    /// Opens a session, however long the server is out of reach; `nil` when the robot is stopped first.
    private func open(_ stopping: Latch) async throws -> LeaseTrust? {
        var pause = Self.firstPause
        while !stopping.isOpen, !Task.isCancelled {
            let requestedAt = ContinuousClock.now
            do {
                let terms = try await self.broker.open(self.configuration.description)
                self.telemetry.tenant.name = terms.tenant
                self.logger.notice("Robot is ready", metadata: ["slots": "\(self.configuration.description.slots)"])
                if terms.otherSessions > 0 {
                    self.logger.warning(
                        "Another process runs under this robot's ID, or has just died: give each an ID of its own",
                        metadata: ["sessions": "\(terms.otherSessions + 1)"])
                }
                return LeaseTrust(
                    duration: terms.leaseDuration, interval: terms.heartbeatInterval, openedAt: requestedAt)
            } catch .refused(let reason) {
                throw BrokerError.refused(reason)
            } catch {
                if Task.isCancelled { return nil }
                self.logger.warning("No session yet; trying again", metadata: ["error": "\(error)"])
                guard await Self.rest(pause, unless: stopping) else { return nil }
                pause = min(pause * 2, Self.longestPause)
            }
        }
        return nil
    }

    /// - Parameter former: what earlier sessions have given up.
    /// - Returns: what is given up now.
    private func serve(
        _ trust: LeaseTrust, beside former: [RunningJobs.GivenUp], until stopping: Latch, draining: Latch
    ) async -> [RunningJobs.GivenUp] {
        let running = RunningJobs(slots: self.configuration.description.slots)
        // Before anybody may end the session, who gives them up again.
        let left = former.map { running.takeOver($0) }
        // Open when no more jobs are to be leased: the session is lost, or the robot is stopping.
        let over = Latch()
        let obey: @Sendable (Robot.Order) -> Void = { order in
            guard !stopping.isOpen, order == .stop || !draining.isOpen else { return }
            self.logger.notice("Asked to end", metadata: ["order": "\(order.rawValue)"])
            switch order {
            case .stop: stopping.open()
            case .drain:
                draining.open()
                over.open()
            }
        }
        await withTaskGroup(of: Void.self) { keepers in
            let news = ReadySignal()
            keepers.addTask {
                while !Task.isCancelled {
                    await self.broker.untilNews { running.held }
                    news.signal()
                }
            }
            keepers.addTask { await self.keep(trust, running, news, over, obey) }
            keepers.addTask {
                await self.broker.untilSessionIsLost()
                guard !Task.isCancelled else { return }
                self.logger.error("The session is lost; its jobs are stopped")
                over.open()
                running.stopAll()
            }
            keepers.addTask {
                await stopping.wait()
                guard stopping.isOpen else { return }
                running.beginStopping()
                over.open()
                // The steps under way are given a while; then they are cut off, and are in doubt if they change the
                // world.
                guard (try? await Task.sleep(for: self.configuration.shutdownGrace)) != nil else { return }
                running.stopAll()
            }
            keepers.addTask {
                await over.wait()
                running.giveUpAgain()
                await running.isOver.wait()
                guard running.isOver.isOpen, (try? await Task.sleep(for: self.configuration.cutOffGrace)) != nil else {
                    return
                }
                for lease in running.giveUp() {
                    self.logger.error(
                        "A job did not end when it was stopped, and is waited for no longer; restart the robot",
                        metadata: ["job.id": "\(lease.job)"])
                }
            }
            keepers.addTask { await self.watch(until: over) }
            await self.leaseAndRun(
                running, beside: left, waiting: Self.leaseWait(under: trust.duration), until: over, obey)
            keepers.cancelAll()
        }
        return running.givenUp
    }

    /// Under a short lease shorter: a robot that asks for jobs less often than twice in two leases counts as wedged.
    static func leaseWait(under leaseDuration: Duration) -> Duration { min(self.leaseWaitMax, leaseDuration) }

    // MARK: - Jobs

    /// Ends when `over` is open and every job has ended, or is given up.
    private func leaseAndRun(
        _ running: RunningJobs, beside left: [(lease: Lease, run: JobRun)], waiting: Duration, until over: Latch,
        _ obey: @escaping @Sendable (Robot.Order) -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            for (lease, run) in left { self.wait(for: run, of: lease, running, in: &group) }
            var pause = Self.firstPause
            while !over.isOpen, !Task.isCancelled {
                await running.slotMayBeFree()
                if running.count > 0, running.freeSlots < self.configuration.description.slots / Self.slotsShare {
                    // Cancelled: the loop looks for itself.
                    try? await Task.sleep(for: Self.slotsPause)
                }
                running.asked()
                let jobs: [LeasedJob]
                do {
                    jobs = try await self.lease(running.freeSlots, waiting: waiting, unless: over)
                    pause = Self.firstPause
                } catch BrokerError.sessionEnded {
                    self.logger.warning("The session has ended; opening another")
                    over.open()
                    running.stopAll()
                    continue
                } catch BrokerError.askedToEnd(let order) {
                    obey(order)
                    await over.wait()
                    continue
                } catch BrokerError.refused(let reason) {
                    if over.isOpen || Task.isCancelled { break }
                    self.logger.error("The server gives this robot no jobs", metadata: ["error": "\(reason)"])
                    // Whoever comes too often is locked out, and is told that in the place of the reason.
                    _ = await Self.rest(Self.longestPause, unless: over)
                    continue
                } catch {
                    if over.isOpen || Task.isCancelled { break }
                    self.logger.warning("Could not lease jobs; trying again", metadata: ["error": "\(error)"])
                    _ = await Self.rest(pause, unless: over)
                    pause = min(pause * 2, Self.longestPause)
                    continue
                }
                // What came after the session's end, or a stop, goes back with the session.
                guard !over.isOpen else { break }
                for job in jobs { self.begin(job, running, in: &group) }
            }
        }
    }

    /// Asks for jobs, and gives up when `over` opens. Jobs that were leased just then go back with the session.
    private func lease(_ slots: Int, waiting: Duration, unless over: Latch) async throws -> [LeasedJob] {
        guard slots > 0 else { return [] }
        let start = ContinuousClock.now
        let instant = DefaultTracerClock.now
        let jobs = try await withThrowingTaskGroup(of: [LeasedJob].self) { group in
            group.addTask { try await self.broker.lease(slots: slots, waiting: waiting) }
            group.addTask {
                await over.wait()
                return []
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
        self.telemetry.leased(jobs, since: start, from: instant)
        return jobs
    }

    private func begin(_ job: LeasedJob, _ running: RunningJobs, in group: inout DiscardingTaskGroup) {
        let executor = JobExecutor(
            broker: self.broker, programs: self.programs, configuration: self.configuration, logger: self.logger,
            telemetry: self.telemetry, isStopRequested: { running.isToEnd(job.lease) },
            isPauseAsked: { running.isToPause(job.lease) },
            onProgress: { running.happened($0, to: job.lease) }, onEvent: self.onEvent)
        // A task of its own, because a child of the group could not be cancelled without its siblings. The group's
        // child waits for it.
        let run = JobRun { [slots = self.telemetry.slots] in
            slots.began()
            await executor.execute(job)
            slots.ended()
        }
        running.began(job.lease, timeLimit: .seconds(min(job.options.timeoutSeconds, 1e9)), run: run) {
            run.task.cancel()
        }
        self.wait(for: run, of: job.lease, running, in: &group)
    }

    private func wait(
        for run: JobRun, of lease: Lease, _ running: RunningJobs, in group: inout DiscardingTaskGroup
    ) {
        group.addTask {
            await withTaskCancellationHandler {
                await run.isOver.waitUntilOpen()
            } onCancel: {
                run.task.cancel()
                // Without a parent: it must run although everything here is cancelled.
                Task { [grace = self.configuration.cutOffGrace] in
                    try? await Task.sleep(for: grace)
                    run.isOver.open()
                }
            }
            running.ended(lease)
        }
    }

    // MARK: - Session

    /// Renews the session, in time and whenever there is news of it, until it is lost or the task is cancelled.
    private func keep(
        _ trust: LeaseTrust, _ running: RunningJobs, _ news: ReadySignal, _ over: Latch,
        _ obey: @Sendable (Robot.Order) -> Void
    ) async {
        var trust = trust
        while let next = trust.nextTimer {
            await news.wait(until: next)
            // No job is left to keep a lease for.
            if Task.isCancelled { return }
            let now = ContinuousClock.now
            if now < next {
                trust.newsCame(at: now)
                continue
            }
            switch trust.timerFired(at: now) {
            case .none:
                continue
            case .stopJobs:
                self.logger.error("The session could not be renewed in time; its jobs are stopped")
            case .sendRenewal(let giveUpAt):
                if let order = await self.renew(&trust, running, giveUpAt: giveUpAt) { obey(order) }
            }
        }
        over.open()
        running.stopAll()
    }

    /// - Returns: what the robot is asked to do.
    private func renew(
        _ trust: inout LeaseTrust, _ running: RunningJobs, giveUpAt: ContinuousClock.Instant
    ) async -> Robot.Order? {
        let leases = running.leases
        let progress = running.progress()
        do {
            let answer = try await withThrowingTaskGroup(of: RenewalAnswer.self) { group in
                group.addTask { try await self.broker.renew(leases, progress: progress) }
                group.addTask {
                    try await Task.sleep(until: giveUpAt)
                    throw BrokerError.unavailable("No answer to a renewal in time")
                }
                defer { group.cancelAll() }
                return try await group.next()!  // Two children: the first to end decides.
            }
            trust.renewalSucceeded()
            // Only what was named: a job may have been leased anew while the answer was on its way.
            running.stop(leases.filter { answer.lost.contains($0.job) })
            running.pause(answer.paused, of: leases)
            if let slots = answer.slots {
                running.changeSlots(to: slots)
                self.telemetry.slots.changed(to: slots)
            }
            return answer.order
        } catch BrokerError.sessionEnded {
            self.logger.warning("The session has ended; its jobs are stopped")
            trust.sessionRefused()
        } catch BrokerError.refused(let reason) {
            trust.renewalRefused(at: .now)
            if !Task.isCancelled {
                self.logger.error("The server does not renew the session", metadata: ["error": "\(reason)"])
            }
        } catch {
            trust.renewalFailed(at: .now)
            if !Task.isCancelled {
                self.logger.warning("Could not renew the session; trying again", metadata: ["error": "\(error)"])
            }
        }
        return nil
    }

    private func watch(until over: Latch) async {
        guard let watchers = self.watchers else { return }
        await WatchKeeper(
            broker: self.broker, watchers: watchers, configuration: self.configuration, logger: self.logger
        ).run(until: over)
    }

    /// Sleeps; false when the latch opened or the task was cancelled first.
    static func rest(_ duration: Duration, unless latch: Latch) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await Task.sleep(for: duration)) != nil }
            group.addTask {
                await latch.wait()
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
