/// What an orchestrator counts, since it was started, of who is let in and what is handed out.
extension Instrument {
    // MARK: Callers

    package static let authFailures = Instrument(
        "casare.auth.failures", .counter, unit: "{failure}",
        "Requests whose caller did not show who they are, by what was shown and why it did not count",
        attributes: [.authMethod, .errorType], by: .orchestrator)
    package static let authLockouts = Instrument(
        "casare.auth.lockouts", .counter, unit: "{lockout}",
        "Lock-outs that began with a failure which this orchestrator has counted",
        by: .orchestrator)
    package static let authRefusals = Instrument(
        "casare.auth.refusals", .counter, unit: "{refusal}",
        "Requests of callers who are known and may not do what they asked for", attributes: [.errorType],
        by: .orchestrator)

    // MARK: Secrets

    package static let secretReads = Instrument(
        "casare.secret.reads", .counter, unit: "{read}",
        "Secrets that jobs and people asked this orchestrator for, by what became of it",
        attributes: [.secretProvider, .accessResult], by: .orchestrator)
    package static let secretProviderHealthy = Instrument(
        "casare.secret.provider.healthy", .gauge, unit: "{provider}",
        "Whether the provider gave secrets out when this orchestrator last asked, 1 or 0",
        attributes: [.secretProvider], by: .orchestrator)

    // MARK: The audit log

    package static let auditWriteErrors = Instrument(
        "casare.audit.write.errors", .counter, unit: "{error}",
        "Entries that could not be written; what they were to tell of has not happened", attributes: [.errorType],
        by: .orchestrator)
    package static let auditChainBreaks = Instrument(
        "casare.audit.chain.breaks", .counter, unit: "{break}",
        "Breaks that were found when chains were checked, each time anew", by: .orchestrator)
}
