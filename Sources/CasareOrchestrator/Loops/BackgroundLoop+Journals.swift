import CasareStore
import Logging

extension BackgroundLoop {
    /// Packs the journals of jobs that have ended.
    ///
    /// - Parameter hours: after their end; `nil`: never.
    static func compact(_ services: Services, hours: Int?, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory(PackingCursor())
        return BackgroundLoop(name: "compact", interval: .seconds(900), board: services.loops, logger: logger) {
            guard let hours else { return false }
            let cursor = place.value
            let (report, next) = try await services.database.asSystem { connection in
                var cursor = cursor
                let report = try JournalStore.pack(
                    endedFor: .seconds(hours * 3600), cursor: &cursor, on: connection)
                return (report, cursor)
            }
            place.value = next
            if report.packed > 0 {
                logger.debug("Packed the journals of ended jobs", metadata: ["jobs": "\(report.packed)"])
            }
            try PartialFailure.check(report.failures)
            return report.isPartial
        }
    }
}
