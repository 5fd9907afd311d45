/// The roles that are always there. What else a tenant needs, it makes for itself: `CustomRole`.
public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    case viewer, `operator`, developer, admin, robot

    /// What its bearer may do.
    ///
    /// - Parameter tenant: whose principal it is; the installation is ruled from the tenant `default`.
    public func permissions(in tenant: Tenant.ID) -> Set<Permission> {
        switch self {
        case .viewer: Self.looking
        case .operator: Self.looking.union(Self.operating)
        case .developer: Self.looking.union(Self.operating).union(Self.developing)
        case .admin: Set(Permission.allCases.filter { tenant == .default || !$0.isOfInstallation })
        case .robot: [.robotProtocol, .credentialUse]
        }
    }

    /// For people, one sentence.
    public var summary: String {
        switch self {
        case .viewer: "Looks at everything but secrets, tokens and the audit trail."
        case .operator: "Runs workflows and keeps them running: jobs, queues, robots, schedules, triggers, work items."
        case .developer: "The same, and sees which secrets and tokens there are."
        case .admin: "Everything of a tenant; of the tenant default, the installation too."
        case .robot: "What a robot itself does: lease jobs and report on them."
        }
    }

    private static let looking: Set<Permission> = [
        .workflowRead, .executionRead, .queueRead, .robotRead, .scheduleRead, .triggerRead, .itemRead,
        .operationRead, .roleRead, .tenantRead, .metricsRead,
    ]

    /// Operators have always defined what runs, too: whoever holds such a token goes on doing so.
    private static let operating: Set<Permission> = [
        .workflowCreate, .workflowUpdate, .workflowPublish, .workflowExecute,
        .executionCancel, .executionRetry, .executionUpdate, .queueUpdate, .robotUpdate,
        .scheduleCreate, .scheduleUpdate, .scheduleDelete,
        .triggerCreate, .triggerUpdate, .triggerDelete,
        .itemCreate, .itemUpdate, .itemDelete,
        .operationCreate, .operationUpdate, .operationApprove, .credentialUse,
    ]

    private static let developing: Set<Permission> = [.workflowDelete, .credentialRead, .tokenRead]
}

extension Role {
    /// The name of a role: of one that is always there, or of one that a tenant has made.
    public struct Name: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
        public static let charactersMax = 63

        public let rawValue: String

        /// `nil` for what is not 1 to 63 small letters, digits, `-` and `_`, beginning with a letter.
        public init?(rawValue: String) {
            guard (1...Self.charactersMax).contains(rawValue.utf8.count), let first = rawValue.utf8.first,
                Self.isLetter(first),
                rawValue.utf8.allSatisfy({
                    Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
                })
            else { return nil }
            self.rawValue = rawValue
        }

        public init(_ role: Role) { self.rawValue = role.rawValue }

        public static let viewer = Name(Role.viewer)
        public static let `operator` = Name(Role.operator)
        public static let developer = Name(Role.developer)
        public static let admin = Name(Role.admin)
        public static let robot = Name(Role.robot)

        /// `nil` for a role that a tenant has made.
        public var builtIn: Role? { Role(rawValue: self.rawValue) }

        public var description: String { self.rawValue }

        private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    }
}
