public import CasareDomain
public import FoundationEssentials

/// A calendar as `BusinessCalendar.json` has it, before it is read. Its name may be left out.
public struct CalendarSpec: Hashable, Sendable, Codable {
    public var members: Object

    public init(_ members: Object) { self.members = members }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Object.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.members)
    }
}

/// `PUT /api/v1/calendars/{name}`.
public struct SaveCalendarRequest: Hashable, Sendable, Codable {
    public var spec: CalendarSpec
    /// Kept with what was done.
    public var reason: String?

    public init(spec: CalendarSpec, reason: String? = nil) {
        self.spec = spec
        self.reason = reason
    }

    public init(_ calendar: BusinessCalendar, reason: String? = nil) {
        self.init(spec: CalendarSpec(calendar.json.object ?? [:]), reason: reason)
    }

    private enum CodingKeys: String, CodingKey {
        case spec, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        self.init(spec: try container.decode(CalendarSpec.self, forKey: .spec), reason: reason)
        try ControlReason.check(reason, decoder.codingPath + [CodingKeys.reason])
    }

    /// - Throws: for the first member at fault.
    public func calendar(named name: String) throws(WireDecodingError) -> BusinessCalendar {
        do throws(CalendarError) {
            return try BusinessCalendar(json: .object(self.spec.members), name: name)
        } catch {
            throw Self.fault(error)
        }
    }

    /// The fault of a calendar, as one of this request.
    public static func fault(_ error: CalendarError) -> WireDecodingError {
        WireDecodingError(
            path: error.path.isEmpty ? "spec" : "spec.\(error.place)", message: error.reason)
    }
}

extension WireDecodingError {
    /// The fault of a calendar that stands by itself.
    public init(_ error: CalendarError) { self.init(path: error.place, message: error.reason) }
}

/// The rule for the names of calendars.
public enum CalendarName {
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(name, place, charactersMax: BusinessCalendar.nameCharactersMax)
    }
}

/// A calendar as the API shows it.
public struct CalendarInfo: Hashable, Sendable, Codable {
    public let name: String
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    public let spec: BusinessCalendar

    public init(
        name: String, spec: BusinessCalendar, createdAt: Date, createdBy: String, updatedAt: Date, updatedBy: String
    ) {
        self.name = name
        self.spec = spec
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }
}

/// `GET /api/v1/calendars`.
public struct CalendarPage: Hashable, Sendable, Codable {
    /// By name.
    public let calendars: [CalendarInfo]
    /// The names of those of this page that are stored in a form which this server cannot read; `nil`: none. Others can
    /// be kept in their place.
    public let unreadable: [String]?
    public let nextCursor: String?

    public init(calendars: [CalendarInfo], unreadable: [String] = [], nextCursor: String?) {
        self.calendars = calendars
        self.unreadable = unreadable.isEmpty ? nil : unreadable
        self.nextCursor = nextCursor
    }
}

/// `GET /api/v1/calendars/{name}/check`: whether a calendar is open at a moment.
public struct CalendarCheckInfo: Hashable, Sendable, Codable {
    public let calendar: String
    public let at: Date
    /// The same by the clock on the wall of its zone: ISO 8601 with the offset.
    public let localTime: String
    public let isOpen: Bool
    /// What closes it; `nil`: it is open.
    public let closedBy: BusinessCalendar.Rule?
    /// The same for people.
    public let reason: String?
    /// When it opens again; `nil`: it is open, or not within 370 days.
    public let opensAt: Date?

    public init(
        calendar: String, at: Date, localTime: String, isOpen: Bool, closedBy: BusinessCalendar.Rule?,
        reason: String?, opensAt: Date?
    ) {
        self.calendar = calendar
        self.at = at
        self.localTime = localTime
        self.isOpen = isOpen
        self.closedBy = closedBy
        self.reason = reason
        self.opensAt = opensAt
    }
}
