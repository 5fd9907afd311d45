import FoundationEssentials

/// Gives `body` a fresh directory that is gone afterwards.
package func withTemporaryDirectory<Result>(
    _ body: (String) async throws -> Result
) async throws -> Result {
    let path = "\(FileManager.default.temporaryDirectory.path())casare-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    // Best effort: the system clears its temporary directory in any case.
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
