import CasareDomain
import CasarePostgres
import CasareStore
import Synchronization

/// Group commit of what robots report: reports of one tenant that wait at the same moment go in one transaction.
///
/// Each tenant has a group of its own, because a transaction sees the rows of one tenant: no tenant's reports wait for
/// another's, but for the connections that all requests share. A report that is at fault is refused by itself, and a
/// report in the name of a robot that does not hold the lease changes nothing.
final class ReportGroups: Sendable {
    /// The lease is another robot's.
    struct HeldByAnother: Error {
        let holder: Robot.ID
    }

    private let database: Database
    private let bell: ReadyBell
    /// Of the tenants that have reported here.
    private let groups = Mutex<[Tenant.ID: WriteGroup<any Error>]>([:])

    init(database: Database, bell: ReadyBell) {
        self.database = database
        self.bell = bell
    }

    subscript(tenant: Tenant.ID) -> WriteGroup<any Error> {
        self.groups.withLock { groups in
            if let group = groups[tenant] { return group }
            let group = self.group(of: tenant)
            groups[tenant] = group
            return group
        }
    }

    private func group(of tenant: Tenant.ID) -> WriteGroup<any Error> {
        WriteGroup<any Error>(
            bounds: .init(heldMax: self.database.statementMax), fault: WriteFault.of
        ) { [database, bell] writes, lockWait in
            do {
                let written = try await database.asTenant(
                    tenant, deadline: .now + APIRequest.connectionWaitMax, lockWaitMax: lockWait
                ) { connection in
                    try LeaseStore.write(writes, on: connection)
                }
                // Committed: whoever looks now sees it.
                if written.makesRoom { bell.ring(tenant) }
                return .success(Self.refusals(written))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func refusals(_ written: LeaseStore.WrittenBatch) -> [Job.ID: any Error] {
        var refusals: [Job.ID: any Error] = [:]
        for job in written.lost { refusals[job] = StoreError.leaseLost(job) }
        for (job, holder) in written.holders { refusals[job] = HeldByAnother(holder: holder) }
        return refusals
    }
}
