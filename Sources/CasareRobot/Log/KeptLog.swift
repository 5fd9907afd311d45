package import CasareDomain

/// Which lines of its log a robot has kept where it works.
package struct KeptLog: Hashable, Sendable {
    /// This, and what is more urgent.
    package let level: Robot.LogLine.Level
    /// Whether all that its process logs is its own, and not only what names it.
    package let isOfWholeProcess: Bool

    package init(level: Robot.LogLine.Level, isOfWholeProcess: Bool = true) {
        self.level = level
        self.isOfWholeProcess = isOfWholeProcess
    }
}
