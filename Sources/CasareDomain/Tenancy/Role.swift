/// What the bearer of a token may do.
public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    case viewer, `operator`, admin, robot

    /// Whether this role includes a permission.
    public func allows(_ permission: Permission) -> Bool {
        switch (self, permission) {
        case (.admin, .read), (.admin, .operate), (.admin, .define), (.admin, .administer), (.admin, .execute): true
        case (.operator, .read), (.operator, .operate), (.operator, .define): true
        case (.operator, .administer), (.operator, .execute): false
        case (.viewer, .read): true
        case (.viewer, .operate), (.viewer, .define), (.viewer, .administer), (.viewer, .execute): false
        case (.robot, .execute): true
        case (.robot, .read), (.robot, .operate), (.robot, .define), (.robot, .administer): false
        }
    }
}

/// One kind of thing that a request does. Every route names exactly one.
public enum Permission: String, Hashable, Sendable, CaseIterable {
    /// Look at workflows, jobs, dead letters and robots.
    case read
    /// Submit, cancel and retry jobs; work through dead letters.
    case operate
    /// Push workflows.
    case define
    /// Register robots, create and revoke tokens.
    case administer
    /// Lease jobs and report on them: the robot's protocol.
    case execute
}
