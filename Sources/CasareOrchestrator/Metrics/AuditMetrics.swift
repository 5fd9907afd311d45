import CasareDomain
import CasareStore
import CasareTelemetry
import CasareWire

/// What becomes of the audit log.
struct AuditMetrics: Sendable {
    private let entries: Counter<Int>
    private let entriesLeftOut: Counter<Int>
    private let entriesLost: Counter<Int>
    private let writeErrors: Counter<Int>
    private let links: Counter<Int>
    private let linkDelay: Histogram
    private let chainBreaks: Counter<Int>

    init(_ registry: MetricRegistry) {
        self.entries = registry.counter(.auditEntries)
        self.entriesLeftOut = registry.counter(.auditEntriesLeftOut)
        self.entriesLost = registry.counter(.auditEntriesLost)
        self.writeErrors = registry.counter(.auditWriteErrors)
        self.links = registry.counter(.auditLinks)
        self.linkDelay = registry.histogram(.auditLinkDelay)
        self.chainBreaks = registry.counter(.auditChainBreaks)
        // So that whoever looks at increases sees the first of each.
        for outcome in AuditEntry.Outcome.allCases {
            self.entries.series(Self.attributes(AuditActions.otherRequest, outcome))
        }
        self.entriesLeftOut.series(.none)
        self.entriesLost.series(.none)
        self.linkDelay.series(.none)
        self.chainBreaks.series(.none)
        for code in [ErrorCode.internal, .databaseTimeout, .serviceUnavailable] {
            self.writeErrors.series([.errorType: .string(code.rawValue.lowercased())])
        }
    }

    func wrote(_ entry: NewAuditEntry) { self.entries.add(1, Self.attributes(entry.action, entry.outcome)) }
    func leftOut() { self.entriesLeftOut.add(1) }
    func lost() { self.entriesLost.add(1) }

    /// An entry could not be written, and so what it tells of was undone, or not answered.
    func couldNotWrite(_ error: any Error) { self.writeErrors.add(1, [.errorType: .errorType(of: error)]) }

    /// A check of a chain has found something wrong.
    func foundBreak() { self.chainBreaks.add(1) }

    func linked(_ extended: AuditChainer.Extended) {
        guard extended.linked > 0 else { return }
        self.links.add(extended.linked)
        if let waited = extended.waited { self.linkDelay.record(.seconds(waited)) }
    }

    private static func attributes(_ action: String, _ outcome: AuditEntry.Outcome) -> Attributes {
        [.auditAction: .string(action), .accessResult: .string(outcome.rawValue)]
    }
}
