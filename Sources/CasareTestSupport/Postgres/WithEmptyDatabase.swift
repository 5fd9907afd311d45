package import CasarePostgres

/// Runs a test on a new, empty database of the process's private cluster, and drops it afterwards.
package func withEmptyDatabase<Result: Sendable>(
    _ body: (PostgresConfiguration) async throws -> Result
) async throws -> Result {
    let cluster = try await TestCluster.shared()
    let configuration = try await cluster.createDatabase()
    do {
        let result = try await body(configuration)
        try await cluster.dropDatabase(configuration)
        return result
    } catch {
        // The body's error is the one that matters; the whole cluster goes at the end of the process.
        try? await cluster.dropDatabase(configuration)
        throw error
    }
}
