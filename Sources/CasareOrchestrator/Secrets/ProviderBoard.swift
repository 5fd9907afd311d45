import CasareDomain
import Synchronization

/// How the providers of secrets were when they were last asked, for the health routes: those ask nobody themselves.
final class ProviderBoard: Sendable {
    private let kept = Mutex<[ProviderHealth]>([])

    var health: [ProviderHealth] { self.kept.withLock { $0 } }

    /// - Returns: those that are worse, or better, than the time before.
    func update(_ health: [ProviderHealth]) -> [ProviderHealth] {
        self.kept.withLock { kept in
            let before = Dictionary(kept.map { ($0.name, $0.isHealthy) }) { first, _ in first }
            kept = health
            return health.filter { ($0.isHealthy) != (before[$0.name] ?? true) }
        }
    }
}
