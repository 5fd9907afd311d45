import FoundationEssentials

/// Gives `body` a fresh directory that is gone afterwards.
///
/// - Parameter permissions: Who may enter it; PostgreSQL, which never runs as root, needs 0o755 where the tests do.
package func withTemporaryDirectory<Result>(
    permissions: Int = 0o700, _ body: (String) async throws -> Result
) async throws -> Result {
    let path = "\(FileManager.default.temporaryDirectory.path())casare-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
    // Best effort: the system clears its temporary directory in any case.
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
