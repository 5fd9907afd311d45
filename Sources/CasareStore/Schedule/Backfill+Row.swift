import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Backfill {
    /// Reads a row of the table `backfills`.
    init(row: Row) throws {
        let id = ID(rawValue: try row.uuid("backfill_id"))
        let text = try row.string("status")
        guard let status = Status(rawValue: text) else {
            throw StoreError.unreadable("backfill \(id) has the unknown status \"\(text)\"")
        }
        self.init(
            id: id, schedule: Schedule.ID(rawValue: try row.uuid("schedule_id")),
            scheduleName: try row.string("schedule_name"), from: try row.date("from_at"), to: try row.date("until_at"),
            ratePerSecond: try row.double("rate_per_second"), reason: try row.optionalString("reason"), status: status,
            statusReason: try row.optionalString("status_reason"), statusBy: try row.optionalString("status_by"),
            position: try row.optionalDate("position_at"), fired: try row.int("submitted"),
            skipped: try row.int("skipped"), failed: try row.int("refused"),
            firstFailure: try row.optionalString("first_refusal"), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), finishedAt: try row.optionalDate("finished_at"))
    }
}
