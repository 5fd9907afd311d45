public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/windows`: a time for maintenance, in which the selected schedules fire nothing. At its end exactly
/// those go on that it has paused, and that nobody has touched since.
public struct OpenWindowRequest: Hashable, Sendable, Codable {
    /// When it closes by itself: within a year, by the clock of the server's database. One of the two is needed.
    public var until: Date?
    public var forSeconds: Double?
    public var reason: String?
    public var schedules: ScheduleSelection
    /// Only tells which schedules would be paused.
    public var dryRun: Bool

    public init(
        until: Date? = nil, forSeconds: Double? = nil, reason: String? = nil, schedules: ScheduleSelection,
        dryRun: Bool = false
    ) {
        self.until = until
        self.forSeconds = forSeconds
        self.reason = reason
        self.schedules = schedules
        self.dryRun = dryRun
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let until = try container.decodeIfPresent(Date.self, forKey: .until)
        let forSeconds = try container.decodeIfPresent(Double.self, forKey: .forSeconds)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        let dryRun = try container.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
        self.init(
            until: until, forSeconds: forSeconds, reason: reason,
            schedules: try container.decode(ScheduleSelection.self, forKey: .schedules), dryRun: dryRun)
        let path = decoder.codingPath
        try PauseLength.check(forSeconds, until: until, path + [CodingKeys.forSeconds])
        guard until != nil || forSeconds != nil else {
            throw WireDecodingError(
                path + [CodingKeys.until], "say when it closes by itself: until, or for_seconds")
        }
        try ControlReason.check(reason, path + [CodingKeys.reason])
    }
}

/// A window as the API shows it.
public struct WindowInfo: Hashable, Sendable, Codable {
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case open, closed
    }

    public let id: MaintenanceWindow.ID
    public let status: Status
    public let until: Date
    public let reason: String?
    /// Which schedules, as it was asked for.
    public let schedules: Object
    /// So many schedules were selected.
    public let selected: Int
    /// Those of them that it has paused; the others were paused already.
    public let paused: Int
    /// Those that go on since it closed.
    public let restored: Int
    /// Those that somebody has touched meanwhile, or that another open window holds as well; they stay as they are.
    public let left: Int
    public let openedAt: Date
    /// The name of a token.
    public let openedBy: String
    public let closedAt: Date?
    /// `casare` where it closed by itself.
    public let closedBy: String?

    public init(_ window: MaintenanceWindow) {
        self.id = window.id
        self.status = window.closedAt == nil ? .open : .closed
        self.until = window.until
        self.reason = window.reason
        self.schedules = window.selection
        self.selected = window.selected
        self.paused = window.paused
        self.restored = window.restored
        self.left = window.left
        self.openedAt = window.openedAt
        self.openedBy = window.openedBy
        self.closedAt = window.closedAt
        self.closedBy = window.closedBy
    }
}

/// What opening a window does, or would do.
public struct OpenWindowResponse: Hashable, Sendable, Codable {
    /// So many schedules are named.
    public static let namesMax = 20

    /// `nil` for a dry run.
    public let window: WindowInfo?
    /// How many schedules are selected.
    public let selected: Int
    /// Those of them that are not paused yet.
    public let pauses: Int
    /// The names of the first of those.
    public let names: [String]

    public init(window: WindowInfo?, selected: Int, pauses: Int, names: [String]) {
        self.window = window
        self.selected = selected
        self.pauses = pauses
        self.names = names
    }
}

/// `POST /api/v1/windows/{id}/close`.
public struct CloseWindowRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `GET /api/v1/windows`.
public struct WindowPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let windows: [WindowInfo]
    public let nextCursor: String?

    public init(windows: [WindowInfo], nextCursor: String?) {
        self.windows = windows
        self.nextCursor = nextCursor
    }
}
