public import CasareDomain
public import FoundationEssentials

/// The rule for the names of schedules: they stand in paths, where an ID may stand as well.
public enum ScheduleName {
    /// - Throws: for an empty or too long one, control characters, and one that would be read as an ID.
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(
            name: name, notA: Schedule.ID.self, of: "schedules", place, charactersMax: Schedule.nameCharactersMax)
    }
}

/// `POST /api/v1/schedules`.
public struct CreateScheduleRequest: Hashable, Sendable, Codable {
    public var name: String
    public var spec: ScheduleSpec
    /// It fires nothing until somebody resumes it.
    public var paused: Bool
    /// Kept with what was done.
    public var reason: String?
    /// Who keeps it in files, by the mark of `casarectl apply`; 1 to 64 characters.
    public var managedBy: String?

    public init(
        name: String, spec: ScheduleSpec, paused: Bool = false, reason: String? = nil, managedBy: String? = nil
    ) {
        self.name = name
        self.spec = spec
        self.paused = paused
        self.reason = reason
        self.managedBy = managedBy
    }

    private enum CodingKeys: String, CodingKey {
        case name, paused, reason, managedBy, spec
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let name = try container.decode(String.self, forKey: .name)
        let paused = try container.decodeIfPresent(Bool.self, forKey: .paused) ?? false
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        let managedBy = try container.decodeIfPresent(String.self, forKey: .managedBy)
        self.init(
            name: name, spec: try container.decode(ScheduleSpec.self, forKey: .spec), paused: paused, reason: reason,
            managedBy: managedBy)
        let path = decoder.codingPath
        try ScheduleName.check(name, WireDecodingError.text(of: path + [CodingKeys.name]))
        try ControlReason.check(reason, path + [CodingKeys.reason])
        try AppliedOwner.check(managedBy, path + [CodingKeys.managedBy])
    }

    /// What is not asked for is left out: repeats of a request are known by its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.name, forKey: .name)
        if self.paused { try container.encode(true, forKey: .paused) }
        if let reason { try container.encode(reason, forKey: .reason) }
        if let managedBy { try container.encode(managedBy, forKey: .managedBy) }
        try container.encode(self.spec, forKey: .spec)
    }
}

/// `PATCH /api/v1/schedules/{name}`: members of the spec that are named change, null takes one away, and what is left
/// out stays as it is (RFC 7396).
public struct UpdateScheduleRequest: Hashable, Sendable, Codable {
    /// What changes of the spec. Another way to say when it fires takes the place of the one there was.
    public var spec: Object
    /// The revision that it was made of; refused where the schedule has another one by now. As the header `If-Match`.
    public var revision: Int?
    /// Kept with what was done.
    public var reason: String?
    /// Who keeps it in files from now on; `nil`: as it is.
    public var managedBy: String?

    public init(spec: Object, revision: Int? = nil, reason: String? = nil, managedBy: String? = nil) {
        self.spec = spec
        self.revision = revision
        self.reason = reason
        self.managedBy = managedBy
    }

    private enum CodingKeys: String, CodingKey {
        case spec, revision, reason, managedBy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            spec: try container.decodeIfPresent(Object.self, forKey: .spec) ?? [:],
            revision: try container.decodeIfPresent(Int.self, forKey: .revision),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            managedBy: try container.decodeIfPresent(String.self, forKey: .managedBy))
        let path = decoder.codingPath
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
        try AppliedOwner.check(self.managedBy, path + [CodingKeys.managedBy])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.spec, forKey: .spec)
        if let revision { try container.encode(revision, forKey: .revision) }
        if let reason { try container.encode(reason, forKey: .reason) }
        if let managedBy { try container.encode(managedBy, forKey: .managedBy) }
    }
}

/// `POST /api/v1/schedules/{name}/pause`. Pausing again changes reason and end.
public struct PauseScheduleRequest: Hashable, Sendable, Codable {
    /// Kept with what was done.
    public var reason: String?
    /// It ends by itself at this time, or after this time: within a year, by the clock of the server's database.
    public var until: Date?
    public var forSeconds: Double?

    public init(reason: String? = nil, until: Date? = nil, forSeconds: Double? = nil) {
        self.reason = reason
        self.until = until
        self.forSeconds = forSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            until: try container.decodeIfPresent(Date.self, forKey: .until),
            forSeconds: try container.decodeIfPresent(Double.self, forKey: .forSeconds))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
        try PauseLength.check(
            self.forSeconds, until: self.until, decoder.codingPath + [CodingKeys.forSeconds])
    }
}

/// `POST /api/v1/schedules/{name}/resume`.
public struct ResumeScheduleRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `POST /api/v1/schedules/{name}/trigger`: fires it now, whatever it waits for. Its times stay as they are.
public struct TriggerScheduleRequest: Hashable, Sendable, Codable {
    /// Of this job alone, instead of the schedule's variables of the same names.
    public var variables: Object?
    /// Kept with what was done.
    public var reason: String?

    public init(variables: Object? = nil, reason: String? = nil) {
        self.variables = variables
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            variables: try container.decodeIfPresent(Object.self, forKey: .variables),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}
