import NIOCore
import NIOPosix
import Testing

/// A connection on which nobody says anything.
enum RawConnection {
    /// Opens it and leaves it open until the server closes it.
    static func open(_ url: String) async throws {
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
    }
}
