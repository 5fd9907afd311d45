package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Robots as people see them. What they do with jobs is in `LeaseStore`. Call within `Database.asTenant`.
package enum RobotStore {
    /// Adds a robot, or changes what is known about it. A session that is open keeps its environment; how many slots it
    /// has, its robot hears with the next renewal.
    package static func register(
        _ id: Robot.ID, environment: String, tags: [String], capabilities: [String], slots: Int, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        let registered = try connection.execute(
            RobotQueries.register,
            [
                "robot": .text(id.rawValue), "environment": .text(environment.storable),
                "tags": .textArray(tags.map(\.storable)), "capabilities": .textArray(capabilities.map(\.storable)),
                "slots": .int(slots), "now": .timestamp(now),
            ])
        if try registered.only().bool("is_new") { try QuotaStore.check(.robots, now: now, on: connection) }
        try connection.execute(RobotQueries.changeSlots, ["robot": .text(id.rawValue), "slots": .int(slots)])
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
        let sessions = try row.int("sessions")
        let slotsInUse = try row.int("slots_in_use")
        let cordonedAt = try row.optionalDate("cordoned_at")
        let wedge = try Wedge(row: row)
        let ending = try Ending(row: row)
        let status: Status =
            if try !row.bool("is_open") {
                .offline
            } else if try row.optionalBool("is_in_time") != true {
                .stale
            } else if wedge != nil {
                .wedged
            } else if ending != nil {
                .draining
            } else if cordonedAt != nil {
                .cordoned
            } else {
                slotsInUse >= Self.slotsInAll(slots, sessions: sessions) ? .busy : .live
            }
        self.init(
            id: id, environment: try row.string("environment"), tags: try row.strings("tags"),
            capabilities: try row.strings("capabilities"), slots: slots, sessions: sessions, status: status,
            slotsInUse: slotsInUse,
            lastSeenAt: try row.optionalDate("last_seen_at"), registeredAt: try row.date("registered_at"),
            cordonedAt: cordonedAt,
            control: Control(
                cordonedBy: try row.optionalString("cordoned_by"),
                cordonReason: try row.optionalString("cordon_reason"), ending: ending, wedge: wedge,
                progressAt: try row.optionalDate("progress_at")))
    }
}

extension Robot.Ending {
    fileprivate init?(row: Row) throws {
        guard let text = try row.optionalString("ending") else { return nil }
        guard let order = Robot.Order(rawValue: text) else {
            throw StoreError.unreadable("a session is asked to end by \"\(text)\"")
        }
        self.init(
            order: order, askedAt: try row.date("ending_asked_at"), askedBy: try row.string("ending_asked_by"),
            reason: try row.optionalString("ending_reason"))
    }
}

extension Robot.Wedge {
    fileprivate init?(row: Row) throws {
        if let job = try row.optionalUUID("overdue_job") {
            self.init(cause: .jobOverdue, since: try row.date("overdue_since"), job: Job.ID(rawValue: job))
        } else if let since = try row.optionalDate("unasked_since") {
            self.init(cause: .notAsking, since: since, job: nil)
        } else {
            return nil
        }
    }
}
