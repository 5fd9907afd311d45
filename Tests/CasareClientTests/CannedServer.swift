import NIOCore
import NIOHTTP1
import NIOPosix

/// A server on a free port that gives prepared answers, in order; the last one repeats. `nil` closes the connection.
final class CannedServer: Sendable {
    struct Canned: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = "{}"
        /// It keeps the connection and never answers.
        var isSilent = false
    }

    private let channel: any Channel
    let requests: Requests

    /// What came in.
    actor Requests {
        private(set) var all: [(head: HTTPRequestHead, body: String)] = []
        private var answers: [Canned?]

        init(_ answers: [Canned?]) { self.answers = answers }

        func answer(_ head: HTTPRequestHead, _ body: String) -> Canned? {
            self.all.append((head, body))
            return self.answers.count > 1 ? self.answers.removeFirst() : self.answers.first ?? nil
        }
    }

    private init(_ channel: any Channel, _ requests: Requests) {
        self.channel = channel
        self.requests = requests
    }

    var url: String { "http://127.0.0.1:\(self.channel.localAddress?.port ?? 0)" }

    static func with<R>(_ answers: [Canned?], _ body: (CannedServer) async throws -> R) async throws -> R {
        let requests = Requests(answers)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(requests: requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = CannedServer(channel, requests)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()  // The body's error is the one that matters.
            throw error
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let requests: Requests
        private var head: HTTPRequestHead?
        private var body = ""

        init(requests: Requests) { self.requests = requests }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                self.body = ""
            case .body(let part):
                self.body += String(decoding: part.readableBytesView, as: UTF8.self)
            case .end:
                guard let head else { return }
                let (requests, body, channel) = (self.requests, self.body, context.channel)
                context.eventLoop.makeFutureWithTask { await requests.answer(head, body) }
                    .whenSuccess { Self.write($0, to: channel) }
            }
        }

        private static func write(_ answer: Canned?, to channel: any Channel) {
            guard let answer else {
                channel.close(promise: nil)
                return
            }
            guard !answer.isSilent else { return }
            var headers = HTTPHeaders(answer.headers)
            headers.add(name: "Content-Length", value: String(answer.body.utf8.count))
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: answer.body))), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        }
    }
}
