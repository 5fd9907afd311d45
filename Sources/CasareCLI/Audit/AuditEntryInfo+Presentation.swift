import CasareDomain
import CasareWire

extension AuditEntry.Outcome {
    var tone: Tone {
        switch self {
        case .granted: .plain
        case .denied: .bad
        case .failed: .attention
        }
    }
}

extension AuditEntryInfo {
    static let columns: [Column<AuditEntryInfo>] = [
        Column("id", wide: true) { .number(Int($0.id)) },
        // As the API writes it: what is read here is compared with other logs.
        Column("at") { .text(Timestamp.text($0.at)) },
        Column("actor", shrinks: true) { .text($0.actor.isEmpty ? nil : $0.actor) },
        Column("kind", wide: true) { .text($0.actorKind) },
        Column("action") { .text($0.action) },
        Column("subject", shrinks: true) { .text($0.subject) },
        Column("outcome") { .state($0.outcome.rawValue, $0.outcome.tone) },
        Column("source") { .text($0.source) },
        Column("reason", shrinks: true) { .text($0.reason) },
        Column("request", wide: true) { .text($0.requestID) },
        Column("trace", wide: true) { .text($0.traceID) },
        Column("detail", wide: true, shrinks: true) {
            .text($0.detail.isEmpty ? nil : Value.object($0.detail).jsonText(.compact))
        },
    ]

    static func presentation(of entries: [AuditEntryInfo]) throws -> Presentation {
        try Presentation(
            list: entries, columns: Self.columns, name: { String($0.id) },
            json: { try ValueEncoder.encode($0) })
    }

    /// For those who follow: a line that is ready before the next one is known.
    var line: String {
        var parts = [
            Timestamp.text(self.at), self.outcome.rawValue, self.actor.isEmpty ? "?" : self.actor, self.action,
            self.subject ?? "",
        ]
        if let source { parts.append("from \(source)") }
        if let reason { parts.append("(\(reason))") }
        return TerminalText.line(parts.filter { !$0.isEmpty }.joined(separator: "  ")) + "\n"
    }
}
