import CasarePostgres
import CasareStore

/// What became of ticks because somebody steered schedules: those that were due fired before, and those of a pause were
/// passed over. Read in the transaction that did it, counted after its commit.
struct SteeredTicks: Sendable {
    let ticks: [TickCount]
    let made: JobTally

    init(_ tally: TickTally, on connection: isolated PostgresConnection) throws {
        self.ticks = tally.ticks
        self.made = try JobStore.tally(of: tally.jobs, on: connection)
    }

    static let none = SteeredTicks(ticks: [], made: JobTally())

    private init(ticks: [TickCount], made: JobTally) {
        self.ticks = ticks
        self.made = made
    }
}

extension OrchestratorMetrics {
    func steered(_ steered: SteeredTicks) {
        self.ticked(steered.ticks)
        self.made(steered.made, by: .schedule)
    }
}
