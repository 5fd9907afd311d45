package import CasareDomain
package import CasarePostgres
import FoundationEssentials

extension ScheduleStore {
    /// A place in a history: behind this tick.
    package struct HistoryCursor: Hashable, Sendable, CustomStringConvertible {
        let at: Date
        let origin: String

        package init(_ tick: ScheduleTick) {
            self.at = tick.at
            self.origin = tick.origin.rawValue
        }

        /// Reads what `description` wrote; `nil` for everything else.
        package init?(_ text: String) {
            let parts = text.split(separator: "-", maxSplits: 1)
            guard parts.count == 2, let microseconds = Int64(parts[0]), microseconds >= 0,
                let origin = ScheduleTick.Origin(rawValue: String(parts[1]))
            else { return nil }
            self.at = Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
            self.origin = origin.rawValue
        }

        package var description: String {
            "\(Int64((self.at.timeIntervalSince1970 * 1_000_000).rounded()))-\(self.origin)"
        }
    }

    /// What became of a schedule's ticks, newest first, below the cursor's. Also of a schedule that was deleted, for as
    /// long as its ticks are kept.
    ///
    /// - Parameter result: only those.
    package static func history(
        of id: Schedule.ID, _ result: ScheduleTick.Result? = nil, before cursor: HistoryCursor? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [ScheduleTick] {
        try connection.execute(
            TickQueries.history,
            [
                "schedule": .uuid(id.rawValue), "before_at": .timestamp(cursor?.at ?? .distantFuture),
                "before_origin": .text(cursor?.origin ?? ""), "result": .text(result?.rawValue), "limit": .int(limit),
            ]
        ).map(ScheduleTick.init(row:))
    }
}
