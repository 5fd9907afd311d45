import CasareWire
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A server whose WebSockets say what a test has written down: one script for each connection, in turn.
final class CannedStreamServer: Sendable {
    enum Line: Sendable {
        case frame(StreamFrame)
        /// A message in two parts.
        case parts(StreamFrame)
        case ping
        case close(UInt16, String)
        /// The end of the connection, without its rules, once the client has read everything before.
        case cut
        /// Without an end: the connection stays.
        case stay
    }

    private struct State {
        var scripts: [[Line]]
        var requests: [HTTPRequestHead] = []
        var pongs = 0
    }

    private let state: Mutex<State>

    private init(_ scripts: [[Line]]) { self.state = Mutex(State(scripts: scripts)) }

    /// What was asked for, connection by connection.
    var uris: [String] { self.state.withLock { $0.requests.map(\.uri) } }
    var headers: [HTTPHeaders] { self.state.withLock { $0.requests.map(\.headers) } }
    var pongs: Int { self.state.withLock { $0.pongs } }

    static func with<R: Sendable>(
        _ scripts: [[Line]], _ body: (_ url: String, CannedStreamServer) async throws -> R
    ) async throws -> R {
        let server = CannedStreamServer(scripts)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    shouldUpgrade: { channel, head in
                        let hasScript = server.state.withLock { state in
                            state.requests.append(head)
                            return !state.scripts.isEmpty
                        }
                        if !hasScript { channel.close(promise: nil) }
                        return channel.eventLoop.makeSucceededFuture(hasScript ? HTTPHeaders() : nil)
                    },
                    upgradePipelineHandler: { channel, _ in
                        let script = server.state.withLock { $0.scripts.removeFirst() }
                        return channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(Reader(server))
                            // After the pipeline is complete.
                            channel.eventLoop.execute { Self.say(script, on: channel) }
                        }
                    })
                return channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body("http://127.0.0.1:\(channel.localAddress?.port ?? 0)", server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()  // The body's error is the one that matters.
            throw error
        }
    }

    private static func say(_ script: [Line], on channel: any Channel) {
        for line in script {
            switch line {
            case .frame(let frame):
                channel.writeAndFlush(Self.text(frame), promise: nil)
            case .parts(let frame):
                var bytes = Self.text(frame).data
                let half = bytes.readSlice(length: bytes.readableBytes / 2) ?? ByteBuffer()
                channel.writeAndFlush(WebSocketFrame(fin: false, opcode: .text, data: half), promise: nil)
                channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .continuation, data: bytes), promise: nil)
            case .ping:
                channel.writeAndFlush(
                    WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "hi")), promise: nil)
            case .close(let code, let reason):
                var data = ByteBuffer()
                data.writeInteger(code)
                data.writeString(reason)
                channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), promise: nil)
            case .cut:
                channel.writeAndFlush(
                    WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "cut")), promise: nil)
            case .stay:
                break
            }
        }
    }

    private static func text(_ frame: StreamFrame) -> WebSocketFrame {
        // The frames of this test can be encoded.
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: (try? WireJSON.encode(frame)) ?? []))
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame

        private let server: CannedStreamServer

        init(_ server: CannedStreamServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = Self.unwrapInboundIn(data)
            if frame.opcode == .pong, frame.maskKey != nil {
                switch String(buffer: frame.unmaskedData) {
                case "hi": self.server.state.withLock { $0.pongs += 1 }
                case "cut": context.close(promise: nil)
                default: break
                }
            }
            if frame.opcode == .connectionClose { context.close(promise: nil) }
        }
    }
}
