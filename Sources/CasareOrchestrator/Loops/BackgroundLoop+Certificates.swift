import CasareStore
import FoundationEssentials
import Logging

extension BackgroundLoop {
    /// Rows that one round removes at the most.
    private static let certificatesRemovedAtOnceMax = 500
    /// Before the authority that signs ends, somebody is told.
    private static let authorityWarning = Duration.seconds(90 * 86_400)

    /// Ends authorities of which nothing counts any more, tells when the one that signs comes to its end, and forgets
    /// what ended long ago.
    static func certificates(_ services: Services, logger: Logger) -> BackgroundLoop {
        let hasWarned = LoopMemory(false)
        return BackgroundLoop(name: "certificates", interval: .seconds(60), board: services.loops, logger: logger) {
            let (finished, active) = try await services.database.asSystem { connection in
                let finished = try CertificateAuthorityStore.finish(on: connection)
                try CertificateStore.clean(limit: Self.certificatesRemovedAtOnceMax, on: connection)
                try EnrolmentStore.clean(limit: Self.certificatesRemovedAtOnceMax, on: connection)
                return (finished, try CertificateAuthorityStore.active(on: connection)?.authority)
            }
            for authority in finished {
                logger.notice(
                    "A certificate authority has retired", metadata: ["ca.fingerprint": .string(authority.fingerprint)])
            }
            if !finished.isEmpty { services.certificateAlarm.ring(in: .zero) }
            if let active, active.notAfter.timeIntervalSinceNow < Self.authorityWarning / .seconds(1), !hasWarned.value
            {
                hasWarned.value = true
                logger.warning(
                    "The certificate authority of robots ends soon: run casarectl ca rotate",
                    metadata: [
                        "ca.fingerprint": .string(active.fingerprint), "ca.not_after": "\(active.notAfter)",
                    ])
            }
            return false
        }
    }
}
