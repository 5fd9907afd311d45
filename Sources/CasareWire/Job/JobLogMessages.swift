public import CasareDomain
public import FoundationEssentials

/// A line that a job's run wrote.
public struct LogLineInfo: Hashable, Sendable, Codable {
    /// Its place, from 1: in the job's log, or, as a robot sends it, among the lines that it wrote under its lease.
    public let line: Int
    /// By the robot's clock.
    public let at: Date
    public let level: Job.LogLine.Level
    /// `null`: it is about the log itself.
    public let node: String?
    public let message: String

    public init(_ line: Job.LogLine) {
        self.line = line.number
        self.at = line.at
        self.level = line.level
        self.node = line.node
        self.message = line.message
    }

    public var logLine: Job.LogLine {
        Job.LogLine(number: self.line, at: self.at, level: self.level, node: self.node, message: self.message)
    }
}

/// `GET /api/v1/jobs/{id}/logs`.
public struct JobLogResponse: Hashable, Sendable, Codable {
    /// In order. Lines of a job that has ended are all there; of another one there may be more later.
    public let lines: [LogLineInfo]
    /// Where the job stood before the lines were looked for.
    public let status: Job.Status

    public init(lines: [LogLineInfo], status: Job.Status) {
        self.lines = lines
        self.status = status
    }
}

/// `POST /api/v1/jobs/{id}/logs`.
public struct AppendLogRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    /// In ascending order.
    public var lines: [LogLineInfo]

    public init(token: Lease.Token, lines: [LogLineInfo]) {
        self.token = token
        self.lines = lines
    }
}

public struct AppendLogResponse: Hashable, Sendable, Codable {
    /// How many lines the job's log has now.
    public let lines: Int

    public init(lines: Int) { self.lines = lines }
}
