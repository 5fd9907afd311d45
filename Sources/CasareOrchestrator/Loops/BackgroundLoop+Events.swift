import CasareStore
import Logging

extension BackgroundLoop {
    /// Leaves in the database how far events may be read, for readers that begin.
    static func mark(_ services: Services, logger: Logger) -> BackgroundLoop {
        let known = LoopMemory(EventHorizon())
        return BackgroundLoop(name: "events", interval: .seconds(1), board: services.loops, logger: logger) {
            let before = known.value
            // A round that fails begins anew: the database may have been started anew.
            known.value = EventHorizon()
            known.value = try await services.database.asSystem { connection in
                var horizon = before
                let look = try EventFeed.look(on: connection)
                horizon.looked(look)
                if horizon.final > look.mark {
                    try EventFeed.advanceMark(to: horizon.final, on: connection)
                }
                return horizon
            }
            return false
        }
    }
}
