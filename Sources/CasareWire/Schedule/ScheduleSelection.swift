public import CasareDomain
public import FoundationEssentials

/// Which schedules: by their names, or by what is true of them. Both at once, and neither, are refused.
public struct ScheduleSelection: Hashable, Sendable, Codable {
    /// So many may be given by name, and so many are changed at once.
    public static let schedulesMax = 10_000
    /// Of a pattern, and of the other texts.
    public static let charactersMax = 255

    /// Names or IDs.
    public var names: [String]?
    /// A pattern of names: `*` stands for any text, `?` for one character.
    public var name: String?
    /// Name of the workflow that they start.
    public var workflow: String?
    public var status: Schedule.Status?
    /// The mark of `casarectl apply`.
    public var managedBy: String?

    public init(
        names: [String]? = nil, name: String? = nil, workflow: String? = nil, status: Schedule.Status? = nil,
        managedBy: String? = nil
    ) {
        self.names = names
        self.name = name
        self.workflow = workflow
        self.status = status
        self.managedBy = managedBy
    }

    /// Whether something must be true of them.
    public var isFilter: Bool {
        self.name != nil || self.workflow != nil || self.status != nil || self.managedBy != nil
    }

    private enum CodingKeys: String, CodingKey {
        case names, name, workflow, status, managedBy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let path = decoder.codingPath
        func text(_ key: CodingKeys) throws -> String? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            try ShortText.check(text, path + [key], charactersMax: Self.charactersMax)
            return text
        }
        self.init(
            names: try container.decodeIfPresent([String].self, forKey: .names), name: try text(.name),
            workflow: try text(.workflow), status: try container.decodeIfPresent(Schedule.Status.self, forKey: .status),
            managedBy: try text(.managedBy))
        guard self.names == nil || !self.isFilter else {
            throw WireDecodingError(path + [CodingKeys.names], "give names or what is true of them, not both")
        }
        guard self.isFilter || self.names?.isEmpty == false else {
            throw WireDecodingError(
                path, "select something: names, or name with * in it, workflow, status, managed_by; name * is all")
        }
        guard let names, names.count > Self.schedulesMax else { return }
        throw WireDecodingError(
            path + [CodingKeys.names], "expected at most \(Self.schedulesMax), got \(names.count)")
    }

    /// What is not asked for is left out: so a selection reads as it was written.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let names { try container.encode(names, forKey: .names) }
        if let name { try container.encode(name, forKey: .name) }
        if let workflow { try container.encode(workflow, forKey: .workflow) }
        if let status { try container.encode(status, forKey: .status) }
        if let managedBy { try container.encode(managedBy, forKey: .managedBy) }
    }
}

/// `POST /api/v1/schedules/pause` and `resume`: the same for many schedules at once, all of them or none.
public struct SteerSchedulesRequest: Hashable, Sendable, Codable {
    public var selection: ScheduleSelection
    /// Kept with what was done.
    public var reason: String?
    /// Of pause alone: it ends by itself at this time, or after this time.
    public var until: Date?
    public var forSeconds: Double?
    /// Only tells which schedules it would be done to.
    public var dryRun: Bool
    /// How many a dry run found. Refused with `SELECTION_CHANGED` where they are others by now.
    public var expect: Int?

    public init(
        selection: ScheduleSelection, reason: String? = nil, until: Date? = nil, forSeconds: Double? = nil,
        dryRun: Bool = false, expect: Int? = nil
    ) {
        self.selection = selection
        self.reason = reason
        self.until = until
        self.forSeconds = forSeconds
        self.dryRun = dryRun
        self.expect = expect
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        let until = try container.decodeIfPresent(Date.self, forKey: .until)
        let forSeconds = try container.decodeIfPresent(Double.self, forKey: .forSeconds)
        let dryRun = try container.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
        let expect = try container.decodeIfPresent(Int.self, forKey: .expect)
        self.init(
            selection: try container.decode(ScheduleSelection.self, forKey: .selection), reason: reason, until: until,
            forSeconds: forSeconds, dryRun: dryRun, expect: expect)
        try ControlReason.check(reason, decoder.codingPath + [CodingKeys.reason])
        try PauseLength.check(forSeconds, until: until, decoder.codingPath + [CodingKeys.forSeconds])
    }
}

/// What became of many schedules.
public struct SteerSchedulesResponse: Hashable, Sendable, Codable {
    /// So many of them are named.
    public static let namesMax = 20

    /// How many were selected.
    public let count: Int
    /// So many of them were changed, or would be; the others stood so already.
    public let changed: Int
    /// The names of the first ones that were changed, or would be.
    public let names: [String]
    /// Nothing was changed.
    public let dryRun: Bool

    public init(count: Int, changed: Int, names: [String], dryRun: Bool) {
        self.count = count
        self.changed = changed
        self.names = names
        self.dryRun = dryRun
    }
}
