import CasareDomain

/// What an hour of a robot's log still has room for.
///
/// Lines below `Robot.Log.quietBelow` take two thirds of it at the most. The first one that is left out leaves a line in
/// its place that says so; after that they are left out in silence until the hour is over.
struct RobotLogWindow: Hashable, Sendable {
    private(set) var lines: Int
    private(set) var bytes: Int
    /// Whether it was said that lines are left out.
    private(set) var isFull: Bool

    init(lines: Int = 0, bytes: Int = 0, isFull: Bool = false) {
        self.lines = lines
        self.bytes = bytes
        self.isFull = isFull
    }

    /// - Returns: what is kept in the line's place: itself, or once that lines are left out; `nil`: nothing.
    mutating func take(_ line: Robot.LogLine) -> Robot.LogLine? {
        let isQuiet = line.level < Robot.Log.quietBelow
        let linesMax = isQuiet ? Robot.Log.linesPerHourMax / 3 * 2 : Robot.Log.linesPerHourMax
        let bytesMax = isQuiet ? Robot.Log.bytesPerHourMax / 3 * 2 : Robot.Log.bytesPerHourMax
        let bytes = line.bytes
        guard self.lines < linesMax, self.bytes + bytes <= bytesMax else {
            guard !self.isFull else { return nil }
            self.isFull = true
            return Robot.LogLine(
                number: line.number, at: line.at, level: .warning, label: Robot.Log.label,
                message: Robot.Log.fullMessage)
        }
        self.lines += 1
        self.bytes += bytes
        return line
    }
}
