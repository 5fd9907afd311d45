public import FoundationEssentials

/// Something that came to a trigger, and what became of it.
public struct TriggerDelivery: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7).
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    public enum Result: String, Hashable, Sendable, Codable, CaseIterable {
        /// A job was made of it.
        case accepted
        /// It had come before; the job is that of the first time.
        case duplicate
        /// A header that it must have is not there, or the event is none of those that count.
        case filtered
        /// Too soon after the job before.
        case cooldown
        /// As many of the trigger's jobs are under way as may be.
        case busy
        case paused
        /// It is not from whom it should be, or is too large.
        case rejected
        /// The job could not be submitted.
        case failed
    }

    public static let reasonCharactersMax = 500

    public let id: ID
    public let trigger: Trigger.ID
    public let at: Date
    public let result: Result
    /// Why no job came of it, in a sentence for whoever keeps the trigger.
    public let reason: String?
    public let job: Job.ID?
    /// By which it is known again: the sender's ID of it, or the value at the place for duplicates.
    public let key: String?
    /// The address that it came from; of a job that ended, its ID.
    public let source: String?
    /// Of its body.
    public let bytes: Int

    public init(
        id: ID, trigger: Trigger.ID, at: Date, result: Result, reason: String?, job: Job.ID?, key: String?,
        source: String?, bytes: Int
    ) {
        self.id = id
        self.trigger = trigger
        self.at = at
        self.result = result
        self.reason = reason
        self.job = job
        self.key = key
        self.source = source
        self.bytes = bytes
    }
}
