/// What can happen that the stream of events tells of, as it names it: what happens to jobs in one word, and what
/// happens to something else with its noun before it.
public enum EventKind: String, Hashable, Sendable, Codable, CaseIterable {
    case submitted, leased, released, retrying, blocked, resolved, paused, resumed, prioritized, completed, failed
    case cancelled
    case deadLettered = "dead_lettered"
    case leaseExpired = "lease_expired"
    case retried, forked
    /// Of a dead letter.
    case acknowledged, purged, restored
    /// A schedule has made the job.
    case scheduled
    /// It began later or took longer than its schedule promises, or too many of its schedule fail.
    case slaBreached = "sla_breached"
    /// With its failure its schedule has paused itself.
    case schedulePaused = "schedule_paused"

    /// The current value of a secret is older than its policy allows.
    case secretRotationDue = "secret.rotation_due"
    /// A new value waits until somebody, or the job of a workflow, has brought it to where it is used.
    case secretRotationStarted = "secret.rotation_started"
    /// A rotation has come to its end: its value is the current one.
    case secretRotated = "secret.rotated"
    /// A rotation has come to nothing by itself, or could not begin; the value before stays.
    case secretRotationFailed = "secret.rotation_failed"
    /// Somebody has taken a value back that waited; the value before stays.
    case secretRotationDiscarded = "secret.rotation_discarded"
    /// The value of an older version is the current one again, as a new version.
    case secretRolledBack = "secret.rolled_back"
    /// The time of a secret, or of one of its versions, is over: nobody is given it any more.
    case secretExpired = "secret.expired"
    /// All keys of secrets are being wrapped with another one.
    case vaultRekeyStarted = "vault.rekey_started"
    /// All that could be is wrapped with it.
    case vaultRekeyFinished = "vault.rekey_finished"

    /// What it happens to.
    public enum Subject: Hashable, Sendable, CaseIterable {
        case job, secret
        /// What all secrets of the installation are encrypted under.
        case vault
    }

    public var subject: Subject {
        switch self {
        case .submitted, .leased, .released, .retrying, .blocked, .resolved, .paused, .resumed, .prioritized,
            .completed, .failed, .cancelled, .deadLettered, .leaseExpired, .retried, .forked, .acknowledged, .purged,
            .restored, .scheduled, .slaBreached, .schedulePaused:
            .job
        case .secretRotationDue, .secretRotationStarted, .secretRotated, .secretRotationFailed,
            .secretRotationDiscarded, .secretRolledBack, .secretExpired:
            .secret
        case .vaultRekeyStarted, .vaultRekeyFinished: .vault
        }
    }

    /// The job has ended with it: what comes later is about what became of its outcome.
    public var endsJob: Bool {
        switch self {
        case .completed, .failed, .cancelled, .deadLettered: true
        case .submitted, .leased, .released, .retrying, .blocked, .resolved, .paused, .resumed, .prioritized,
            .leaseExpired, .retried, .forked, .acknowledged, .purged, .restored, .scheduled, .slaBreached,
            .schedulePaused, .secretRotationDue, .secretRotationStarted, .secretRotated, .secretRotationFailed,
            .secretRotationDiscarded, .secretRolledBack, .secretExpired, .vaultRekeyStarted, .vaultRekeyFinished:
            false
        }
    }
}
