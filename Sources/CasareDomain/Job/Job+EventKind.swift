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

        /// The job has ended with it: what comes later is about what became of its outcome.
        public var endsJob: Bool {
            switch self {
            case .completed, .failed, .cancelled, .deadLettered: true
            case .submitted, .leased, .released, .retrying, .blocked, .resolved, .paused, .resumed, .prioritized,
                .leaseExpired, .retried, .forked, .acknowledged, .purged, .restored:
                false
            }
        }
    }
}
