import NIOCore
import NIOPosix
import Testing

/// A connection on which nobody says anything, or what no proper client says.
enum RawConnection {
    /// Opens it and leaves it open until the server closes it.
    static func open(_ url: String) async throws {
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// Sends a text and so many bytes behind it, and only then reads until the server closes the connection.
    static func exchange(_ url: String, _ head: String, bytes count: Int) async throws -> String {
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: head))
            let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
            for _ in 0..<(count / chunk.readableBytes) { try await outbound.write(chunk) }
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }
}
