import CasareDomain
import CasareWire
import FoundationEssentials

/// A line of a job's log, as people get it.
struct JobLogLine: Sendable {
    let number: Int
    /// Lines of a result have a number and a message, and nothing more is known of them.
    let at: Date?
    let level: Job.LogLine.Level?
    let node: String?
    let message: String

    init(_ line: LogLineInfo) {
        self.number = line.line
        self.at = line.at
        self.level = line.level
        self.node = line.node
        self.message = line.message
    }

    private init(number: Int, message: String) {
        self.number = number
        self.at = nil
        self.level = nil
        self.node = nil
        self.message = message
    }

    /// What a job's result has of its log, from a line on.
    static func lines(of result: RunResult, since line: Int) -> [JobLogLine] {
        result.logs.enumerated().dropFirst(line - 1)
            .map { JobLogLine(number: $0.offset + 1, message: $0.element) }
    }

    static let columns: [Column<JobLogLine>] = [
        Column("line") { .number($0.number) },
        Column("at", wide: true) { .time($0.at) },
        Column("level") { .text($0.level?.rawValue) },
        Column("node") { .text($0.node) },
        Column("message", shrinks: true) { .text($0.message) },
    ]

    var json: Value {
        let (at, level, node) = (self.at.map(Timestamp.text), self.level?.rawValue, self.node)
        return [
            "line": .int(self.number), "at": Self.value(at), "level": Self.value(level), "node": Self.value(node),
            "message": .string(self.message),
        ]
    }

    private static func value(_ text: String?) -> Value { text.map { Value.string($0) } ?? .null }

    /// For people who want nothing but what the job says.
    var text: String { TerminalText.lines(self.message).map { $0 + "\n" }.joined() }
}
