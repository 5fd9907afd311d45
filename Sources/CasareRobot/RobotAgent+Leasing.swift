import CasareDomain
import Logging
import Tracing

/// How a robot comes to its jobs, and has each of them run.
extension RobotAgent {
    /// How long one call for jobs waits for some to come, at the longest.
    private static let leaseWaitMax = Duration.seconds(20)
    /// How long a robot that has few slots free waits for more, to lease for all of them at once.
    private static let slotsPause = Duration.milliseconds(2)
    /// What share of the slots is enough not to wait: one in so many.
    private static let slotsShare = 4

    /// Under a short lease shorter: a robot that asks for jobs less often than twice in two leases counts as wedged.
    static func leaseWait(under leaseDuration: Duration) -> Duration { min(self.leaseWaitMax, leaseDuration) }

    /// Ends when `over` is open and every job has ended, or is given up.
    func leaseAndRun(
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
        let jobs: [LeasedJob]
        do {
            jobs = try await withThrowingTaskGroup(of: [LeasedJob].self) { group in
                group.addTask { try await self.broker.lease(slots: slots, waiting: waiting) }
                group.addTask {
                    await over.wait()
                    return []
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch {
            self.telemetry.leaseFailed(error, after: .now - start)
            throw error
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
}
