/// Every instrument that Casare's programs have of their own. What is not in here is not emitted, but for what
/// libraries count (`RegistryMetricsFactory`): a test compares both, and `docs/metrics.md` with them.
package enum InstrumentCatalogue {
    package static let all = [
        Self.shared, Self.jobs, Self.schedules, Self.loops, Self.http, Self.tls, Self.access, Self.secrets, Self.audit,
        Self.messaging, Self.robot, Self.database, Self.process, Self.telemetry,
    ].flatMap(\.self)

    /// What every orchestrator reads from the database.
    package static let shared: [Instrument] = [
        .queueDepth, .queueOldestJobAge, .queuePaused, .queueEligibleRobot, .deadLetterDepth,
        .deadLetterOldestOpenAge, .robotRegistered, .robotLastHeartbeat, .robotStopped,
        .scheduleRegistered,
        .secretLastRotation, .secretRotationLimit, .auditLastVerification, .auditChainBroken, .auditLastAnchor,
        .auditUnlinkedAge, .auditUnanchoredAge,
    ]
    package static let jobs: [Instrument] = [
        .jobSubmitted, .jobDuration, .leaseExpired, .deadLetterOpened, .deadLetterReplayed, .triggerReceived,
    ]
    package static let schedules: [Instrument] = [.scheduleTicks, .scheduleDelay, .scheduleBreaches]
    package static let loops: [Instrument] = [.loopDuration, .loopItemErrors, .loopLastSuccess, .metricReadErrors]
    package static let http: [Instrument] = [
        .httpRequestDuration, .httpActiveRequests, .streamActive, .httpClientRequestDuration,
    ]
    package static let tls: [Instrument] = [.tlsCertificateExpiry]
    package static let access: [Instrument] = [.authFailures, .authLockouts, .authRefusals]
    package static let secrets: [Instrument] = [.secretReads, .secretProviderHealthy]
    package static let audit: [Instrument] = [
        .auditEntries, .auditEntriesLeftOut, .auditEntriesLost, .auditWriteErrors, .auditLinks, .auditLinkDelay,
        .auditChainBreaks,
    ]
    package static let messaging: [Instrument] = [
        .messagingOperationDuration, .messagesSent, .messagesConsumed, .messageProcessDuration,
    ]
    /// What robots count, beside what is of every process.
    package static let robot: [Instrument] = [
        .jobLeased, .jobWaitDuration, .jobRetried, .leaseFenced,
        .workflowRunDuration, .workflowRunActive, .nodeExecutionDuration, .nodeRetries, .journalCommitDuration,
        .robotTime, .robotSlotUsage, .robotSlotLimit, .robotUtilization, .robotLogLines,
    ]
    package static let database: [Instrument] = [
        .databaseOperationDuration, .connectionCount, .connectionMax, .connectionPendingRequests,
        .connectionTimeouts, .connectionWaitTime,
    ]
    package static let process: [Instrument] = [
        .processCPUTime, .processMemoryUsage, .processThreadCount, .processFileDescriptorCount, .processUptime,
    ]
    /// What becomes of telemetry itself.
    package static let telemetry: [Instrument] = [
        .exportedSpans, .exportedDataPoints, .exportedLogs, .exportDuration, .processedSpans, .processedLogs,
        .spanQueueSize, .spanQueueCapacity, .logQueueSize, .logQueueCapacity,
    ]
}
