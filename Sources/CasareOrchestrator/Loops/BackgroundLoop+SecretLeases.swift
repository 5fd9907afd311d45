import CasareDomain
import CasareProviders
import CasareStore
import Logging

extension BackgroundLoop {
    /// Renews what providers made for jobs that run, and gives it back when they do not run any more.
    ///
    /// It takes no turn: most of a round it waits for providers, and holds no connection meanwhile.
    static func secretLeases(_ services: Services, logger: Logger) -> BackgroundLoop {
        let upkeep = SecretLeaseUpkeep(services.providers, database: services.database)
        return BackgroundLoop(
            name: "secret_leases", interval: .seconds(1), board: services.loops, logger: logger, isUrgent: true
        ) {
            let round = try await upkeep.round()
            for (lease, deed) in round.deeds {
                let metadata: Logger.Metadata = [
                    "job.id": "\(lease.attempt.job)", "secret.name": .string(lease.secret),
                    "secret.provider": .string(lease.provider),
                ]
                switch deed {
                case .renewed: logger.debug("Renewed credentials of a job", metadata: metadata)
                case .ended(.revoked), .ended(.dropped):
                    logger.debug("Gave credentials of a job back", metadata: metadata)
                case .ended(.expired): logger.info("Credentials of a job have ended", metadata: metadata)
                case .ended(.lost):
                    logger.warning("A provider knows credentials of a job no longer", metadata: metadata)
                case .failed(let why):
                    // Once, and not with each try.
                    guard lease.failures == 0 else { continue }
                    logger.warning(
                        "Credentials of a job can be neither renewed nor given back; it is tried again",
                        metadata: metadata.merging(["error": .string(why)]) { $1 })
                }
            }
            return round.isPartial
        }
    }

    /// Removes what is known of credentials that ended long ago.
    static func secretLeaseKeeping(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(
            name: "secret_lease_keeping", interval: .seconds(600), board: services.loops, logger: logger
        ) {
            let gone = try await services.database.asSystem { connection in
                try SecretLeaseStore.forget(on: connection)
            }
            return gone == SecretLeaseStore.removedMax
        }
    }

    /// Asks providers of secrets how they are, which also keeps this process signed in there. It needs no connection.
    static func providerHealth(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(
            name: "secret_providers", interval: .seconds(15), board: services.loops, logger: logger, isUrgent: true
        ) {
            var all = await services.providers.health()
            if let transit = services.keys?.current as? TransitKeyProvider { all.append(await transit.health()) }
            services.metrics.secrets.found(all)
            for health in services.providerBoard.update(all) {
                let metadata: Logger.Metadata = ["secret.provider": .string(health.name)]
                if let problem = health.problem {
                    logger.warning(
                        "A provider of secrets gives none out",
                        metadata: metadata.merging(["error": .string(problem)]) { $1 })
                } else {
                    logger.notice("A provider of secrets works again", metadata: metadata)
                }
            }
            return false
        }
    }
}
