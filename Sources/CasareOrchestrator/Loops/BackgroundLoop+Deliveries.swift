import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// Removes deliveries of triggers whose time is over, and those that are too many.
    static func deliveries(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory<Trigger.ID?>(nil)
        return BackgroundLoop(
            name: "deliveries", interval: .seconds(60), board: services.loops, logger: logger
        ) {
            let after = place.value
            let kept = try await services.database.asSystem { connection in
                try TriggerDeliveries.keep(after: after, on: connection)
            }
            place.value = kept.next
            return kept.isPartial
        }
    }
}
