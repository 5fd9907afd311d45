package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What lets robots in. Call within `Database.asTenant`, where nothing else is said.
package enum EnrolmentStore {
    /// Makes one. The text of its token is in the result and nowhere else.
    package static func create(
        _ new: NewRobotEnrolment, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (text: TokenText, enrolment: RobotEnrolment) {
        precondition(
            RobotEnrolment.usesRange.contains(new.uses) && new.life > .zero && new.life <= RobotEnrolment.lifeMax,
            "An enrolment is out of bounds")
        let text = TokenText.random(.enrolment)
        let row = try connection.execute(
            EnrolmentQueries.create,
            [
                "id": .uuid(RobotEnrolment.ID.new(at: now ?? Date()).rawValue), "hash": .bytes(text.hash),
                "prefix": .text(text.prefix), "robot": .text(new.who.robot?.rawValue),
                "name_prefix": .text(new.who.prefix), "environment": .text(new.environment?.storable),
                "tags": .textArray(new.tags.map(\.storable)),
                "capabilities": .textArray(new.capabilities.map(\.storable)), "uses": .int(new.uses),
                "life": .double(new.life / .seconds(1)), "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        return (text, try RobotEnrolment(row: row))
    }

    /// Newest first, those before the given one; also those that have ended.
    package static func list(
        before: RobotEnrolment.ID? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [RobotEnrolment] {
        try connection.execute(
            EnrolmentQueries.list, ["before": .uuid(before?.rawValue), "limit": .int(limit)]
        ).map(RobotEnrolment.init(row:))
    }

    /// Makes one worthless from the commit on. What it has let in stays.
    ///
    /// - Throws: `.notFound` where there is none.
    package static func revoke(
        _ id: RobotEnrolment.ID, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> RobotEnrolment {
        let revoked = try connection.execute(
            EnrolmentQueries.revoke,
            ["id": .uuid(id.rawValue), "by": .text(person.storable), "now": .timestamp(now)])
        if let row = revoked.first { return try RobotEnrolment(row: row) }
        let known = try connection.execute(EnrolmentQueries.get, ["id": .uuid(id.rawValue)])
        guard let row = known.first else { throw StoreError.notFound(.enrolment, id.description) }
        return try RobotEnrolment(row: row)
    }

    /// What a token lets in; `nil` when it is unknown, used up, revoked or has ended. Call within `Database.asSystem`.
    package static func find(
        _ text: TokenText, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (tenant: Tenant.ID, enrolment: RobotEnrolment)? {
        let found = try connection.execute(
            EnrolmentQueries.find, ["hash": .bytes(text.hash), "now": .timestamp(now)])
        guard let row = found.first else { return nil }
        return (Tenant.ID(rawValue: try row.decode("tenant_id")), try RobotEnrolment(row: row))
    }

    /// Removes those that ended long ago. Call within `Database.asSystem`.
    package static func clean(limit: Int, now: Date? = nil, on connection: isolated PostgresConnection) throws {
        try connection.execute(
            EnrolmentQueries.clean,
            [
                "kept_for": .double(RobotEnrolment.keptFor / .seconds(1)), "limit": .int(limit),
                "now": .timestamp(now),
            ])
    }
}

// MARK: - Letting in

extension EnrolmentStore {
    /// Why a robot is not let in.
    package enum Refusal: Error, Hashable, Sendable {
        /// The token counts no more: somebody was faster, or has revoked it.
        case worthless
        /// It is not for a robot of this name.
        case otherName(Robot.ID, RobotEnrolment.Who)
        /// There is one of this name, and the token is for new ones.
        case known(Robot.ID)
    }

    /// Takes one use of a token, and makes the robot known if it is not. Roll the transaction back where this throws.
    ///
    /// - Throws: `Refusal`; `.quotaExceeded` where the tenant has as many robots as it may have.
    package static func letIn(
        _ robot: Robot.ID, by id: RobotEnrolment.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> RobotEnrolment {
        let used = try connection.execute(EnrolmentQueries.use, ["id": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = used.first else { throw Refusal.worthless }
        let enrolment = try RobotEnrolment(row: row)
        guard enrolment.who.includes(robot) else { throw Refusal.otherName(robot, enrolment.who) }
        let isKnown = try RobotStore.get(robot, now: now, on: connection) != nil
        switch enrolment.who {
        case .robot where isKnown: return enrolment
        case .anyNew where isKnown, .newNamed where isKnown: throw Refusal.known(robot)
        case .robot, .anyNew, .newNamed: break
        }
        _ = try RobotStore.register(
            robot, environment: enrolment.environment ?? RobotEnrolment.environmentDefault, tags: enrolment.tags,
            capabilities: enrolment.capabilities, slots: 1, now: now, on: connection)
        return enrolment
    }
}

extension RobotEnrolment {
    /// Of a robot that is told nothing else, as the robot itself has it.
    package static let environmentDefault = "default"
}
