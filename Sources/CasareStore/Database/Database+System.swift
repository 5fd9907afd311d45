package import CasareDomain
package import CasarePostgres

extension Database {
    /// Runs a transaction that sees and changes the rows of all tenants, for what rules them. What is written without
    /// saying whose it is belongs to the one who asks: what is kept of who did it.
    ///
    /// - Parameters:
    ///   - tenant: of the one who asks.
    ///   - deadline: how long to wait for a connection.
    package func inSystem<Result: Sendable>(
        for tenant: Tenant.ID = .default, deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.system.transaction(
            opening: [(SettingQueries.tenant, ["tenant": .text(tenant.description)])], deadline: deadline, body)
    }
}
