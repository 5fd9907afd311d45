import CasareDomain
import FoundationEssentials

/// Lines that a run has written and that are not known to be kept yet. Does no I/O.
///
/// It holds so many; what comes while it is full is counted and left out, and a line of its own says so.
struct LogBuffer {
    /// Lines that wait.
    static let linesMax = Job.Log.reportLinesMax
    /// Text that is sent at once, unless a single line is larger.
    static let reportBytesMax = 1 << 20

    private enum State {
        case open
        /// Final: nothing more can be kept.
        case closed
    }

    private var state = State.open
    private var lines: [Job.LogLine] = []
    private var leftOut = 0
    private var lastNumber = 0

    /// Lines that nobody will see, once nothing more is sent.
    var unsent: Int { self.lines.count + self.leftOut }

    mutating func wrote(_ level: Job.LogLine.Level, node: String?, _ message: String, at now: Date) {
        switch self.state {
        case .closed: break
        case .open where self.lines.count >= Self.linesMax: self.leftOut += 1
        case .open:
            self.lastNumber += 1
            self.lines.append(
                Job.LogLine(number: self.lastNumber, at: now, level: level, node: node, message: message))
        }
    }

    /// What to send next; the same lines and perhaps more until they are known to be kept. Empty: nothing waits.
    var report: [Job.LogLine] {
        var bytes = 0
        let count = self.lines.prefix { line in
            bytes += line.message.utf8.count
            return bytes <= Self.reportBytesMax
        }.count
        return Array(self.lines.prefix(max(count, 1)))
    }

    /// - Parameters:
    ///   - report: what was sent.
    ///   - lines: how many the job's log has now.
    mutating func kept(_ report: [Job.LogLine], lines: Int, at now: Date) {
        guard lines < Job.Log.linesMax else { return self.refused() }
        guard let last = report.last else { return }
        self.lines.removeAll { $0.number <= last.number }
        guard self.leftOut > 0 else { return }
        let count = self.leftOut
        self.leftOut = 0
        self.wrote(
            .warning, node: nil,
            "\(count) lines are left out here: they came faster than they could be sent; the job's result has them",
            at: now)
    }

    /// Nothing of this lease is kept any more.
    mutating func refused() {
        self.state = .closed
        self.lines = []
        self.leftOut = 0
    }
}
