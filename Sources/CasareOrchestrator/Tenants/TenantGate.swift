import CasareDomain
import CasareStore
import CasareWire
import Synchronization

/// Turns the callers of tenants away that are suspended or to be deleted. Their robots go on until their jobs are done.
final class TenantGate: Sendable {
    /// How old what is known may be: so long a suspended tenant is still served.
    static let knownFor = Duration.seconds(3)
    private static let connectionWaitMax = Duration.seconds(2)

    private struct State {
        var notServed: Set<Tenant.ID> = []
        var until: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// - Throws: `APIProblem` with `.tenantSuspended`.
    func check(_ caller: Principal?, for access: Route.Access, in database: Database) async throws {
        guard let caller, !caller.mayEnd(by: access) else { return }
        try await self.check(caller.tenant, in: database)
    }

    /// - Throws: `APIProblem` with `.tenantSuspended`.
    func check(_ tenant: Tenant.ID, in database: Database) async throws {
        guard try await self.notServed(in: database).contains(tenant) else { return }
        throw APIProblem(StoreError.tenantSuspended)
    }

    /// What was changed just now is known at once.
    func forget() { self.state.withLock { $0.until = nil } }

    private func notServed(in database: Database) async throws -> Set<Tenant.ID> {
        let now = ContinuousClock.now
        let known = self.state.withLock { state -> Set<Tenant.ID>? in
            if let until = state.until, now < until { return state.notServed }
            // Others go on with what is known while one asks, unless nothing is.
            guard state.until != nil else { return nil }
            state.until = now + Self.knownFor
            return nil
        }
        if let known { return known }
        do {
            let found = try await database.asSystem(deadline: now + Self.connectionWaitMax) { connection in
                try TenantStore.notServed(on: connection)
            }
            self.state.withLock { $0 = State(notServed: found, until: now + Self.knownFor) }
            return found
        } catch {
            // What was known is better than to turn everybody away.
            let before = self.state.withLock { $0 }
            guard before.until != nil else { throw error }
            return before.notServed
        }
    }
}

extension Principal {
    /// Whether this is what a robot reports of the jobs that it has, or does for them: it is let through, and gets no
    /// others. What people may do as well, by a permission of its own, is their doing.
    fileprivate func mayEnd(by access: Route.Access) -> Bool {
        guard self.may(.robotProtocol), access != .anyCaller else { return false }
        switch access {
        case .everyone: return false
        case .anyOf(let permissions):
            return permissions.contains(.robotProtocol)
                && !permissions.contains { $0 != .robotProtocol && self.may($0) }
        }
    }
}
