extension Job {
    /// What can happen to a job, as its history and the stream of events name it.
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

        /// The job has ended with it: what comes later is about what became of its outcome.
        public var endsJob: Bool {
            switch self {
            case .completed, .failed, .cancelled, .deadLettered: true
            case .submitted, .leased, .released, .retrying, .blocked, .resolved, .paused, .resumed, .prioritized,
                .leaseExpired, .retried, .forked, .acknowledged, .purged, .restored, .scheduled, .slaBreached,
                .schedulePaused:
                false
            }
        }
    }
}
