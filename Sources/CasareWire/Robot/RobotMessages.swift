public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/robots`: registers a robot, or changes what is known of it.
public struct RegisterRobotRequest: Hashable, Sendable {
    public static let slotsRange = 1...1000
    /// How many tags, and how many capabilities, a robot may have.
    public static let labelsMax = Job.Requirements.labelsMax
    public static let labelCharactersMax = Job.Requirements.labelCharactersMax

    public var id: Robot.ID
    public var environment: String
    public var tags: [String]
    public var capabilities: [String]
    /// Jobs it runs at once.
    public var slots: Int

    public init(
        id: Robot.ID, environment: String = SubmitJobRequest.environmentDefault, tags: [String] = [],
        capabilities: [String] = [], slots: Int = 1
    ) {
        self.id = id
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.slots = slots
    }
}

extension RegisterRobotRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, environment, tags, capabilities, slots
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Robot.ID.self, forKey: .id),
            environment: try container.decodeIfPresent(String.self, forKey: .environment)
                ?? SubmitJobRequest.environmentDefault,
            tags: try container.decodeIfPresent([String].self, forKey: .tags) ?? [],
            capabilities: try container.decodeIfPresent([String].self, forKey: .capabilities) ?? [],
            slots: try container.decodeIfPresent(Int.self, forKey: .slots) ?? 1)
        guard Self.slotsRange.contains(self.slots) else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.slots],
                "expected a number from \(Self.slotsRange.lowerBound) to \(Self.slotsRange.upperBound), "
                    + "got \(self.slots)"
            )
        }
        try ShortText.check(
            self.environment, decoder.codingPath + [CodingKeys.environment],
            charactersMax: SubmitJobRequest.environmentCharactersMax)
        for (labels, key) in [(self.tags, CodingKeys.tags), (self.capabilities, .capabilities)] {
            try ShortText.check(
                labels, decoder.codingPath + [key], countMax: Self.labelsMax, charactersMax: Self.labelCharactersMax)
        }
    }
}

public struct RobotInfo: Hashable, Sendable, Codable {
    public let id: Robot.ID
    public let environment: String
    public let tags: [String]
    public let capabilities: [String]
    public let slots: Int
    public let status: Robot.Status
    public let slotsInUse: Int
    public let lastSeenAt: Date?
    public let registeredAt: Date

    public init(_ robot: Robot) {
        self.id = robot.id
        self.environment = robot.environment
        self.tags = robot.tags
        self.capabilities = robot.capabilities
        self.slots = robot.slots
        self.status = robot.status
        self.slotsInUse = robot.slotsInUse
        self.lastSeenAt = robot.lastSeenAt
        self.registeredAt = robot.registeredAt
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
