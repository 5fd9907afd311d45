import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// Notes in dead letters how their replays have ended.
    static func letters(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory<Job.ID?>(nil)
        return BackgroundLoop(name: "letters", interval: .seconds(2), board: services.loops, logger: logger) {
            let after = place.value
            let report = try await services.database.asSystem { connection in
                try DeadLetterStore.settle(after: after, on: connection)
            }
            place.value = report.next
            // Letters of replays that go on are looked at in turn, without haste.
            return report.next != nil && report.settled > 0
        }
    }

    /// Removes dead letters whose time is over, and those that are too many.
    static func letterKeeping(
        _ services: Services, policy: DeadLetterStore.Keeping, logger: Logger
    ) -> BackgroundLoop {
        BackgroundLoop(name: "letter_keeping", interval: .seconds(60), board: services.loops, logger: logger) {
            let kept = try await services.database.asSystem { connection in
                try DeadLetterStore.keep(policy, on: connection)
            }
            for dropped in kept.dropped {
                logger.warning(
                    "Dropped dead letters that nobody has dealt with: there were more than are kept",
                    metadata: [
                        "tenant.id": "\(dropped.tenant)", "dead_letters": "\(dropped.count)",
                        "dead_letters.max": "\(policy.lettersMax)",
                    ])
            }
            return kept.isPartial
        }
    }
}
