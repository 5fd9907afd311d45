import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Schedule {
    /// Reads a row of the table `schedules`.
    init(row: Row) throws {
        let name = try row.string("name")
        self.init(
            id: ID(rawValue: try row.uuid("schedule_id")), name: name,
            spec: try StoredSpec.read(
                try row.string("spec"), variables: try row.string("variables"), of: "schedule \(name)"),
            revision: try row.int("revision"), pause: try Pause(row: row), nextTick: try row.optionalDate("next_at"),
            dueAt: try row.optionalDate("due_at"), remainingRuns: try row.optionalInt("remaining"),
            failuresInARow: try row.int("failures_in_a_row"), lastTick: try row.optionalDate("last_tick"),
            lastJob: try row.optionalUUID("last_job").map(Job.ID.init(rawValue:)),
            managedBy: try row.optionalString("managed_by"), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), updatedAt: try row.date("updated_at"),
            updatedBy: try row.string("updated_by"))
    }

    /// The same where one that cannot be read must not keep others from their turn, nor anybody from taking it away.
    ///
    /// - Returns: `nil` for one that cannot be read.
    init?(readable row: Row) throws {
        do {
            self = try Schedule(row: row)
        } catch StoreError.unreadable {
            return nil
        }
    }
}

extension Schedule.Pause {
    /// - Returns: `nil` for a schedule that is not paused.
    init?(row: Row) throws {
        guard let at = try row.optionalDate("paused_at") else { return nil }
        self.init(
            at: at, by: try row.string("paused_by"), reason: try row.optionalString("pause_reason"),
            until: try row.optionalDate("paused_until"), isByItself: try row.bool("paused_by_itself"))
    }
}
