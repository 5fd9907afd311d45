public import FoundationEssentials

/// A time for maintenance: schedules that are paused meanwhile, and afterwards go on as if nothing had been.
public struct MaintenanceWindow: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// So many schedules are selected at the most.
    public static let schedulesMax = 10_000
    /// So many of a tenant may be open at once.
    public static let openMax = 100

    public let id: ID
    /// When it closes by itself.
    public let until: Date
    public let reason: String?
    /// As it was asked for, in the form of the wire.
    public let selection: Object
    /// Schedules that were selected.
    public let selected: Int
    /// Those of them that it has paused; the others were paused already.
    public let paused: Int
    /// Those that go on since it has closed.
    public let restored: Int
    public let openedAt: Date
    public let openedBy: String
    public let closedAt: Date?
    /// `casare` where it closed by itself.
    public let closedBy: String?

    /// Those that somebody has touched meanwhile, or deleted, and those that another open window holds as well; they stay
    /// as they are. 0 while it is open.
    public var left: Int { self.closedAt == nil ? 0 : self.paused - self.restored }

    public init(
        id: ID, until: Date, reason: String?, selection: Object, selected: Int, paused: Int, restored: Int,
        openedAt: Date, openedBy: String, closedAt: Date?, closedBy: String?
    ) {
        self.id = id
        self.until = until
        self.reason = reason
        self.selection = selection
        self.selected = selected
        self.paused = paused
        self.restored = restored
        self.openedAt = openedAt
        self.openedBy = openedBy
        self.closedAt = closedAt
        self.closedBy = closedBy
    }
}
