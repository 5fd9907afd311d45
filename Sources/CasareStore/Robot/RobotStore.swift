package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Robots as people see them. What they do with jobs is in `LeaseStore`. Call within `Database.asTenant`.
package enum RobotStore {
    /// Adds a robot, or changes what is known about it. A session that is open keeps its environment.
    package static func register(
        _ id: Robot.ID, environment: String, tags: [String], capabilities: [String], slots: Int, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        try connection.execute(
            RobotQueries.register,
            [
                "robot": .text(id.rawValue), "environment": .text(environment.storable),
                "tags": .textArray(tags.map(\.storable)), "capabilities": .textArray(capabilities.map(\.storable)),
                "slots": .int(slots), "now": .timestamp(now),
            ])
        guard let robot = try self.get(id, now: now, on: connection) else {
            throw StoreError.notFound(.robot, id.rawValue)
        }
        return robot
    }

    package static func get(
        _ id: Robot.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Robot? {
        try connection.execute(
            RobotQueries.list, ["robot": .text(id.rawValue), "after": "", "limit": 1, "now": .timestamp(now)]
        ).first.map(Robot.init(row:))
    }

    /// A page in the order of IDs, after the given one.
    package static func list(
        after: Robot.ID? = nil, limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Robot] {
        try connection.execute(
            RobotQueries.list,
            ["robot": .null, "after": .text(after?.rawValue ?? ""), "limit": .int(limit), "now": .timestamp(now)]
        ).map(Robot.init(row:))
    }

    /// Keeps a robot from leasing more; what it runs goes on. Its later sessions are kept from it as well.
    package static func cordon(
        _ id: Robot.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Robot {
        try self.set(id, isCordoned: true, now: now, on: connection)
    }

    /// Lets it lease again.
    package static func uncordon(
        _ id: Robot.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Robot {
        try self.set(id, isCordoned: false, now: now, on: connection)
    }

    private static func set(
        _ id: Robot.ID, isCordoned: Bool, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Robot {
        let changed = try connection.execute(
            RobotQueries.cordon,
            ["robot": .text(id.rawValue), "is_cordoned": .bool(isCordoned), "now": .timestamp(now)])
        guard let row = changed.first else { throw StoreError.notFound(.robot, id.rawValue) }
        try connection.execute(
            RobotQueries.cordonSessions,
            ["robot": .text(id.rawValue), "cordoned_at": .timestamp(try row.optionalDate("cordoned_at"))])
        guard let robot = try self.get(id, now: now, on: connection) else {
            throw StoreError.notFound(.robot, id.rawValue)
        }
        return robot
    }

    /// Says that a session is alive.
    ///
    /// - Returns: for how long it is trusted now, in seconds.
    package static func heartbeat(
        _ session: Robot.SessionID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Double {
        try LeaseStore.renew(session, held: [], now: now, on: connection).leaseSeconds
    }
}

extension Robot {
    fileprivate init(row: Row) throws {
        let text = try row.string("robot_id")
        guard let id = ID(rawValue: text) else { throw StoreError.unreadable("\"\(text)\" is no robot's ID") }
        let slots = try row.int("slots")
        let slotsInUse = try row.int("slots_in_use")
        let status: Status =
            if !(try row.bool("is_alive")) { .offline } else if slotsInUse >= slots { .busy } else { .online }
        self.init(
            id: id, environment: try row.string("environment"), tags: try row.strings("tags"),
            capabilities: try row.strings("capabilities"), slots: slots, status: status, slotsInUse: slotsInUse,
            lastSeenAt: try row.optionalDate("last_seen_at"), registeredAt: try row.date("registered_at"),
            cordonedAt: try row.optionalDate("cordoned_at"))
    }
}
