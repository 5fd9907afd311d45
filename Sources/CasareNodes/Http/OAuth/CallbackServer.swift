import CasareEngine
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Waits on this machine's loopback for the browser that an authorization server sends back.
package enum CallbackServer {
    static let host = "127.0.0.1"

    /// The parameters of the first request to `path` that has a `code`, an `access_token` or an `error`.
    ///
    /// - Parameters:
    ///   - port: 0: any free one.
    ///   - onListening: Told the port once requests are taken.
    /// - Throws: `CancellationError`; `NetworkError` when the port is taken.
    package static func parameters(
        port: Int, path: String, onListening: (Int) -> Void = { _ in }
    ) async throws -> [String: String] {
        let (requests, inbox) = AsyncStream.makeStream(of: [String: String].self, bufferingPolicy: .bufferingOldest(1))
        let open = OpenChannels()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                open.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(CallbackHandler(path: path, inbox: inbox))
                }
            }
        let server: any Channel
        do {
            server = try await bootstrap.bind(host: Self.host, port: port).get()
        } catch {
            throw NodeFailure("NetworkError", "Cannot listen on \(Self.host):\(port): \(error)")
        }
        onListening(server.localAddress?.port ?? port)
        var received: [String: String]?
        for await parameters in requests {
            received = parameters
            break
        }
        // It may be closed already, by its own error; the children have answered.
        try? await server.close()
        await open.closeAll()
        guard let received else { throw CancellationError() }
        return received
    }

    /// Browsers keep connections open, and some open one more than they use.
    private final class OpenChannels: Sendable {
        private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

        func add(_ channel: any Channel) {
            let id = ObjectIdentifier(channel)
            self.channels.withLock { $0[id] = channel }
            channel.closeFuture.whenComplete { _ in self.channels.withLock { $0[id] = nil } }
        }

        func closeAll() async {
            for channel in self.channels.withLock({ Array($0.values) }) {
                // One that is closed already is as it should be.
                try? await channel.close()
            }
        }
    }
}

/// Answers the browser with a page, and hands over what it brought.
private final class CallbackHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let path: String
    private let inbox: AsyncStream<[String: String]>.Continuation
    private var head: HTTPRequestHead?

    init(path: String, inbox: AsyncStream<[String: String]>.Continuation) {
        self.path = path
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head = self.head else { return }
            self.answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = head.uri[...].prefix(upToAnyOf: "?")
        guard path == self.path else {
            return self.send(.notFound, CallbackPage.notFound, context)
        }
        guard head.method == .GET else { return self.send(.methodNotAllowed, CallbackPage.notFound, context) }
        let parameters = PercentCoding.members(
            ofForm: Substring(head.uri[path.endIndex...].unicodeScalars.dropFirst()))
        if parameters["error"] != nil {
            self.send(.ok, CallbackPage.failed, context, then: parameters)
        } else if parameters["code"] != nil || parameters["access_token"] != nil {
            self.send(.ok, CallbackPage.received, context, then: parameters)
        } else {
            self.send(.ok, CallbackPage.fragment, context)
        }
    }

    /// - Parameter parameters: Handed over once the page is sent: then the server ends.
    private func send(
        _ status: HTTPResponseStatus, _ page: String, _ context: ChannelHandlerContext,
        then parameters: [String: String]? = nil
    ) {
        let headers: HTTPHeaders = [
            "Content-Type": "text/html; charset=utf-8", "Content-Length": String(page.utf8.count),
            "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page)))), promise: nil)
        let (channel, inbox) = (context.channel, self.inbox)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.close(promise: nil)
            if let parameters { inbox.yield(parameters) }
        }
    }
}

/// The pages hold nothing of what the browser brought: it may be anybody's text.
private enum CallbackPage {
    static let received = Self.page("Signed in. You may close this window.")
    static let failed = Self.page("The sign-in did not succeed. You may close this window.")
    static let notFound = Self.page("There is nothing here.")
    /// Some answers stand in the fragment, which browsers keep to themselves: the page sends it as a query.
    static let fragment = Self.page(
        "Waiting for the sign-in.",
        script: """
            if (location.hash.length > 1) location.replace(location.pathname + "?" + location.hash.slice(1));
            """)

    private static func page(_ text: String, script: String = "") -> String {
        """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Casare</title></head>\
        <body><p>\(text)</p><script>\(script)</script></body></html>

        """
    }
}
