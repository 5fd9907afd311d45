public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/jobs/{id}/pause` and `POST /api/v1/jobs/{id}/resume`.
public struct PauseJobRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// Who keeps a job from going on. One that runs is paused when its robot hands it back.
public struct PauseInfo: Hashable, Sendable, Codable {
    /// The name of a token.
    public let by: String
    public let reason: String?
    /// Since when it stands still; of a job that runs, when that was asked for.
    public let since: Date

    public init(_ pause: Job.Pause) {
        self.by = pause.by
        self.reason = pause.reason
        self.since = pause.since
    }
}
