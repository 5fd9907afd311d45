public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/robots`: registers a robot, or changes what is known of it.
public struct RegisterRobotRequest: Hashable, Sendable {
    public static let slotsRange = 1...1000
    /// How many tags, and how many capabilities, a robot may have.
    public static let labelsMax = Job.Requirements.labelsMax

    public var id: Robot.ID
    public var environment: String
    public var tags: [String]
    public var capabilities: [String]
    /// Jobs it runs at once.
    public var slots: Int
    /// Why a person does this.
    public var reason: String?

    public init(
        id: Robot.ID, environment: String = SubmitJobRequest.environmentDefault, tags: [String] = [],
        capabilities: [String] = [], slots: Int = 1, reason: String? = nil
    ) {
        self.id = id
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.slots = slots
        self.reason = reason
    }
}

extension RegisterRobotRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, environment, tags, capabilities, slots, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Robot.ID.self, forKey: .id),
            environment: try container.decodeIfPresent(String.self, forKey: .environment)
                ?? SubmitJobRequest.environmentDefault,
            tags: try container.decodeIfPresent([String].self, forKey: .tags) ?? [],
            capabilities: try container.decodeIfPresent([String].self, forKey: .capabilities) ?? [],
            slots: try container.decodeIfPresent(Int.self, forKey: .slots) ?? 1,
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
        try NumberBounds.check(self.slots, in: Self.slotsRange, decoder.codingPath + [CodingKeys.slots])
        try ShortText.check(
            self.environment, decoder.codingPath + [CodingKeys.environment],
            charactersMax: SubmitJobRequest.environmentCharactersMax)
        for (labels, key) in [(self.tags, CodingKeys.tags), (self.capabilities, .capabilities)] {
            try ShortText.check(labels: labels, decoder.codingPath + [key])
        }
    }
}

public struct RobotInfo: Hashable, Sendable, Codable {
    public let id: Robot.ID
    public let environment: String
    public let tags: [String]
    public let capabilities: [String]
    /// Jobs it runs at once, in all of its sessions together.
    public let slots: Int
    /// In each of its sessions: what it was registered with. A server before it counted sessions says nothing.
    public let slotsEach: Int?
    /// Sessions that are in time. More than one: as many processes run under its ID, and each gets jobs.
    public let sessions: Int?
    public let status: Robot.Status
    public let slotsInUse: Int
    public let lastSeenAt: Date?
    public let registeredAt: Date
    public let cordonedAt: Date?
    public let cordonedBy: String?
    public let cordonReason: String?
    /// It was asked to end.
    public let ending: Robot.Ending?
    /// It does not get on.
    public let wedge: Robot.Wedge?
    /// Of the jobs that it runs, the one that has been silent the longest last made a step then.
    public let progressAt: Date?

    public init(_ robot: Robot) {
        self.id = robot.id
        self.environment = robot.environment
        self.tags = robot.tags
        self.capabilities = robot.capabilities
        self.slots = robot.slotsInAll
        self.slotsEach = robot.slots
        self.sessions = robot.sessions
        self.status = robot.status
        self.slotsInUse = robot.slotsInUse
        self.lastSeenAt = robot.lastSeenAt
        self.registeredAt = robot.registeredAt
        self.cordonedAt = robot.cordonedAt
        self.cordonedBy = robot.control.cordonedBy
        self.cordonReason = robot.control.cordonReason
        self.ending = robot.control.ending
        self.wedge = robot.control.wedge
        self.progressAt = robot.control.progressAt
    }
}

public struct RobotPage: Hashable, Sendable, Codable {
    /// In the order of their IDs.
    public let robots: [RobotInfo]
    public let nextCursor: String?

    public init(robots: [RobotInfo], nextCursor: String?) {
        self.robots = robots
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/robots/{id}/cordon`, `/uncordon`, `/drain` and `/stop`.
public struct ControlRobotRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `POST /api/v1/robots/{id}/heartbeat`: keeps a session alive without a word about its leases.
public struct HeartbeatRequest: Hashable, Sendable, Codable {
    public var sessionID: Robot.SessionID

    public init(sessionID: Robot.SessionID) { self.sessionID = sessionID }
}

public struct HeartbeatResponse: Hashable, Sendable, Codable {
    /// How long the session is trusted from now on.
    public let leaseSeconds: Double

    public init(leaseSeconds: Double) { self.leaseSeconds = leaseSeconds }
}
