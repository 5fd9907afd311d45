import CasareDomain
import CasareWire

/// An event as it is printed.
struct EventLine: Sendable {
    let event: EventInfo

    init(_ event: EventInfo) { self.event = event }

    static let columns: [Column<EventLine>] = [
        // As the API writes it: lines of one second would all read "now".
        Column("at") { .text(Timestamp.text($0.event.at)) },
        Column("kind") { .state($0.event.kind, $0.tone) },
        Column("job") { .text($0.event.job?.description) },
        Column("workflow", shrinks: true) { .text($0.event.workflow) },
        Column("secret", wide: true, shrinks: true) { .text($0.event.secret) },
        Column("workflow_version", wide: true) { .number($0.event.workflowVersion) },
        Column("environment", wide: true, shrinks: true) { .text($0.event.environment) },
        Column("detail", shrinks: true) { .text($0.detail) },
        Column("cursor", wide: true) { .text($0.event.cursor) },
    ]

    private var detail: String? {
        self.event.detail.flatMap { $0.isEmpty ? nil : Value.object($0).jsonText(.compact) }
    }

    private var tone: Tone {
        switch EventKind(rawValue: self.event.kind) {
        case .completed, .secretRotated: .good
        case .failed, .deadLettered, .leaseExpired, .secretRotationFailed: .bad
        case .retrying, .blocked, .paused, .cancelled, .slaBreached, .schedulePaused, .secretRotationDue,
            .secretRotationDiscarded, .secretRolledBack, .secretExpired:
            .attention
        case .submitted, .leased, .released, .resolved, .resumed, .prioritized, .retried, .forked, .acknowledged,
            .purged, .restored, .scheduled, .secretRotationStarted, .vaultRekeyStarted, .vaultRekeyFinished, nil:
            .plain
        }
    }

    /// For those who follow: a line that is ready before the next one is known.
    var text: String {
        // Those of jobs, which are most: what else happens has longer names, and no workflow to line up with.
        let kinds = EventKind.allCases.lazy.filter { $0.subject == .job }.map(\.rawValue.count).max() ?? 0
        let kind = self.event.kind + String(repeating: " ", count: max(0, kinds - self.event.kind.count))
        let subject = [self.event.job?.description, self.event.workflow, self.event.secret].compactMap { $0 }
        let parts = [Timestamp.text(self.event.at), kind] + subject + [self.detail ?? ""]
        return TerminalText.line(parts.joined(separator: "  ")).trimmingTrailingSpaces + "\n"
    }

    static func presentation(of events: [EventInfo]) throws -> Presentation {
        try Presentation(
            list: events.map(EventLine.init), columns: Self.columns,
            name: { $0.event.job?.description ?? $0.event.secret ?? $0.event.kind },
            json: { try ValueEncoder.encode($0.event) })
    }
}
