/// What a robot must be to run a job: all of it.
public struct JobRequirement: Hashable, Sendable {
    public var tags: [String]
    public var capabilities: [String]
    public var robot: Robot.ID?

    public init(tags: [String] = [], capabilities: [String] = [], robot: Robot.ID? = nil) {
        self.tags = tags
        self.capabilities = capabilities
        self.robot = robot
    }

    public var isEmpty: Bool { self.tags.isEmpty && self.capabilities.isEmpty && self.robot == nil }
}
