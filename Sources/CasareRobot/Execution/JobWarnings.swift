import CasareEngine
import Logging
import Synchronization

/// Logs what a job's run warns of. A run may warn without end; the log has as much of it as helps.
final class JobWarnings: Sendable {
    private let tally = Mutex(WarningTally())
    private let logger: Logger

    /// - Parameter logger: With the job in its metadata.
    init(_ logger: Logger) { self.logger = logger }

    func happened(_ event: RunEvent) {
        guard case .warning(let node, let message) = event else { return }
        guard self.tally.withLock({ $0.isNew(message, of: node) }) else { return }
        self.logger.warning("The run warns", metadata: ["node": "\(node)", "warning": "\(message)"])
    }

    /// Logs how many there were beside those in the log, now that no more will come.
    func close() {
        let leftOut = self.tally.withLock(\.leftOut)
        if leftOut > 0 { self.logger.warning("The run warns of more", metadata: ["count": "\(leftOut)"]) }
    }
}
