/// Every instrument that Casare's programs have. What is not in here is not emitted: a test compares both, and
/// `docs/metrics.md` with them.
package enum InstrumentCatalogue {
    package static let all: [Instrument] =
        Self.shared + Self.jobs + Self.schedules + Self.loops + Self.http + Self.tls + Self.access + Self.secrets
        + Self.audit

    /// What every orchestrator reads from the database.
    package static let shared: [Instrument] = [
        .queueDepth, .queueOldestJobAge, .queuePaused, .queueEligibleRobot, .deadLetterDepth,
        .deadLetterOldestOpenAge, .robotRegistered, .robotLastHeartbeat, .scheduleRegistered,
        .secretLastRotation, .secretRotationLimit, .auditLastVerification, .auditChainBroken, .auditLastAnchor,
        .auditUnlinkedAge, .auditUnanchoredAge,
    ]
    package static let jobs: [Instrument] = [.jobSubmitted, .leaseExpired, .deadLetterReplayed, .triggerReceived]
    package static let schedules: [Instrument] = [.scheduleTicks, .scheduleDelay, .scheduleBreaches]
    package static let loops: [Instrument] = [.loopDuration, .loopItemErrors, .loopLastSuccess, .metricReadErrors]
    package static let http: [Instrument] = [.httpRequestDuration]
    package static let tls: [Instrument] = [.tlsCertificateExpiry]
    package static let access: [Instrument] = [.authFailures, .authLockouts, .authRefusals]
    package static let secrets: [Instrument] = [.secretReads, .secretProviderHealthy]
    package static let audit: [Instrument] = [
        .auditEntries, .auditEntriesLeftOut, .auditEntriesLost, .auditWriteErrors, .auditLinks, .auditLinkDelay,
        .auditChainBreaks,
    ]
}
