package import CasareDomain
import CasareStore

/// What jobs write while they run, and what the robot itself logs.
extension SQLBroker {
    /// One statement by itself. Nobody is rung: who follows a log looks for it now and then.
    package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
        do {
            return try await self.database.statement(as: self.tenant) { connection in
                try JobLogStore.append(lines, under: lease, on: connection)
            }
        } catch {
            throw Self.brokerError(error)
        }
    }

    package func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError) {
        let stream = self.bootID
        do {
            _ = try await self.database.asTenant(self.tenant) { connection in
                try RobotLogStore.append(lines, of: robot, stream: stream, on: connection)
            }
        } catch StoreError.notFound(let noun, let name) {
            // It is not registered yet, or no longer.
            throw BrokerError.unavailable("\(StoreError.notFound(noun, name))")
        } catch {
            throw Self.brokerError(error)
        }
    }
}
