package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What was signed for robots. Call within `Database.asTenant`, where nothing else is said.
package enum CertificateStore {
    /// Makes a certificate known: before that it counts for nothing.
    package static func record(
        _ new: NewRobotCertificate, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> RobotCertificate {
        let row = try connection.execute(
            CertificateQueries.record,
            [
                "id": .uuid(RobotCertificate.ID.new(at: now ?? Date()).rawValue), "serial": .text(new.serial),
                "robot": .text(new.robot.rawValue), "authority": .uuid(new.authority.rawValue),
                "subject": .text(new.subject.storable), "fingerprint": .text(new.fingerprint),
                "expires_at": .timestamp(new.expiresAt), "enrolment": .uuid(new.origin.enrolment?.rawValue),
                "renews": .text(new.origin.renews), "now": .timestamp(now),
            ]
        ).only()
        return try RobotCertificate(row: row)
    }

    /// Newest first, those before the given one; also those that have ended.
    ///
    /// - Parameter robot: `nil`: of all.
    package static func list(
        of robot: Robot.ID? = nil, before: RobotCertificate.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [RobotCertificate] {
        let before = PostgresValue.uuid(before?.rawValue)
        let rows =
            if let robot {
                try connection.execute(
                    CertificateQueries.listOf,
                    ["robot": .text(robot.rawValue), "before": before, "limit": .int(limit)])
            } else {
                try connection.execute(CertificateQueries.list, ["before": before, "limit": .int(limit)])
            }
        return try rows.map(RobotCertificate.init(row:))
    }

    /// The certificate that a robot shows, held until the commit.
    ///
    /// - Returns: `nil` where it does not count, or is another robot's.
    package static func hold(
        fingerprint: String, of robot: Robot.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> RobotCertificate? {
        try connection.execute(
            CertificateQueries.hold,
            ["fingerprint": .text(fingerprint), "robot": .text(robot.rawValue), "now": .timestamp(now)]
        ).first.map(RobotCertificate.init(row:))
    }

    /// Makes a certificate worthless from the commit on, and all that it was renewed with since.
    ///
    /// - Returns: the one that was named.
    /// - Throws: `.notFound` where the robot has none of that serial number.
    package static func revoke(
        _ serial: String, of robot: Robot.ID, by person: String, why: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> RobotCertificate {
        try connection.execute(
            CertificateQueries.revoke,
            [
                "serial": .text(serial.storable), "robot": .text(robot.rawValue), "by": .text(person.storable),
                "why": .text(why?.storable), "now": .timestamp(now),
            ])
        let known = try connection.execute(
            CertificateQueries.get, ["serial": .text(serial.storable), "robot": .text(robot.rawValue)])
        guard let row = known.first else { throw StoreError.notFound(.certificate, "\(serial) of robot \(robot)") }
        try ControlLog.record(
            "robot.revoke_certificate", of: robot.rawValue, by: person, reason: why,
            detail: ["serial": .string(serial)], now: now, on: connection)
        return try RobotCertificate(row: row)
    }

    /// The same for all that a robot has.
    static func revokeAll(
        of robot: Robot.ID, by person: String, why: String?, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            CertificateQueries.revokeAll,
            [
                "robot": .text(robot.rawValue), "by": .text(person.storable), "why": .text(why?.storable),
                "now": .timestamp(now),
            ])
    }

    /// Who shows a certificate; `nil` when it is unknown, revoked or has ended, when its authority has, or when its
    /// robot was forgotten. That it is genuine TLS has verified. Call within `Database.asSystem`.
    ///
    /// - Parameter fingerprint: SHA-256 of its DER form, in small hex digits.
    package static func bearer(
        fingerprint: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Principal? {
        let found = try connection.execute(
            CertificateQueries.find, ["fingerprint": .text(fingerprint), "now": .timestamp(now)])
        guard let row = found.first else { return nil }
        let text = try row.string("robot_id")
        guard let robot = Robot.ID(rawValue: text) else { throw StoreError.unreadable("\"\(text)\" is no robot's ID") }
        return Principal(
            tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), name: Principal.name(of: robot),
            kind: .certificate, role: .robot, robot: robot)
    }

    /// Removes those that ended long ago. Call within `Database.asSystem`.
    package static func clean(limit: Int, now: Date? = nil, on connection: isolated PostgresConnection) throws {
        try connection.execute(
            CertificateQueries.clean,
            [
                "kept_for": .double(RobotCertificate.keptFor / .seconds(1)), "limit": .int(limit),
                "now": .timestamp(now),
            ])
    }
}

extension Principal {
    /// How a robot is called that shows a certificate.
    package static func name(of robot: Robot.ID) -> String { "robot:\(robot)" }
}
