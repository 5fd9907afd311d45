import CasareDomain
import CasareEngine

/// How often a node tries again what may work a little later.
struct RetryRule: Sendable {
    var count: Int
    var interval: Duration

    init(_ inputs: Inputs) {
        self.count = inputs.int("retry_count")
        self.interval = .milliseconds(inputs.int("retry_interval"))
    }

    static let parameters: [NodeType.Parameter] = [
        .init("retry_count", .integer, default: 0, range: 0...100, "How often to try again what may work later."),
        .init("retry_interval", .integer, default: 2000, range: 0...3_600_000, "Milliseconds between attempts."),
    ]

    /// Runs blocking work on a thread of its own, again while it fails in a way that may pass.
    ///
    /// - Throws: `NodeFailure`, `CancellationError`.
    func run<R: Sendable>(_ work: @escaping @Sendable (OwnThread.Cancellation) throws -> R) async throws -> R {
        try await self.run({}, { _, cancellation in try work(cancellation) })
    }

    /// The same with something that is found out before every attempt, without a thread.
    func run<P: Sendable, R: Sendable>(
        _ prepare: () async throws -> P, _ work: @escaping @Sendable (P, OwnThread.Cancellation) throws -> R
    ) async throws -> R {
        var remaining = self.count
        while true {
            do {
                let prepared = try await prepare()
                return try await OwnThread.run { try work(prepared, $0) }
            } catch let error as ServiceFailure {
                try Task.checkCancellation()
                guard error.isTransient, remaining > 0 else { throw error.failure }
                remaining -= 1
                try await Task.sleep(for: self.interval)
            }
        }
    }
}
