/// What an orchestrator counts of what it does itself, since it was started.
extension Instrument {
    // MARK: Jobs

    package static let jobSubmitted = Instrument(
        "casare.job.submitted", .counter, unit: "{job}",
        "Jobs that were made, by what made them; a repeated idempotency key makes none",
        attributes: [.queue, .workflow, .triggerType], by: .orchestrator)
    package static let leaseExpired = Instrument(
        "casare.job.lease.expired", .counter, unit: "{lease}", "Leases that ran out and were taken back",
        attributes: [.queue], by: .orchestrator)
    package static let deadLetterReplayed = Instrument(
        "casare.dlq.replayed", .counter, unit: "{dead_letter}", "Dead letters that were replayed",
        attributes: [.queue], by: .orchestrator)
    package static let triggerReceived = Instrument(
        "casare.trigger.received", .counter, unit: "{event}", "What came to triggers, by what became of it",
        attributes: [.triggerType, .triggerResult], by: .orchestrator)

    // MARK: Schedules

    package static let scheduleTicks = Instrument(
        "casare.schedule.ticks", .counter, unit: "{tick}",
        "Ticks of schedules, by what became of them; backfills are not counted",
        attributes: [.schedule, .tickResult], by: .orchestrator)
    package static let scheduleDelay = Instrument(
        "casare.schedule.delay", .histogram(bounds: Buckets.scheduleDelay), unit: "s",
        "From when a tick of a timetable was due, jitter included, until it fired", by: .orchestrator)
    package static let scheduleBreaches = Instrument(
        "casare.schedule.sla.breaches", .counter, unit: "{breach}",
        "Promises of schedules that were not kept, each once for each job",
        attributes: [.schedule, .objective], by: .orchestrator)

    // MARK: Loops

    package static let loopDuration = Instrument(
        "casare.loop.duration", .histogram(bounds: Buckets.database), unit: "s",
        "One round of a background loop, its wait for its turn left out",
        attributes: [.loop, .errorType], by: .orchestrator)
    package static let loopItemErrors = Instrument(
        "casare.loop.item.errors", .counter, unit: "{error}",
        "What background loops had to leave for later because of an error, while they did the rest",
        attributes: [.loop, .errorType], by: .orchestrator)
    package static let loopLastSuccess = Instrument(
        "casare.loop.last_success.timestamp", .gauge, number: .double, unit: "s",
        "When the loop's last good round ended, as Unix time", attributes: [.loop], by: .orchestrator)
    package static let metricReadErrors = Instrument(
        "casare.metric.read.errors", .counter, unit: "{error}",
        "Times that metrics which are read from the database could not be read, and were left out",
        attributes: [.metricGroup, .errorType], by: .orchestrator)

    // MARK: TLS

    package static let tlsCertificateExpiry = Instrument(
        "casare.tls.certificate.expiry", .gauge, number: .double, unit: "s",
        "When the certificate ends that new connections are served with, as Unix time", by: .orchestrator)

    // MARK: Audit

    package static let auditEntries = Instrument(
        "casare.audit.entries", .counter, unit: "{entry}",
        "Entries of the audit log that requests to this orchestrator have left, but for secrets that jobs ask for",
        attributes: [.auditAction, .accessResult], by: .orchestrator)
    package static let auditEntriesLeftOut = Instrument(
        "casare.audit.entries.left_out", .counter, unit: "{entry}",
        "Refused and failed requests beyond what is written of one caller in a minute", by: .orchestrator)
    package static let auditEntriesLost = Instrument(
        "casare.audit.entries.lost", .counter, unit: "{entry}",
        "Entries of refused and failed requests that could not be written", by: .orchestrator)
    package static let auditLinks = Instrument(
        "casare.audit.links", .counter, unit: "{entry}", "Entries that this orchestrator has put into their chains",
        by: .orchestrator)
    package static let auditLinkDelay = Instrument(
        "casare.audit.link.delay", .histogram(bounds: Buckets.database), unit: "s",
        "From when an entry was begun until it was put into its chain, of the oldest of each batch", by: .orchestrator)
}
