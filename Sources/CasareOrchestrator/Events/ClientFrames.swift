import CasareWire
import NIOCore
import NIOWebSocket

/// What a client of a stream may send: pings, answers to pings, and the end. Messages are read and not used, so that
/// nobody has to be silent; they are bounded.
struct ClientFrames {
    enum Action: Equatable {
        case none
        case sendPong(ByteBuffer)
        /// The client has closed, or answers that we have.
        case finish(code: UInt16?)
        case refuse(code: UInt16, reason: String)
    }

    private enum Message {
        case none
        /// A message in parts, of which so many bytes have come.
        case partial(bytes: Int)
    }

    private var message = Message.none
    let messageBytesMax: Int

    init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

    mutating func received(_ frame: WebSocketFrame) -> Action {
        // RFC 6455 §5.1 and §5.2.
        guard frame.maskKey != nil else { return Self.improper("a client masks its frames") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return Self.improper("no extension was agreed on, and the frame is of one")
        }
        switch frame.opcode {
        case .ping: return .sendPong(frame.unmaskedData)
        case .pong: return .none
        case .connectionClose:
            var data = frame.unmaskedData
            guard data.readableBytes != 1 else { return Self.improper("a close frame holds half a code") }
            return .finish(code: data.readInteger(as: UInt16.self))
        case .text:
            guard case .none = self.message else { return Self.improper("a message begins within another one") }
            return self.take(frame, before: 0)
        case .continuation:
            guard case .partial(let bytes) = self.message else {
                return Self.improper("a message goes on that has not begun")
            }
            return self.take(frame, before: bytes)
        case .binary:
            return .refuse(code: StreamClose.unacceptable, reason: "a stream takes no binary messages")
        default:
            return Self.improper("there is no frame of that kind")
        }
    }

    private mutating func take(_ frame: WebSocketFrame, before: Int) -> Action {
        let bytes = before + frame.length
        guard bytes <= self.messageBytesMax else { return self.tooLarge }
        self.message = frame.fin ? .none : .partial(bytes: bytes)
        return .none
    }

    /// What the decoder does not let through.
    func refusal(of error: NIOWebSocketError) -> Action {
        switch error {
        case .invalidFrameLength: self.tooLarge
        case .fragmentedControlFrame: Self.improper("a control frame comes in one part")
        case .multiByteControlFrameLength: Self.improper("a control frame holds 125 bytes at the most")
        }
    }

    private var tooLarge: Action {
        .refuse(code: StreamClose.tooLarge, reason: "a message to a stream holds \(self.messageBytesMax) bytes at most")
    }

    private static func improper(_ reason: String) -> Action {
        .refuse(code: StreamClose.protocolError, reason: reason)
    }
}
