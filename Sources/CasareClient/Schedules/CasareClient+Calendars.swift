public import CasareDomain
public import CasareWire
public import FoundationEssentials

/// Business calendars, which schedules name.
extension CasareClient {
    /// By name.
    public func calendars(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> CalendarPage {
        try await self.get("\(Self.apiPath)/calendars", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func calendar(_ name: String) async throws(ClientError) -> CalendarInfo {
        try await self.get("\(Self.apiPath)/calendars/\(percentEncoded(name))")
    }

    /// Under its name, instead of the one that was kept under it.
    public func saveCalendar(
        _ calendar: BusinessCalendar, reason: String? = nil
    ) async throws(ClientError) -> CalendarInfo {
        try await self.put(
            "\(Self.apiPath)/calendars/\(percentEncoded(calendar.name))",
            SaveCalendarRequest(calendar, reason: reason))
    }

    /// - Returns: what was kept.
    public func deleteCalendar(_ name: String, reason: String? = nil) async throws(ClientError) -> CalendarInfo {
        try await self.delete("\(Self.apiPath)/calendars/\(percentEncoded(name))", [("reason", reason)])
    }

    /// Whether it is open.
    ///
    /// - Parameters:
    ///   - moment: `nil`: now.
    ///   - workflow: its blackouts count, too.
    public func checkCalendar(
        _ name: String, at moment: Date? = nil, workflow: String? = nil
    ) async throws(ClientError) -> CalendarCheckInfo {
        try await self.get(
            "\(Self.apiPath)/calendars/\(percentEncoded(name))/check",
            [("at", moment.map(Timestamp.text)), ("workflow", workflow)])
    }
}
