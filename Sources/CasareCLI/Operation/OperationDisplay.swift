import CasareDomain
import CasareWire
import Synchronization

/// Shows an operation on stderr while it is followed.
final class OperationDisplay: Sendable {
    private static let interval = Duration.milliseconds(200)

    private struct State {
        var operation: OperationInfo?
        var pace = OperationPace()
        var lines = OperationLines()
    }

    private let state = Mutex(State())
    private let awaitsReplays: Bool
    /// Off a terminal, and on one that can only go on, there are lines.
    private let hasBar = Terminal.canRewrite

    init(awaitsReplays: Bool) { self.awaitsReplays = awaitsReplays }

    func saw(_ operation: OperationInfo) {
        let line = self.state.withLock { state -> String? in
            let now = ContinuousClock.now
            state.operation = operation
            state.pace.saw(operation.status == .running ? operation.progress.done : nil, at: now)
            guard !self.hasBar else { return nil }
            return state.lines.saw(
                operation, secondsLeft: state.pace.secondsLeft(of: operation.count),
                awaitsReplays: self.awaitsReplays, at: now)
        }
        if let line { StandardStreams.report(line) }
    }

    /// Shows the bar as long as the body runs, where there is one.
    func showing<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        guard self.hasBar else { return try await body() }
        // Cancelled and waited for when the body has ended.
        async let _ = self.draw()
        return try await body()
    }

    private func draw() async {
        repeat {
            let text = self.state.withLock { state in
                state.operation.map {
                    OperationText.bar(
                        $0, secondsLeft: state.pace.secondsLeft(of: $0.count), awaitsReplays: self.awaitsReplays)
                }
            }
            guard let text else { continue }
            // The last column stays free: some terminals begin a new line there.
            let line = DisplayWidth.prefix(of: text, columns: max(0, (Terminal.reportWidth ?? 80) - 1))
            StandardStreams.prompt("\r\(line)\u{1B}[K")
        } while (try? await Task.sleep(for: Self.interval)) != nil  // Until it is cancelled.
        StandardStreams.prompt(Progress.clearing)
    }
}

/// Which lines are said of an operation where there is no bar. Does no I/O.
struct OperationLines: Sendable {
    /// While nothing but its counts changes.
    static let interval = Duration.seconds(10)

    private var status: Operation.Status?
    private var last: ContinuousClock.Instant?

    /// - Returns: a line when its status is another than before, or ten seconds after the last one. How it ended is
    ///   the command's result, and no line.
    mutating func saw(
        _ operation: OperationInfo, secondsLeft: Double?, awaitsReplays: Bool, at now: ContinuousClock.Instant
    ) -> String? {
        let isNews = self.status.map { $0 != operation.status } ?? false
        let isDue = self.last.map { now - $0 >= Self.interval } ?? false
        self.status = operation.status
        self.last = self.last ?? now
        guard isDue || isNews && !operation.status.isTerminal else { return nil }
        self.last = now
        return OperationText.line(operation, secondsLeft: secondsLeft, awaitsReplays: awaitsReplays)
    }
}
