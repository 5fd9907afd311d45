import NIOCore
import NIOHTTP1

/// Lets the first request of a connection through to NIO's upgrade handler: as it came where it asks for a WebSocket by
/// the rules and may have it, and without its field `Upgrade` otherwise.
///
/// NIO's handler drops a request that asks for an upgrade and is not upgraded. Without the field it is a request like
/// any other, and its route answers it: clients that offer HTTP/2 send it with every request.
///
/// NIO's decoder takes everything behind such a request for another protocol: it parses none of it and keeps all of it
/// in memory. So a request that was not upgraded is the last of its connection, also where others came before it:
/// nothing is read behind it, its answer says so, and the connection is closed with it.
final class HandshakeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// Somebody looks whether the request may have what it asks for. What comes meanwhile is held, which is no more
        /// than was read at once, as nothing is read until then.
        case asking(held: [NIOAny])
        /// The connection becomes a WebSocket: everything goes through, and soon it is no HTTP any more.
        case upgrading
        /// Requests and their answers go through.
        case open
    }

    private var state = State.waiting
    private var isReadWanted = false
    /// Requests that have come and are not answered.
    private var unanswered = 0
    /// How many answers there are still, up to the one that says that the connection ends with it; `nil`: none does.
    private var answersLeft: Int?
    /// The request that came last is the last one.
    private var isLast = false
    /// All of it is there.
    private var hasEnded = false
    private let mayUpgrade: ((any Channel, HTTPRequestHead) -> EventLoopFuture<Bool>)?

    /// - Parameter mayUpgrade: asked about a request that is a handshake by the rules; `nil` where there are no streams.
    init(mayUpgrade: ((any Channel, HTTPRequestHead) -> EventLoopFuture<Bool>)?) { self.mayUpgrade = mayUpgrade }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.state {
        case .upgrading: context.fireChannelRead(data)
        case .open: self.take(Self.unwrapInboundIn(data), context)
        case .asking(var held):
            held.append(data)
            self.state = .asking(held: held)
        case .waiting:
            guard case .head(let head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
            guard let mayUpgrade, Self.isHandshake(head) else { return self.open(context, head, isUpgrade: false) }
            self.state = .asking(held: [])
            let answer = mayUpgrade(context.channel, head)
            answer.hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
                guard context.channel.isActive else { return }
                let isUpgrade =
                    switch result {
                    case .success(let isUpgrade): isUpgrade
                    case .failure: false
                    }
                self.open(context, head, isUpgrade: isUpgrade)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard case .asking = self.state else { return context.fireChannelReadComplete() }
    }

    func read(context: ChannelHandlerContext) {
        if case .asking = self.state {
            self.isReadWanted = true
        } else if !self.hasEnded {
            context.read()
        }
    }

    private func open(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, isUpgrade: Bool) {
        var held: [NIOAny] = []
        if case .asking(let parts) = self.state { held = parts }
        if isUpgrade {
            self.state = .upgrading
            context.fireChannelRead(Self.wrapInboundOut(.head(head)))
            for part in held { context.fireChannelRead(part) }
        } else {
            self.state = .open
            self.take(.head(head), context)
            for part in held { self.take(Self.unwrapInboundIn(part), context) }
        }
        guard !held.isEmpty || self.isReadWanted else { return }
        context.fireChannelReadComplete()
        // Not by the context: the upgrade may have taken this handler out of the pipeline by now.
        if self.isReadWanted { context.channel.read() }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(var head):
            self.unanswered += 1
            if Self.stopsDecoder(head) {
                self.isLast = true
                head.headers.remove(name: "Upgrade")
            }
            let isKeepAlive = head.isKeepAlive
            if self.isLast || !isKeepAlive, self.answersLeft == nil { self.answersLeft = self.unanswered }
            // Behind this nobody knows versions, nor that "Close" is as good as "close" (RFC 9112 §9.3).
            if !isKeepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(Self.wrapInboundOut(part))
        case .end:
            self.hasEnded = self.isLast
            context.fireChannelRead(Self.wrapInboundOut(part))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Before that there is nothing to answer but what is no HTTP.
        guard case .open = self.state else { return context.write(data, promise: promise) }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where self.answersLeft == 1 && head.status.code >= 200:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            self.unanswered -= 1
            self.answersLeft = self.answersLeft.map { $0 - 1 }
            guard self.isLast, self.unanswered <= 0 else { return context.write(data, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    /// Whether NIO's decoder parses nothing that comes behind this request, or may do so.
    private static func stopsDecoder(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    }

    /// By RFC 6455, section 4.2.1.
    static func isHandshake(_ head: HTTPRequestHead) -> Bool {
        func has(_ token: String, in field: String) -> Bool {
            head.headers[canonicalForm: field].contains { $0.lowercased() == token }
        }
        let keys = head.headers["Sec-WebSocket-Key"]
        return head.method == .GET && head.version == .http1_1 && has("websocket", in: "Upgrade")
            && has("upgrade", in: "Connection") && head.headers["Sec-WebSocket-Version"] == ["13"]
            && keys.count == 1 && keys[0].utf8.count == Self.keyBytes && keys[0].hasSuffix("==")
            && !head.headers.contains(name: "Transfer-Encoding")
            && (head.headers.first(name: "Content-Length").map { $0 == "0" } ?? true)
    }

    /// Sixteen bytes as base64.
    private static let keyBytes = 24
}

@available(*, unavailable)
extension HandshakeGate: Sendable {}
