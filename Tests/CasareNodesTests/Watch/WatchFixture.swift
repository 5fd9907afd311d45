import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization

/// A watcher's surroundings in which time passes only when it waits, and what it reports is kept as a server would.
final class WatchFixture: Sendable {
    /// The watch has seen enough: it ends as by a cancellation.
    struct Done: Error {}

    private struct State {
        var now = ContinuousClock.now
        var reports: [WatchReport] = []
        var kept: Value?
        var waits = 0
    }

    private let state = Mutex(State())
    private let policy: NodePolicy
    private let source: Watch.Source
    private let secret: String?

    init(
        _ source: Watch.Source, secret: String? = nil, policy: NodePolicy = NodePolicy(allowsInternalURLs: true)
    ) {
        self.source = source
        self.secret = secret
        self.policy = policy
    }

    var reports: [WatchReport] { self.state.withLock(\.reports) }
    var findings: [WatchFinding] { self.reports.flatMap(\.findings) }
    /// What was reported last of what was seen.
    var kept: Value? { self.state.withLock(\.kept) }
    var errors: [String?] { self.reports.map(\.error) }

    /// A member of the payload of all that was found.
    func found(_ name: String) -> [String] { self.findings.map { $0.payload[name]?.displayText ?? "-" } }

    /// Has a watcher look until it has waited so often, beginning with what was reported before.
    ///
    /// - Parameters:
    ///   - waiting: is told the number of each wait, from 1, before it passes.
    ///   - refusing: the number of the report that is refused, from 1, as that of a watch that has passed on.
    func run(
        _ watcher: some Watcher, waits: Int, refusing: Int? = nil,
        waiting: @escaping @Sendable (Int) async throws -> Void = { _ in }
    ) async throws {
        let watch = Watch(
            trigger: .new(at: Date()), name: "t", revision: 1, version: 0, source: self.source, state: self.kept,
            secret: self.secret.map { WatchSecret($0) }, policy: SafetyPolicy())
        self.state.withLock { $0.waits = 0 }
        let count = Mutex(0)
        let environment = WatchEnvironment(
            policy: self.policy, workingDirectory: "/nonexistent",
            now: { Date(timeIntervalSince1970: 1_767_268_800) }, instant: { self.state.withLock(\.now) },
            sleep: { duration in
                let number = self.state.withLock { state in
                    state.waits += 1
                    return state.waits
                }
                try await waiting(number)
                if number >= waits { throw Done() }
                self.state.withLock { $0.now += duration }
            },
            report: { report in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                if number == refusing { throw Done() }
                self.state.withLock { state in
                    state.reports.append(report)
                    state.kept = report.state ?? state.kept
                }
            })
        do {
            try await watcher.watch(watch, in: environment)
        } catch is Done {
            return
        }
    }
}
