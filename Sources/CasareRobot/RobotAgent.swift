import CasareDomain
package import CasareEngine
package import Logging
import ServiceLifecycle

/// A robot: leases jobs, runs them, and keeps their leases, until it is told to stop. Beside them it watches for
/// triggers.
///
/// One session after another: a session that is lost (its time is up, or the server ended it) takes its jobs with it,
/// and a new one is opened. A job that does not end when it is cut off is given up after a while: nobody waits for it
/// any more, and it has its slot until it ends. A graceful stop ends jobs after the step, or in the wait, that they are
/// in, and hands them back. With the answers to its renewals the robot may be asked to do that, or to finish what it
/// runs and then to end.
package struct RobotAgent: Service {
    let broker: any Broker
    let programs: ProgramCache
    let configuration: RobotConfiguration
    private let watchers: Watchers?
    let logger: Logger
    let telemetry: RobotTelemetry
    let onEvent: @Sendable (RunEvent) -> Void
    /// `nil`: nothing of the log is kept.
    private let shipper: RobotLogShipper?

    static let firstPause = Duration.milliseconds(100)
    static let longestPause = Duration.seconds(10)

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
        self.shipper = RobotLogShipper.connected(to: broker, configuration, self.telemetry)
    }

    /// Returns when it was stopped, or was asked to end by somebody who steers robots.
    ///
    /// - Throws: `BrokerError.refused` when the server will not have this robot.
    package func run() async throws {
        let stopping = Latch()
        let draining = Latch()
        try await withGracefulShutdownHandler {
            do {
                try await self.sendingLog { try await self.serve(until: stopping, draining: draining) }
            } catch {
                // An HTTP client that is dropped without being shut down ends the process before the error is said.
                await self.broker.close()
                throw error
            }
            await self.broker.close()
        } onGracefulShutdown: {
            stopping.open()
        }
    }

    private func sendingLog(_ work: () async throws -> Void) async throws {
        guard let shipper else { return try await work() }
        try await shipper.sending(work)
    }

    /// One session after another.
    private func serve(until stopping: Latch, draining: Latch) async throws {
        var givenUp: [RunningJobs.GivenUp] = []
        while !stopping.isOpen, !draining.isOpen, !Task.isCancelled {
            guard let session = try await self.open(stopping) else { break }
            givenUp = await self.serve(session, beside: givenUp, until: stopping, draining: draining)
        }
        // Said before the session is closed, while there is a way to send it.
        self.logger.notice("Robot stopped")
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
