import CasareStore
import CasareWire
import NIOCore
import NIOWebSocket

/// What a stream sends, with how far a client has got that has taken it. They go together, so that a client is never
/// told to go on behind something that it was not sent.
struct StreamPart: Sendable {
    let frame: WebSocketFrame
    let cursor: EventCursor
}

/// An end of a stream, and what the client is told.
struct StreamEnd: Sendable, Equatable {
    let code: UInt16
    /// In a few words: a close frame holds no more than 123 bytes of it.
    let reason: String
    /// Sent before the close frame.
    var problem: StreamFrame.ProblemCode?
    /// Whether the client is told where to go on.
    var tellsCursor = false

    static let jobEnded = StreamEnd(code: StreamClose.ended, reason: "the job has ended")
    static let stopping = StreamEnd(
        code: StreamClose.goingAway, reason: "the server stops; connect again", tellsCursor: true)
    static let slow = StreamEnd(
        code: StreamClose.tryAgain, reason: "the client does not read", problem: .slowReader, tellsCursor: true)
    static let silent = StreamEnd(
        code: StreamClose.tryAgain, reason: "the client answers no ping", tellsCursor: true)
    static let full = StreamEnd(
        code: StreamClose.tryAgain, reason: "too many streams are open", problem: .unavailable, tellsCursor: true)
    static let unreadable = StreamEnd(
        code: StreamClose.tryAgain, reason: "events cannot be read", problem: .unavailable, tellsCursor: true)
    static let refused = StreamEnd(
        code: StreamClose.refused, reason: "the token is unknown, expired or revoked", problem: .tokenInvalid)

    static func client(_ code: UInt16, _ reason: String) -> StreamEnd { StreamEnd(code: code, reason: reason) }
}

/// Keeps a WebSocket by the rules: answers pings and sends some, closes in good order, and does not wait for ever for a
/// client that does not read, does not answer or does not close.
///
/// Send it a `StreamEnd` as an outbound event to close the connection. What is written after that is dropped.
final class StreamConnection: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = StreamPart
    typealias OutboundOut = WebSocketFrame

    private let limits: StreamLimits
    /// Of what was sent last.
    private var cursor: EventCursor
    private let whenSlow: @Sendable () -> Void
    private var frames: ClientFrames
    private var heardAt = NIODeadline.distantPast
    private var isClosing = false
    private var pinging: Scheduled<Void>?
    private var stuck: Scheduled<Void>?
    private var closing: Scheduled<Void>?

    /// Of a close frame, beside its code (RFC 6455 §5.5).
    private static let reasonBytesMax = 123

    /// - Parameters:
    ///   - cursor: where the stream begins.
    ///   - whenSlow: called when the connection is closed because the client does not read.
    init(after cursor: EventCursor, limits: StreamLimits, whenSlow: @escaping @Sendable () -> Void) {
        self.cursor = cursor
        self.whenSlow = whenSlow
        self.limits = limits
        self.frames = ClientFrames(messageBytesMax: limits.messageBytesMax)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.heardAt = context.eventLoop.now
        self.schedulePing(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.stopTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        self.stopTimers()
        context.fireChannelInactive()
    }

    private func stopTimers() {
        self.pinging?.cancel()
        self.stuck?.cancel()
        self.closing?.cancel()
    }

    private func schedulePing(_ context: ChannelHandlerContext) {
        self.pinging = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.limits.pingInterval)) {
            self.ping(context)
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard !self.isClosing else { return }
        guard context.eventLoop.now - self.heardAt <= TimeAmount(self.limits.silenceMax) else {
            return self.close(context, .silent)
        }
        self.send(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), context)
        self.schedulePing(context)
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.heardAt = context.eventLoop.now
        self.act(self.frames.received(Self.unwrapInboundIn(data)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOWebSocketError {
            self.act(self.frames.refusal(of: error), context)
        } else {
            context.close(promise: nil)
        }
    }

    private func act(_ action: ClientFrames.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .sendPong(let data):
            // One that sends pings and does not read gets no answers: they would wait in memory.
            if !self.isClosing, context.channel.isWritable {
                self.send(WebSocketFrame(fin: true, opcode: .pong, data: data), context)
            }
        case .finish(let code):
            if !self.isClosing {
                self.isClosing = true
                self.stopTimers()
                self.sendClose(code ?? StreamClose.ended, "", context)
            }
            context.close(promise: nil)
        case .refuse(let code, let reason):
            self.close(context, .client(code, reason))
        }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isClosing else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let part = Self.unwrapOutboundIn(data)
        self.cursor = part.cursor
        context.write(Self.wrapOutboundOut(part.frame), promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stuck?.cancel()
        self.stuck = nil
        if !context.channel.isWritable, !self.isClosing {
            self.stuck = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.limits.writeMax)) {
                self.whenSlow()
                self.close(context, .slow)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let end = event as? StreamEnd else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.close(context, end)
        promise?.succeed()
    }

    /// Tells the client, and cuts the connection when it does not close it in time.
    private func close(_ context: ChannelHandlerContext, _ end: StreamEnd) {
        guard !self.isClosing else { return }
        self.isClosing = true
        self.stopTimers()
        let cursor = end.tellsCursor ? self.cursor.description : nil
        let advice = cursor.map { "; go on with cursor \($0)" } ?? ""
        if let code = end.problem {
            let problem = StreamFrame.Problem(code: code.rawValue, message: end.reason + advice, cursor: cursor)
            // A problem holds nothing that cannot be encoded.
            if let bytes = try? WireJSON.encode(StreamFrame.error(problem)) {
                context.write(
                    Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: bytes))),
                    promise: nil)
            }
        }
        self.sendClose(end.code, end.reason + advice, context)
        self.closing = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.limits.closeMax)) {
            context.close(promise: nil)
        }
    }

    private func sendClose(_ code: UInt16, _ reason: String, _ context: ChannelHandlerContext) {
        var data = ByteBuffer()
        data.writeInteger(code)
        // Reasons are written in ASCII, so that a cut leaves whole characters.
        data.writeBytes(reason.utf8.prefix(Self.reasonBytesMax))
        self.send(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), context)
    }

    private func send(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }
}

@available(*, unavailable)
extension StreamConnection: Sendable {}
