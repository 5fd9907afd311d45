import CasareDomain
import CasareWire
import FoundationEssentials

extension RobotLogLineInfo {
    static let columns: [Column<RobotLogLineInfo>] = [
        Column("line", wide: true) { .number($0.line) },
        Column("at") { .time($0.at) },
        Column("level") { .state($0.level.rawValue, $0.tone) },
        Column("label", wide: true) { .text($0.label) },
        Column("message", shrinks: true) { .text($0.message) },
        Column("fields", shrinks: true) { .text($0.fieldsText) },
        Column("trace_id", wide: true) { .text($0.traceID) },
        Column("span_id", wide: true) { .text($0.spanID) },
    ]

    private var tone: Tone {
        switch self.level {
        case .trace, .debug: .faint
        case .info, .notice: .plain
        case .warning: .attention
        case .error, .critical: .bad
        }
    }

    /// As lines of the log have them: `attempt=1 workflow=invoices`.
    private var fieldsText: String {
        self.fields.map { key, value in "\(key)=\(value.string ?? value.jsonText(.compact))" }.joined(separator: " ")
    }

    /// For people: when, how urgent, what, and what else it says; on one line.
    var text: String {
        let rest = [self.fieldsText, self.traceID.map { "trace_id=\($0)" } ?? ""].filter { !$0.isEmpty }
        let words = [Timestamp.text(self.at), self.level.rawValue, "\(self.label):", self.message] + rest
        return TerminalText.line(words.joined(separator: " ")) + "\n"
    }

    var json: Value {
        [
            "line": .int(self.line), "at": .string(Timestamp.text(self.at)), "level": .string(self.level.rawValue),
            "label": .string(self.label), "message": .string(self.message), "fields": .object(self.fields),
            "trace_id": Self.value(self.traceID), "span_id": Self.value(self.spanID),
        ]
    }

    private static func value(_ text: String?) -> Value { text.map { Value.string($0) } ?? .null }
}
