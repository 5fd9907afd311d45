public import CasareDomain
public import FoundationEssentials

/// A line that a robot logged.
public struct RobotLogLineInfo: Hashable, Sendable, Codable {
    /// Its place: as a robot sends it from 1 among the lines of its process, and else a number that grows with each line
    /// and is about when it was kept, in microseconds of Unix time.
    public let line: Int
    /// By the robot's clock.
    public let at: Date
    public let level: Robot.LogLine.Level
    /// Which part of the robot logged it.
    public let label: String
    public let message: String
    /// What else it says, such as `job.id`.
    public let fields: Object
    /// The work in which it was logged.
    public let traceID: String?
    public let spanID: String?

    public init(_ line: Robot.LogLine) {
        self.line = line.number
        self.at = line.at
        self.level = line.level
        self.label = line.label
        self.message = line.message
        self.fields = line.fields
        self.traceID = line.traceID?.description
        self.spanID = line.spanID?.description
    }

    /// IDs that are none are left out.
    public var logLine: Robot.LogLine {
        Robot.LogLine(
            number: self.line, at: self.at, level: self.level, label: self.label, message: self.message,
            fields: self.fields, traceID: self.traceID.flatMap { TraceID($0) },
            spanID: self.spanID.flatMap { SpanID($0) })
    }
}

/// `GET /api/v1/robots/{id}/logs`.
public struct RobotLogResponse: Hashable, Sendable, Codable {
    /// In order.
    public let lines: [RobotLogLineInfo]
    /// What to give as `after` for what comes behind these.
    public let next: Int

    public init(lines: [RobotLogLineInfo], next: Int) {
        self.lines = lines
        self.next = next
    }
}

/// `POST /api/v1/robots/{id}/logs`.
public struct AppendRobotLogRequest: Hashable, Sendable, Codable {
    /// Tells the robot's process from others: a line of one process is kept once, however often it is sent.
    public var stream: UUID
    /// In ascending order.
    public var lines: [RobotLogLineInfo]

    public init(stream: UUID, lines: [RobotLogLineInfo]) {
        self.stream = stream
        self.lines = lines
    }
}

public struct AppendRobotLogResponse: Hashable, Sendable, Codable {
    /// The last line of the process that is known.
    public let line: Int

    public init(line: Int) { self.line = line }
}
