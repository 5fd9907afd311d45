import CasareEngine
import Glibc
import Synchronization

/// One live line on the terminal while a run goes on, gone when it has ended.
final class Progress: Sendable {
    /// A run that is quicker shows nothing.
    private static let patience = Duration.milliseconds(300)
    private static let interval = Duration.milliseconds(200)
    /// To the beginning of the line, and to leave nothing of it.
    static let clearing = "\r\u{1B}[K"

    private let position = Mutex<RunPosition?>(nil)
    private let start = ContinuousClock.now

    func moved(to position: RunPosition) { self.position.withLock { $0 = position } }

    /// Shows the line as long as the body runs.
    func showing<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        // Cancelled and waited for when the body has ended.
        async let _ = self.draw()
        return try await body()
    }

    private func draw() async {
        guard (try? await Task.sleep(for: Self.patience)) != nil else { return }  // The run has ended.
        repeat {
            guard let position = self.position.withLock(\.self) else { continue }
            let text = ProgressText.line(position, seconds: (.now - self.start) / .seconds(1))
            // The last column stays free: some terminals begin a new line there.
            let line = DisplayWidth.prefix(of: text, columns: max(0, (Terminal.reportWidth ?? 80) - 1))
            StandardStreams.prompt("\r\(line)\u{1B}[K")
        } while (try? await Task.sleep(for: Self.interval)) != nil  // Until it is cancelled.
        StandardStreams.prompt(Self.clearing)
    }
}
