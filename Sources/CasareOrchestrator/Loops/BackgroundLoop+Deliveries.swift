import CasareDomain
import CasareStore
import Logging
import Synchronization

extension BackgroundLoop {
    /// Removes deliveries of triggers whose time is over, and those that are too many.
    static func deliveries(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = KeepingPlace()
        return BackgroundLoop(
            name: "deliveries", interval: .seconds(60), board: services.loops, logger: logger
        ) {
            let after = place.trigger
            let kept = try await services.database.asSystem { connection in
                try TriggerDeliveries.keep(after: after, on: connection)
            }
            place.trigger = kept.next
            return kept.isPartial
        }
    }
}

/// How far the loop has got, from round to round.
private final class KeepingPlace: Sendable {
    private let kept = Mutex<Trigger.ID?>(nil)

    var trigger: Trigger.ID? {
        get { self.kept.withLock { $0 } }
        set { self.kept.withLock { $0 = newValue } }
    }
}
