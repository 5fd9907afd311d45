public import CasareDomain

/// The filter and page of `GET /api/v1/schedules`.
public struct ScheduleQuery: Hashable, Sendable {
    public var status: Schedule.Status?
    /// Name of the workflow that they start.
    public var workflow: String?
    public var kind: ScheduleSpec.Timing.Kind?
    /// A pattern of names: `*` stands for any text, `?` for one character.
    public var name: String?
    /// The mark of `casarectl apply`.
    public var managedBy: String?
    public var limit: Int?
    public var cursor: String?

    public init(
        status: Schedule.Status? = nil, workflow: String? = nil, kind: ScheduleSpec.Timing.Kind? = nil,
        name: String? = nil, managedBy: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) {
        self.status = status
        self.workflow = workflow
        self.kind = kind
        self.name = name
        self.managedBy = managedBy
        self.limit = limit
        self.cursor = cursor
    }

    public var parameters: [(name: String, value: String?)] {
        [
            ("status", self.status?.rawValue), ("workflow", self.workflow), ("kind", self.kind?.rawValue),
            ("name", self.name), ("managed_by", self.managedBy), ("limit", self.limit.map(String.init)),
            ("cursor", self.cursor),
        ]
    }
}
