import CasareDomain
import CasarePostgres
import CasareStore

/// What became of ticks because somebody steered schedules: those that were due fired before, and those of a pause were
/// passed over. Read in the transaction that did it, counted after its commit.
struct SteeredTicks: Sendable {
    let ticks: [TickCount]
    /// Those that schedules dealt with, one by one.
    let reports: [TickReport]
    let made: JobTally
    /// Jobs that had to make room for others.
    let ended: [EndedJob]

    init(_ tally: TickTally, on connection: isolated PostgresConnection) throws {
        self.ticks = tally.ticks
        self.reports = tally.reports
        self.made = try JobStore.tally(of: tally.jobs, on: connection)
        self.ended = try JobStore.ended(tally.cancelled, on: connection)
    }

    static let none = SteeredTicks(ticks: [], made: JobTally())

    private init(ticks: [TickCount], made: JobTally) {
        self.ticks = ticks
        self.reports = []
        self.made = made
        self.ended = []
    }
}

extension Services {
    /// - Parameter cause: whose steering it was.
    func steered(_ steered: SteeredTicks, linkedTo cause: TraceCarrier? = nil) {
        self.metrics.ticked(steered.ticks)
        self.fired(steered.reports, steered.made, linkedTo: cause)
        self.metrics.ended(steered.ended)
    }
}
