public import FoundationEssentials

extension Robot {
    /// What is kept of what robots log themselves, for so many days.
    ///
    /// Each hour (UTC) has room of its own, of which lines below `quietBelow` take two thirds at the most: however much a
    /// robot has to say, there is room for what somebody must look at.
    public enum Log {
        /// Lines of a robot in an hour, but for the one that says that others are left out.
        public static let linesPerHourMax = 3_000
        /// Their texts, as `LogLine.bytes` counts them.
        public static let bytesPerHourMax = 1 << 20
        public static let quietBelow = LogLine.Level.warning
        /// Lines that a robot sends at once.
        public static let reportLinesMax = 500
        /// What the line says before others of its hour that are left out.
        public static let fullMessage =
            "Lines are left out from here to the end of the hour: \(Log.linesPerHourMax) of a robot are kept in an hour, and "
            + "\(Log.linesPerHourMax / 3 * 2) of them below \(Log.quietBelow.rawValue); CASARE_ROBOT_LOG_LEVEL says which are "
            + "sent"
        /// The label of that line, and of one by which a robot says how many it could not send.
        public static let label = "casare.log"
    }

    /// A line that a robot logged.
    public struct LogLine: Hashable, Sendable {
        /// How urgent it is, the least first.
        public enum Level: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
            case trace, debug, info, notice, warning, error, critical

            public static func < (left: Level, right: Level) -> Bool { left.place < right.place }

            private var place: Int {
                switch self {
                case .trace: 0
                case .debug: 1
                case .info: 2
                case .notice: 3
                case .warning: 4
                case .error: 5
                case .critical: 6
                }
            }
        }

        /// Longer messages are cut, which they say.
        public static let messageCharactersMax = 4_000
        public static let labelCharactersMax = 100
        /// As JSON; what does not fit is left out, and counted by the member `left_out`.
        public static let fieldsBytesMax = 4_096

        /// Its place. As a robot sends it: from 1 among the lines of its process. As it is kept: microseconds of Unix time
        /// by the database's clock when that was, or the number after the robot's last line where that is more.
        public var number: Int
        /// By the robot's clock.
        public let at: Date
        public let level: Level
        /// Which part of the robot logged it, such as `casare.robot`.
        public let label: String
        public let message: String
        /// What else it says, such as `job.id`: texts, numbers and lists of them.
        public let fields: Object
        /// The work in which it was logged.
        public let traceID: TraceID?
        public let spanID: SpanID?

        public init(
            number: Int, at: Date, level: Level, label: String, message: String, fields: Object = [:],
            traceID: TraceID? = nil, spanID: SpanID? = nil
        ) {
            self.number = number
            self.at = at
            self.level = level
            self.label = String(label.unicodeScalars.prefix(Self.labelCharactersMax))
            self.message = Self.shortened(message)
            self.fields = Self.bounded(fields)
            self.traceID = traceID
            self.spanID = spanID
        }

        /// What it takes of its hour's room: its texts, and a guess for the rest of a row.
        public var bytes: Int {
            self.message.utf8.count + self.label.utf8.count + Value.object(self.fields).jsonText().utf8.count + 100
        }

        private static func shortened(_ message: String) -> String {
            // The note that a cut message ends with has room too: what was cut once stays as it is.
            guard message.utf8.count > self.messageCharactersMax + 100 else { return message }
            let excess = message.unicodeScalars.count - self.messageCharactersMax
            guard excess > 100 else { return message }
            return String(message.unicodeScalars.prefix(self.messageCharactersMax))
                + "… (\(excess) characters left out)"
        }

        private static let leftOutKey = "left_out"

        private static func bounded(_ fields: Object) -> Object {
            func size(_ object: Object) -> Int { Value.object(object).jsonText().utf8.count }
            // With room for the count: what was left out once is not left out again.
            guard size(fields) > self.fieldsBytesMax else { return fields }
            var (kept, leftOut) = (Object(), fields[self.leftOutKey]?.int ?? 0)
            var bytes = 0
            for (key, value) in fields where key != self.leftOutKey {
                let more = size([key: value])
                if bytes + more <= self.fieldsBytesMax - 40 {
                    kept[key] = value
                    bytes += more
                } else {
                    leftOut += 1
                }
            }
            kept[self.leftOutKey] = .int(leftOut)
            return kept
        }
    }
}
