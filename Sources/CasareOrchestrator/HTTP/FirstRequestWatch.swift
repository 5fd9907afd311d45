import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Looks after a connection until its first request says what it becomes: nothing else in the pipeline does.
///
/// It cuts one on which no request comes, and one that is still there when the server stops; and it answers what is no
/// HTTP.
final class FirstRequestWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let idleMax: TimeAmount
    private var idle: Scheduled<Void>?

    init(idleMax: TimeAmount) { self.idleMax = idleMax }

    /// To be called on the channel's event loop.
    static func remove(from channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let context = try pipeline.context(handlerType: FirstRequestWatch.self)
        pipeline.removeHandler(context: context, promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.idle = context.eventLoop.assumeIsolated().scheduleTask(in: self.idleMax) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.idle?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        self.idle?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOWebSocketUpgradeError:
            // The request goes on as one that asks for no WebSocket, and its route answers it.
            break
        case is HTTPParserError:
            let head = HTTPResponseHead(
                version: .http1_1, status: .badRequest, headers: ["Connection": "close", "Content-Length": "0"])
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            context.close(promise: nil)
        default:
            context.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension FirstRequestWatch: Sendable {}
