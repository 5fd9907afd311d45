/// Looks for what may not be there.
enum Lookup {
    /// - Returns: `nil` where the server has no such thing.
    /// - Throws: whatever else is in the way.
    static func find<Thing>(_ look: () async throws -> Thing) async throws -> Thing? {
        do {
            return try await look()
        } catch {
            guard ErrorReport.failure(for: error).status == .notFound else { throw error }
            return nil
        }
    }
}
