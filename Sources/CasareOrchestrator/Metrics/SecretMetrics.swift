import CasareDomain
import CasareStore
import CasareTelemetry

/// What is handed out of secrets, and how those are who keep them elsewhere.
struct SecretMetrics: Sendable {
    /// What became of asking for one.
    enum AccessResult: String, Sendable, CaseIterable {
        case granted
        /// Whoever asked must not have it.
        case denied
        /// It is not there, or cannot be had now.
        case failed

        init(_ refusal: SecretRefusal.Code) {
            switch refusal {
            case .denied: self = .denied
            case .notFound, .unavailable: self = .failed
            }
        }
    }

    /// What keeps a secret that no provider keeps.
    private static let own = "casare"

    private let reads: Counter<Int>
    private let providerHealthy: Gauge<Int>

    init(_ registry: MetricRegistry) {
        self.reads = registry.counter(.secretReads)
        self.providerHealthy = registry.gauge(.secretProviderHealthy)
        self.expect(provider: nil)
        for result in AccessResult.allCases { self.reads.series(Self.attributes(nil, result)) }
    }

    /// Whoever looks at increases is to see the first read of each.
    ///
    /// - Parameter provider: `nil`: the server itself.
    func expect(provider: String?) {
        for result in AccessResult.allCases { self.reads.series(Self.attributes(provider ?? Self.own, result)) }
    }

    /// - Parameter secret: `nil`: none was found.
    func read(_ secret: Secret?, _ result: AccessResult) {
        self.reads.add(1, Self.attributes(secret.map { $0.provider ?? Self.own }, result))
    }

    func found(_ health: [ProviderHealth]) {
        for one in health {
            self.providerHealthy.set(one.isHealthy ? 1 : 0, [.secretProvider: .string(one.name)])
        }
    }

    private static func attributes(_ provider: String?, _ result: AccessResult) -> Attributes {
        [.secretProvider: provider.map(AttributeValue.string), .accessResult: .string(result.rawValue)]
    }
}
