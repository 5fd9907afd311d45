package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// What lets robots in that nobody knows yet, without the text of its token, which nobody can tell again.
package struct RobotEnrolment: Identifiable, Hashable, Sendable {
    package struct ID: UUIDIdentifier {
        package let rawValue: UUID

        package init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// How many robots one may let in.
    package static let usesRange = 1...1000
    /// How long one may count.
    package static let lifeMax = Duration.seconds(30 * 86_400)
    /// Ended ones are kept for so long.
    package static let keptFor = Duration.seconds(30 * 86_400)

    /// Whom it lets in.
    package enum Who: Hashable, Sendable {
        /// A robot of any name that there is not yet.
        case anyNew
        /// This one, also where it is there already.
        case robot(Robot.ID)
        /// Robots that there are not yet, whose names begin like that.
        case newNamed(prefix: String)
    }

    package let id: ID
    package let who: Who
    /// What the robots are told about themselves; `nil`: nothing.
    package let environment: String?
    package let tags: [String]
    package let capabilities: [String]
    package let usesMax: Int
    package let usesLeft: Int
    /// The beginning of its token.
    package let prefix: String
    package let createdAt: Date
    package let createdBy: String
    package let expiresAt: Date
    package let lastUsedAt: Date?
    package let revokedAt: Date?
    package let revokedBy: String?
}

/// One that is to be made.
package struct NewRobotEnrolment: Hashable, Sendable {
    package var who: RobotEnrolment.Who
    package var environment: String?
    package var tags: [String]
    package var capabilities: [String]
    /// Within `RobotEnrolment.usesRange`.
    package var uses: Int
    /// At most `RobotEnrolment.lifeMax`.
    package var life: Duration

    package init(
        who: RobotEnrolment.Who = .anyNew, environment: String? = nil, tags: [String] = [], capabilities: [String] = [],
        uses: Int = 1, life: Duration = .seconds(86_400)
    ) {
        self.who = who
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.uses = uses
        self.life = life
    }
}

extension RobotEnrolment.Who {
    /// The one that it is for; `nil` where it is for several.
    package var robot: Robot.ID? {
        switch self {
        case .robot(let id): id
        case .anyNew, .newNamed: nil
        }
    }

    var prefix: String? {
        switch self {
        case .newNamed(let prefix): prefix
        case .anyNew, .robot: nil
        }
    }

    /// Whether it lets a robot of this name in, whether there is one or not.
    package func includes(_ id: Robot.ID) -> Bool {
        switch self {
        case .anyNew: true
        case .robot(let only): only == id
        case .newNamed(let prefix): id.rawValue.hasPrefix(prefix)
        }
    }
}

extension RobotEnrolment {
    /// - Parameter row: has the columns of an enrolment.
    init(row: Row) throws {
        let robot = try row.optionalString("robot_id").flatMap(Robot.ID.init(rawValue:))
        let prefix = try row.optionalString("name_prefix")
        let who: Who =
            if let robot { .robot(robot) } else if let prefix { .newNamed(prefix: prefix) } else { .anyNew }
        self.init(
            id: ID(rawValue: try row.uuid("enrolment_id")), who: who,
            environment: try row.optionalString("environment"), tags: try row.strings("tags"),
            capabilities: try row.strings("capabilities"), usesMax: try row.int("uses_max"),
            usesLeft: try row.int("uses_left"), prefix: try row.string("prefix"),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            expiresAt: try row.date("expires_at"), lastUsedAt: try row.optionalDate("last_used_at"),
            revokedAt: try row.optionalDate("revoked_at"), revokedBy: try row.optionalString("revoked_by"))
    }
}
