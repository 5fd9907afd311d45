public import FoundationEssentials

/// What becomes of a job whose attempt has failed.
public enum FailOutcome: Hashable, Sendable {
    case retrying(at: Date)
    /// It has failed, and a dead letter is open.
    case deadLettered
}
