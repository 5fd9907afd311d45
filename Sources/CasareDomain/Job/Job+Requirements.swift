extension Job {
    /// What a robot must be to run a job, beside being of its environment.
    public struct Requirements: Hashable, Sendable {
        /// How many tags, and how many capabilities, one job may ask for: as many as a robot may have.
        public static let labelsMax = 64
        public static let labelCharactersMax = 64

        /// Sorted by their bytes, without repetition: the robot has all of them.
        public let tags: [String]
        /// The same of capabilities.
        public let capabilities: [String]
        /// This robot and no other.
        public let robot: Robot.ID?

        public static let anyRobot = Requirements()

        public init(tags: [String] = [], capabilities: [String] = [], robot: Robot.ID? = nil) {
            self.tags = Self.canonical(tags)
            self.capabilities = Self.canonical(capabilities)
            self.robot = robot
        }

        /// Two jobs that ask for the same have equal lists, to the byte: the store tells requirements apart by these.
        private static func canonical(_ labels: [String]) -> [String] {
            labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                .reduce(into: []) { kept, label in
                    if kept.last?.isExactly(label) != true { kept.append(label) }
                }
        }
    }
}

extension Job.Requirements: Codable {
    private enum CodingKeys: String, CodingKey {
        case tags, capabilities, robot
    }

    /// Every key is optional.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            tags: try container.decodeIfPresent([String].self, forKey: .tags) ?? [],
            capabilities: try container.decodeIfPresent([String].self, forKey: .capabilities) ?? [],
            robot: try container.decodeIfPresent(Robot.ID.self, forKey: .robot))
    }
}
