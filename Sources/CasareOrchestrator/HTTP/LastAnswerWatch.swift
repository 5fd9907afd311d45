import NIOCore
import NIOHTTPTypes

/// Ends a connection after its last answer as RFC 9112 §9.6 has it: what the other end is still sending is read and thrown
/// away for a while, as it might else never come to read the answer; then the connection is closed.
///
/// Nobody else reads by then: whoever has served the connection waits until it is closed.
final class LastAnswerWatch: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// For so long the rest of a request is read.
    private static let lingerMax = TimeAmount.seconds(10)

    private var isOver = false
    private var end: Scheduled<Void>?

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output, !self.isOver else { return context.close(mode: mode, promise: promise) }
        self.isOver = true
        self.end = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerMax) {
            context.close(promise: nil)
        }
        context.close(mode: mode, promise: promise)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard self.isOver else { return context.fireChannelReadComplete() }
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.end?.cancel() }
}

@available(*, unavailable)
extension LastAnswerWatch: Sendable {}
