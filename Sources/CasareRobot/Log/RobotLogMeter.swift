import CasareTelemetry

/// Counts what becomes of the lines of a robot's log.
struct RobotLogMeter: Sendable {
    /// Why a line is not kept (`error.type`).
    enum Loss: String, Hashable, Sendable, CaseIterable {
        /// So much waited already.
        case queueFull = "queue_full"
        /// The other side keeps no such lines.
        case refused
        /// The robot's end came first.
        case notSent = "not_sent"
    }

    private let lines: Counter<Int>

    init(_ registry: MetricRegistry) {
        self.lines = registry.counter(.robotLogLines)
        // So that whoever looks at increases sees the first of each.
        self.lines.series(.none)
        for loss in Loss.allCases { self.lines.series([.errorType: .string(loss.rawValue)]) }
    }

    func sent(_ count: Int) { self.lines.add(count) }

    func lost(_ count: Int, _ loss: Loss) {
        if count > 0 { self.lines.add(count, [.errorType: .string(loss.rawValue)]) }
    }
}
