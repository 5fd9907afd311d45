import CasareDomain
import CasarePostgres
import CasareStore

/// What became of ticks because somebody steered schedules: those that were due fired before, and those of a pause were
/// passed over. Read in the transaction that did it, counted after its commit.
struct SteeredTicks: Sendable {
    let ticks: [TickCount]
    let made: JobTally

    init(of schedules: [Schedule.ID], on connection: isolated PostgresConnection) throws {
        let written = try ScheduleStore.ticksWritten(of: schedules, on: connection)
        self.ticks = written.ticks
        self.made = try JobStore.tally(of: written.jobs, on: connection)
    }

    /// Of a window that was opened or closed.
    init(of window: MaintenanceWindow.ID, on connection: isolated PostgresConnection) throws {
        try self.init(of: try WindowStore.schedules(of: window, on: connection), on: connection)
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
