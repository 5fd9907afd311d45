import NIOCore
import NIOPosix
import Synchronization

/// Listens where a collector should, and is none.
package final class OTLPBrokenServer: Sendable {
    package enum Behaviour: Hashable, Sendable, CaseIterable {
        /// It answers what comes with bytes that mean nothing.
        case garbage
        /// It takes connections and never says anything.
        case silence
        /// It closes each connection at once.
        case hangUp
    }

    package let port: Int
    private let accepted: Accepted

    private final class Accepted: Sendable { let channels = Mutex<[any Channel]>([]) }

    private init(port: Int, accepted: Accepted) {
        self.port = port
        self.accepted = accepted
    }

    /// How many connections were made so far.
    package var connections: Int { self.accepted.channels.withLock { $0.count } }

    /// Its connections are closed afterwards, too.
    ///
    /// - Parameter port: one that `withReservedPort` gave; 0: any.
    package static func with<Result>(
        _ behaviour: Behaviour, port: Int = 0, _ body: (OTLPBrokenServer) async throws -> Result
    ) async throws -> Result {
        let accepted = Accepted()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                accepted.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        defer { for channel in accepted.channels.withLock({ $0 }) { channel.close(promise: nil) } }
        do {
            let result = try await body(OTLPBrokenServer(port: channel.localAddress?.port ?? 0, accepted: accepted))
            try await channel.close()
            return result
        } catch {
            try? await channel.close()  // The body's error is the one that matters.
            throw error
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let behaviour: Behaviour

        init(_ behaviour: Behaviour) { self.behaviour = behaviour }

        func channelActive(context: ChannelHandlerContext) {
            if self.behaviour == .hangUp { context.close(promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard self.behaviour == .garbage else { return }
            let answer = ByteBuffer(bytes: (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) })
            context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
