import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

/// A robot's token speaks for one robot, when it names one: it can touch nothing of another's.
extension APIRequest {
    func checkSpeaks(for robot: Robot.ID) throws(APIProblem) {
        guard let own = self.principal.robot, own != robot else { return }
        throw APIProblem(
            .insufficientPermissions, "the token \(self.actor) speaks for robot \(own), not for \(robot)")
    }

    /// - Parameter robot: whose session it must be, when that is known.
    func checkOwns(
        _ session: Robot.SessionID, as robot: Robot.ID? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard let required = robot ?? self.principal.robot else { return }
        guard let owner = try LeaseStore.robot(of: session, on: connection) else {
            throw StoreError.sessionEnded(session)
        }
        try self.checkSpeaks(for: owner)
        guard owner == required else {
            throw APIProblem(.insufficientPermissions, "session \(session) is not one of robot \(required)")
        }
    }

    func checkHolds(_ lease: Lease, on connection: isolated PostgresConnection) throws {
        guard self.principal.robot != nil else { return }
        guard let holder = try LeaseStore.robot(holding: lease, on: connection) else {
            throw StoreError.leaseLost(lease.job)
        }
        try self.checkSpeaks(for: holder)
    }
}
