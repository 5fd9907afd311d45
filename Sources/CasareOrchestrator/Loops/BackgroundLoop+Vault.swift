import CasareStore
import Logging

extension BackgroundLoop {
    /// Wraps data keys with the key that is current, once somebody has asked for it.
    static func rekey(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(
            name: "rekey", interval: .seconds(15), board: services.loops, logger: logger, alarm: services.rekeyAlarm
        ) {
            // Without a key there is nothing to wrap with: others may have it.
            guard let keys = services.keys else { return false }
            switch try await RekeyWork(services.database, keys: keys).step() {
            case .idle: return false
            case .moved(_, let failed):
                if failed > 0 {
                    logger.error(
                        "Secrets cannot be wrapped with the new key",
                        metadata: ["secrets": "\(failed)", "key.id": .string(keys.current.id)])
                }
                return true
            case .finished(failed: 0):
                logger.notice(
                    "All secrets are wrapped with the new key", metadata: ["key.id": .string(keys.current.id)])
                return false
            case .finished(let failed):
                logger.error(
                    "Not all secrets are wrapped with the new key: keep the former one",
                    metadata: ["secrets": "\(failed)", "key.id": .string(keys.current.id)])
                return false
            }
        }
    }

    /// Forgets what jobs were given whose runs are over.
    static func secretHolds(_ services: Services, logger: Logger) -> BackgroundLoop {
        let place = LoopMemory(SecretStore.HoldPlace.start)
        return BackgroundLoop(name: "secret_holds", interval: .seconds(60), board: services.loops, logger: logger) {
            let after = place.value
            let next = try await services.database.asSystem { connection in
                try SecretStore.sweepHolds(after: after, on: connection)
            }
            place.value = next ?? .start
            return next != nil
        }
    }
}
