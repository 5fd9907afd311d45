import CasareDomain
import CasareWire

extension DeadLetterInfo {
    static let columns: [Column<DeadLetterInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("version") { .number($0.workflowVersion) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("kind") { .text($0.failure.kind) },
        Column("type", wide: true) { .text($0.failure.type) },
        Column("node", wide: true) { .text($0.failure.node) },
        Column("step", wide: true) { .number($0.step) },
        Column("robot", wide: true) { .text($0.robot) },
        Column("environment", wide: true) { .text($0.environment) },
        Column("priority", wide: true) { .number($0.priority?.rawValue) },
        Column("queue_key", wide: true) { .text($0.queueKey) },
        Column("tags", wide: true) { letter in
            (letter.tags ?? []).isEmpty ? .empty : .text((letter.tags ?? []).joined(separator: ","))
        },
        Column("attempts") { .number($0.attemptCount ?? $0.attempts.count) },
        Column("opened_at") { .time($0.openedAt) },
        Column("acknowledged_by", wide: true) { .text($0.acknowledgement?.by) },
        Column("replayed_as", wide: true) { .text($0.replayedAs?.description) },
        Column("resolved_by", wide: true) { .text($0.resolution?.by) },
        Column("fingerprint", wide: true) { .text($0.fingerprint) },
        Column("trace_id", wide: true) { .text($0.traceID) },
        Column("error", shrinks: true) { .text($0.failure.message) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// One line for people, for a letter that something was just done to.
    func presentation(saying verb: String) throws -> Presentation {
        Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: Sheet("\(verb) \(self.id): \(self.detail)"))
    }

    /// What is said of one after `dlq ack`, which leaves those as they are that somebody has dealt with.
    func acknowledged(resolving: Bool) -> String {
        switch self.status {
        case .open, .acknowledged: "acknowledged"
        case .replayed: "nothing to acknowledge, was replayed:"
        case .resolved: resolving ? "resolved" : "nothing to acknowledge, is resolved:"
        }
    }

    /// What a selection shows beside the ID.
    var detail: String { "\(self.workflow) v\(self.workflowVersion): \(self.failure.message)" }
}

extension DeadLetter.Status {
    var tone: Tone {
        switch self {
        case .open: .attention
        case .acknowledged: .plain
        case .replayed, .resolved: .faint
        }
    }
}
