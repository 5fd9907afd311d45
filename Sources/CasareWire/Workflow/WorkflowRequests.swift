public import CasareDomain

/// `POST /api/v1/workflows`.
public struct PushWorkflowRequest: Hashable, Sendable, Codable {
    /// Overrides the name in the document's metadata.
    public var name: String?
    public var document: Value

    public init(name: String? = nil, document: Value) {
        self.name = name
        self.document = document
    }
}

/// `PUT /api/v1/workflows/{workflow}/robots`.
public struct AssignWorkflowRequest: Hashable, Sendable, Codable {
    public static let robotsMax = 1000

    /// They alone run the workflow from now on; none: any robot.
    public var robots: [Robot.ID]
    /// Kept with what was done.
    public var reason: String?

    public init(robots: [Robot.ID], reason: String? = nil) {
        self.robots = robots
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            robots: try container.decode([Robot.ID].self, forKey: .robots),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        guard self.robots.count <= Self.robotsMax else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.robots],
                "expected at most \(Self.robotsMax), got \(self.robots.count)")
        }
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `POST /api/v1/workflows/validate`.
public struct ValidateWorkflowRequest: Hashable, Sendable, Codable {
    public var document: Value

    public init(document: Value) { self.document = document }
}
