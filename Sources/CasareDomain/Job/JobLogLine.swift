public import FoundationEssentials

extension Job {
    /// What is kept of what a job's runs write, beside its result and from when it was written on.
    public enum Log {
        /// Lines of a job, the last of which says that there is no room for more.
        public static let linesMax = 10_000
        /// Lines that a robot sends at once.
        public static let reportLinesMax = 1_000
        /// What the last line says.
        public static let fullMessage =
            "The log ends here: \(Log.linesMax) lines of a job are kept while it runs; its result has more of them"
    }

    /// A line that a run wrote.
    public struct LogLine: Hashable, Sendable {
        public enum Level: String, Hashable, Sendable, Codable, CaseIterable {
            case debug, info, warning, error, critical
        }

        /// Longer messages are cut, which they say.
        public static let messageCharactersMax = 4_000

        /// Position, from 1: in the job's log, or, as a robot sends it, among the lines that it wrote under its lease.
        public let number: Int
        /// By the robot's clock.
        public let at: Date
        public let level: Level
        /// `nil`: it is about the log itself.
        public let node: String?
        public let message: String

        public init(number: Int, at: Date, level: Level, node: String?, message: String) {
            self.number = number
            self.at = at
            self.level = level
            self.node = node
            self.message = Self.shortened(message)
        }

        private static func shortened(_ message: String) -> String {
            // The note that a cut message ends with has room too: what was cut once stays as it is.
            guard message.utf8.count > self.messageCharactersMax + 100 else { return message }
            let excess = message.unicodeScalars.count - self.messageCharactersMax
            guard excess > 100 else { return message }
            return String(message.unicodeScalars.prefix(self.messageCharactersMax))
                + "… (\(excess) characters left out)"
        }
    }
}
