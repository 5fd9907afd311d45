/// What a robot that goes on with a job is told of the attempts before.
public struct JobJournal: Hashable, Sendable {
    /// By step.
    public let rows: [JournalRow]
    /// How long earlier leases ran, of those that count against the time limit together with this one: all since the
    /// job was last to be tried again after a failure. Told by the clock of the queue.
    public let secondsSpent: Double

    public init(rows: [JournalRow], secondsSpent: Double = 0) {
        self.rows = rows
        self.secondsSpent = secondsSpent
    }
}
