import CasareDomain
import FoundationEssentials

/// Lines that a robot logged, until they are kept. What comes while it is full is counted and left out, and a line of its
/// own says so.
struct RobotLogBuffer {
    /// Lines that wait, and their texts as `Robot.LogLine.bytes` counts them.
    static let linesMax = 2_000
    static let bytesMax = 2 << 20
    /// Text that is sent at once, unless a single line is larger.
    static let reportBytesMax = 256 << 10

    private enum State {
        case open
        /// Final: nothing more is sent.
        case closed
    }

    private var state = State.open
    private var lines: [(line: Robot.LogLine, bytes: Int)] = []
    private var bytes = 0
    private var leftOut = 0
    private var lastNumber = 0

    var isEmpty: Bool { self.lines.isEmpty }

    /// - Returns: why it is lost; `nil`: it waits now to be sent.
    mutating func logged(_ line: Robot.LogLine) -> RobotLogMeter.Loss? {
        let bytes = line.bytes
        switch self.state {
        case .closed: return .notSent
        case .open where self.lines.count >= Self.linesMax || self.bytes + bytes > Self.bytesMax:
            self.leftOut += 1
            return .queueFull
        case .open:
            self.append(line, bytes)
            return nil
        }
    }

    private mutating func append(_ line: Robot.LogLine, _ bytes: Int) {
        self.lastNumber += 1
        var line = line
        line.number = self.lastNumber
        self.lines.append((line, bytes))
        self.bytes += bytes
    }

    /// What to send next; the same lines and perhaps more until they are known to be kept. Empty: nothing waits.
    var report: [Robot.LogLine] {
        var bytes = 0
        let count = self.lines.prefix(Robot.Log.reportLinesMax).prefix { line in
            bytes += line.bytes
            return bytes <= Self.reportBytesMax
        }.count
        return self.lines.prefix(max(count, 1)).map { $0.line }
    }

    /// These are kept, or never will be.
    mutating func done(_ report: [Robot.LogLine], at now: Date) {
        guard let last = report.last else { return }
        let gone = self.lines.prefix { $0.line.number <= last.number }
        self.bytes -= gone.reduce(0) { $0 + $1.bytes }
        self.lines.removeFirst(gone.count)
        guard self.leftOut > 0 else { return }
        let line = Robot.LogLine(
            number: 0, at: now, level: .warning, label: Robot.Log.label,
            message: "\(self.leftOut) lines are left out here: they came faster than they could be sent")
        self.leftOut = 0
        self.append(line, line.bytes)
    }

    /// Nothing more is sent.
    ///
    /// - Returns: how many lines are lost by it, but for those that were counted as left out.
    mutating func close() -> Int {
        defer { self.lines = [] }
        self.state = .closed
        return self.lines.count
    }
}
