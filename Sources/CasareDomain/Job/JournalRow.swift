public import FoundationEssentials

/// One journaled step as it is stored and sent: the engine's journal entry with its parts as text.
public struct JournalRow: Hashable, Sendable {
    /// Position among the run's journaled steps, from 0.
    public let step: Int
    public let node: String
    public let nodeType: String
    /// `captured`, `idempotent` or `effect`.
    public let effect: String
    /// The result's JSON text; `nil` for an intent, of which nothing more is known.
    public let result: String?
    public let startedAt: Date
    /// There is one exactly when there is a result.
    public let finishedAt: Date?

    public init(
        step: Int, node: String, nodeType: String, effect: String, result: String?, startedAt: Date, finishedAt: Date?
    ) {
        self.step = step
        self.node = node
        self.nodeType = nodeType
        self.effect = effect
        self.result = result
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
