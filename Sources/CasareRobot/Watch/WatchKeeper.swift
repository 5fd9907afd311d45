import CasareDomain
import CasareEngine
import Logging
import Synchronization

/// Watches for triggers while a session lasts: asks what to watch, has watchers look, and reports what they find.
///
/// A watch that passes on while its watcher is looking costs nothing: what it reports then is refused, and whoever holds
/// the watch begins with what was last reported.
struct WatchKeeper: Sendable {
    /// Of one robot at once.
    static let watchesMax = 200
    /// Of one request.
    private static let offeredMax = 50
    /// Between two questions what to watch: so late a new trigger begins at the most, and so soon another robot takes
    /// over when a session has ended.
    static let askInterval = Duration.seconds(5)
    /// After a server that knows no watches: another may stand behind the same address by then.
    private static let pauseAfterRefusal = Duration.seconds(300)
    private static let reportPause = Duration.seconds(1)
    private static let reportPauseMax = Duration.seconds(30)
    /// How long letting go may take when the session ends; without it the watches are free once the session has ended.
    private static let releaseMax = Duration.seconds(5)

    let broker: any Broker
    let watchers: Watchers
    let configuration: RobotConfiguration
    let logger: Logger

    /// The watch has passed on, or begins anew.
    private struct WatchLost: Error {}

    /// What is watched just now, and what ends each.
    private final class Held: Sendable {
        private struct Entry {
            let revision: Int
            let stop: Latch
        }

        private let entries = Mutex<[Trigger.ID: Entry]>([:])

        var marks: [Watch.Mark] {
            self.entries.withLock { $0.map { Watch.Mark(trigger: $0.key, revision: $0.value.revision) } }
        }

        /// Stops the watcher that was there before, if there is one.
        func begin(_ watch: Watch) -> Latch {
            let stop = Latch()
            let former = self.entries.withLock { entries in
                entries.updateValue(Entry(revision: watch.revision, stop: stop), forKey: watch.trigger)
            }
            former?.stop.open()
            return stop
        }

        /// The watcher has ended: unless another one has taken its place, the next question no longer names the watch.
        func ended(_ trigger: Trigger.ID, _ stop: Latch) {
            self.entries.withLock { entries in
                if let entry = entries[trigger], entry.stop === stop { entries[trigger] = nil }
            }
        }

        /// Stops those that were named and are not kept.
        func stop(_ marks: [Watch.Mark], besides kept: Set<Trigger.ID>) {
            let stopped = self.entries.withLock { entries in
                marks.filter { !kept.contains($0.trigger) }.compactMap { mark -> Latch? in
                    guard let entry = entries[mark.trigger], entry.revision == mark.revision else { return nil }
                    entries[mark.trigger] = nil
                    return entry.stop
                }
            }
            for stop in stopped { stop.open() }
        }
    }

    /// Returns when `over` opens or the task is cancelled, and nobody watches here any more. A session that goes on,
    /// because jobs end first, has let go of its watches then.
    func run(until over: Latch) async {
        let held = Held()
        await withDiscardingTaskGroup { group in
            while !over.isOpen, !Task.isCancelled {
                let (new, pause) = await self.ask(held)
                for watch in new {
                    let stop = held.begin(watch)
                    group.addTask {
                        await self.keep(watch, until: stop)
                        held.ended(watch.trigger, stop)
                    }
                }
                guard await RobotAgent.rest(pause, unless: over) else { break }
            }
            held.stop(held.marks, besides: [])
            group.cancelAll()
        }
        guard !Task.isCancelled else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await self.broker.watches(holding: [], limit: 0) }
            group.addTask { try? await Task.sleep(for: Self.releaseMax) }
            _ = await group.next()
            group.cancelAll()
        }
    }

    /// Asks once, and ends the watchers of watches that have passed on.
    ///
    /// - Returns: what is to be watched as well, and how long to wait before the next question.
    private func ask(_ held: Held) async -> (new: [Watch], pause: Duration) {
        let marks = held.marks
        do {
            let offer = try await self.broker.watches(
                holding: marks, limit: max(0, min(Self.offeredMax, Self.watchesMax - marks.count)))
            held.stop(marks, besides: offer.kept)
            return (offer.new, Self.askInterval)
        } catch .refused(let reason) {
            self.logger.debug("No watches are to be had", metadata: ["error": "\(reason)"])
            return ([], Self.pauseAfterRefusal)
        } catch {
            // An end of the session is found by the next lease or renewal too, which says so.
            self.logger.debug("Could not ask what to watch; trying again", metadata: ["error": "\(error)"])
            return ([], Self.askInterval)
        }
    }

    // MARK: - One watch

    private func keep(_ watch: Watch, until stop: Latch) async {
        var logger = self.logger
        logger[metadataKey: "trigger.id"] = "\(watch.trigger)"
        logger[metadataKey: "trigger.name"] = "\(watch.name)"
        logger.info("Watching for a trigger")
        await withTaskGroup(of: Void.self) { [logger] group in
            group.addTask {
                do {
                    try await self.look(watch, logger)
                } catch is WatchLost {
                    logger.info("A watch has passed on")
                } catch {
                    if Task.isCancelled { return }
                    logger.warning("A watch has ended; it begins anew", metadata: ["error": "\(error)"])
                }
            }
            group.addTask { await stop.wait() }
            _ = await group.next()
            group.cancelAll()
        }
    }

    private func look(_ watch: Watch, _ logger: Logger) async throws {
        let version = Mutex(watch.version)
        let environment = WatchEnvironment(
            policy: self.configuration.policy.applied(
                to: watch.policy, isTighteningOnly: self.configuration.refusesLoosening),
            workingDirectory: self.configuration.workingDirectory
        ) { report in
            let before = version.withLock { $0 }
            guard let next = try await self.report(report, of: watch, version: before, logger) else {
                throw WatchLost()
            }
            version.withLock { $0 = next }
        }
        try await self.watchers.watcher(of: watch.source).watch(watch, in: environment)
    }

    /// Reports however long the other side is out of reach: a report that was kept although its answer was lost is
    /// not kept twice.
    private func report(
        _ report: WatchReport, of watch: Watch, version: Int, _ logger: Logger
    ) async throws -> Int? {
        var pause = Self.reportPause
        while true {
            let failure: BrokerError
            do throws(BrokerError) {
                return try await self.broker.report(
                    report, of: watch.trigger, revision: watch.revision, version: version)
            } catch {
                failure = error
            }
            guard case .unavailable(let reason) = failure else { throw failure }
            try Task.checkCancellation()
            logger.warning("Could not report what was found; trying again", metadata: ["error": "\(reason)"])
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.reportPauseMax)
        }
    }
}
