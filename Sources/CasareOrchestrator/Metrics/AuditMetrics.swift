import CasareDomain
import CasareStore
import CasareTelemetry

/// What becomes of the audit log.
struct AuditMetrics: Sendable {
    private let entries: Counter<Int>
    private let entriesLeftOut: Counter<Int>
    private let entriesLost: Counter<Int>
    private let links: Counter<Int>
    private let linkDelay: Histogram

    init(_ registry: MetricRegistry) {
        self.entries = registry.counter(.auditEntries)
        self.entriesLeftOut = registry.counter(.auditEntriesLeftOut)
        self.entriesLost = registry.counter(.auditEntriesLost)
        self.links = registry.counter(.auditLinks)
        self.linkDelay = registry.histogram(.auditLinkDelay)
        // So that whoever looks at increases sees the first of each.
        for outcome in AuditEntry.Outcome.allCases { self.entries.series(Self.attributes(outcome)) }
        self.entriesLost.series(.none)
        self.linkDelay.series(.none)
    }

    func wrote(_ outcome: AuditEntry.Outcome) { self.entries.add(1, Self.attributes(outcome)) }
    func leftOut() { self.entriesLeftOut.add(1) }
    func lost() { self.entriesLost.add(1) }

    func linked(_ extended: AuditChainer.Extended) {
        guard extended.linked > 0 else { return }
        self.links.add(extended.linked)
        if let waited = extended.waited { self.linkDelay.record(.seconds(waited)) }
    }

    private static func attributes(_ outcome: AuditEntry.Outcome) -> Attributes {
        [.auditOutcome: .string(outcome.rawValue)]
    }
}
