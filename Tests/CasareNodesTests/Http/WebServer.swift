import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real HTTP server on a free port of 127.0.0.1, in the test's own process.
final class WebServer: Sendable {
    struct Request: Sendable {
        let method: String
        let uri: String
        let headers: HTTPHeaders
        let bytes: [UInt8]

        var body: String { String(decoding: self.bytes, as: UTF8.self) }
        var headerNames: [String] { self.headers.map(\.name) }

        func header(_ name: String) -> String? { self.headers.first(name: name) }
    }

    struct Reply: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var bytes: [UInt8] = []
        var behaviour = Behaviour.answers

        enum Behaviour {
            case answers
            /// Keeps the connection and says nothing.
            case staysSilent
            /// Closes the connection without an answer.
            case hangsUp
            /// Announces one byte more than it sends, and closes.
            case cutsOff
        }

        static func text(_ text: String, status: Int = 200, headers: [(String, String)] = []) -> Reply {
            Reply(status: status, headers: headers, bytes: Array(text.utf8))
        }

        static func redirect(_ status: Int, _ location: String) -> Reply {
            Reply(status: status, headers: [("Location", location)])
        }
    }

    typealias Handler = @Sendable (Request) -> Reply

    let port: Int
    private let isTLS: Bool
    private let log: Log

    private init(port: Int, isTLS: Bool, log: Log) {
        self.port = port
        self.isTLS = isTLS
        self.log = log
    }

    var url: String { "\(self.isTLS ? "https" : "http")://127.0.0.1:\(self.port)" }
    var requests: [Request] { self.log.requests.withLock { $0 } }

    /// Waits until that many requests have come.
    func waitForRequests(_ count: Int) async {
        while self.requests.count < count { await Task.yield() }
    }

    /// Waits until every connection that was made is closed again.
    func waitForClosedConnections() async {
        while self.log.connections.withLock({ $0 }) > 0 { await Task.yield() }
    }

    final class Log: Sendable {
        let requests = Mutex<[Request]>([])
        let connections = Mutex(0)
    }

    static func with<R>(
        tls: NIOSSLContext? = nil, _ handler: @escaping Handler, _ body: (WebServer) async throws -> R
    ) async throws -> R {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                log.connections.withLock { $0 += 1 }
                channel.closeFuture.whenComplete { _ in log.connections.withLock { $0 -= 1 } }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Connection(log: log, handler: handler))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = WebServer(port: channel.localAddress?.port ?? 0, isTLS: tls != nil, log: log)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()  // The body's error is the one that matters.
            throw error
        }
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let log: Log
        private let handler: Handler
        private var head: HTTPRequestHead?
        private var bytes: [UInt8] = []

        init(log: Log, handler: @escaping Handler) {
            self.log = log
            self.handler = handler
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                self.bytes = []
            case .body(let part):
                self.bytes += part.readableBytesView
            case .end:
                guard let head else { return }
                let request = Request(
                    method: head.method.rawValue, uri: head.uri, headers: head.headers, bytes: self.bytes)
                self.log.requests.withLock { $0.append(request) }
                self.write(self.handler(request), context)
            }
        }

        private func write(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply.behaviour {
            case .staysSilent: return
            case .hangsUp: return context.close(promise: nil)
            case .answers, .cutsOff: break
            }
            let isCut = reply.behaviour == .cutsOff
            var headers = HTTPHeaders(reply.headers)
            headers.add(name: "Content-Length", value: String(reply.bytes.count + (isCut ? 1 : 0)))
            let head = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: reply.status), headers: headers)
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            if self.head?.method != .HEAD {
                context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.bytes)))), promise: nil)
            }
            if isCut {
                context.flush()
                context.close(promise: nil)
            } else {
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
