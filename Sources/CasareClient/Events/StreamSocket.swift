import CasareWire
import NIOCore
import NIOWebSocket

/// An open WebSocket, of which messages are taken. It is closed when it goes.
final class StreamSocket: Sendable {
    private let channel: any Channel
    private let mailbox: StreamMailbox

    /// The largest message, and the largest frame: an event with its detail.
    static let messageBytesMax = 16 * 1024 * 1024
    /// The server sends a ping every 15 seconds.
    static let silenceMax = TimeAmount.seconds(60)

    init(_ channel: any Channel, _ mailbox: StreamMailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    deinit {
        let channel = self.channel
        var code = ByteBuffer()
        code.writeInteger(StreamClose.ended)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: code)
        // Nobody waits for it: the server closes by itself when it hears nothing.
        channel.writeAndFlush(frame).whenComplete { _ in channel.close(promise: nil) }
    }

    /// The next message, or how it ended.
    func next() async -> StreamMailbox.Item {
        let item = await self.mailbox.take()
        // Reading may have stopped because nobody took.
        if self.mailbox.isRoomy { self.channel.triggerUserOutboundEvent(StreamSocketHandler.Resume(), promise: nil) }
        return item
    }
}

/// Puts what comes in together, answers pings, and stops reading while nobody takes what has come.
final class StreamSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = Never
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// There is room again.
    struct Resume: Sendable {}

    private let mailbox: StreamMailbox
    /// The parts of a message that has not ended.
    private var parts: ByteBuffer?
    private var isPaused = false
    private var heardAt = NIODeadline.now()
    private var check: Scheduled<Void>?

    init(_ mailbox: StreamMailbox) { self.mailbox = mailbox }

    func handlerAdded(context: ChannelHandlerContext) {
        self.scheduleCheck(context)
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.check?.cancel()
        self.mailbox.end(.broken)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.check?.cancel()
        self.mailbox.end(.broken)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.mailbox.end(.broken)
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            self.mailbox.end(.broken)
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        self.check = context.eventLoop.assumeIsolated().scheduleTask(in: StreamSocket.silenceMax) {
            // Who does not read cannot hear.
            if !self.isPaused, NIODeadline.now() - self.heardAt >= StreamSocket.silenceMax {
                self.mailbox.end(.broken)
                context.close(promise: nil)
            } else {
                self.scheduleCheck(context)
            }
        }
    }

    // MARK: Reading

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isPaused = self.mailbox.isFull
        if !self.isPaused { context.read() }
        context.fireChannelReadComplete()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Resume else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if self.isPaused {
            self.isPaused = false
            self.heardAt = .now()
            context.read()
        }
        promise?.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.heardAt = .now()
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            self.parts = ByteBuffer()
            self.take(frame, context)
        case .continuation:
            self.take(frame, context)
        case .ping:
            self.send(.pong, frame.unmaskedData, context)
        case .pong:
            break
        case .connectionClose:
            var data = frame.unmaskedData
            // A close frame without a code says nothing of why (RFC 6455 §7.4.1: 1005).
            let code = data.readInteger(as: UInt16.self) ?? 1005
            self.mailbox.end(.closed(code: code, reason: String(buffer: data)))
            self.send(.connectionClose, frame.unmaskedData, context)
            context.close(promise: nil)
        default:
            self.breakOff(context)
        }
    }

    private func take(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard self.parts != nil, (self.parts?.readableBytes ?? 0) + frame.length <= StreamSocket.messageBytesMax else {
            return self.breakOff(context)
        }
        self.parts?.writeImmutableBuffer(frame.unmaskedData)
        guard frame.fin, let whole = self.parts else { return }
        self.parts = nil
        self.mailbox.put(Array(whole.readableBytesView))
    }

    private func breakOff(_ context: ChannelHandlerContext) {
        self.mailbox.end(.broken)
        context.close(promise: nil)
    }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }
}

@available(*, unavailable)
extension StreamSocketHandler: Sendable {}
