import CasareEngine
import Synchronization

/// Tells the warnings of a run on stderr, each as it comes.
final class RunWarnings: Sendable {
    private let tally = Mutex(WarningTally())
    /// What clears the line that shows how far the run has come, where there is one.
    private let clearing: String

    init(besides progress: Progress?) { self.clearing = progress == nil ? "" : Progress.clearing }

    func came(_ message: String, of node: String) {
        guard self.tally.withLock({ $0.isNew(message, of: node) }) else { return }
        StandardStreams.report(self.clearing + Self.line(node, message))
    }

    /// Tells which came again and how many were not told, now that no more will come.
    func close() {
        for line in Self.closingLines(self.tally.withLock(\.self)) { StandardStreams.report(line) }
    }

    static func closingLines(_ tally: WarningTally) -> [String] {
        var lines = tally.repeated.map { "\(self.line($0.node, $0.message)) (\($0.count) times)" }
        if tally.leftOut > 0 { lines.append("warning: and \(Count.text(tally.leftOut, "more warning"))") }
        return lines
    }

    private static func line(_ node: String, _ message: String) -> String {
        "warning: " + TerminalText.line("\(node): \(message)")
    }
}
