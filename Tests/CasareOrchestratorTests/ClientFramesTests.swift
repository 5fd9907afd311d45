@testable import CasareOrchestrator
import CasareWire
import NIOCore
import NIOWebSocket
import Testing

/// What clients of a stream may send, without a connection.
struct ClientFramesTests {
    private var frames = ClientFrames(messageBytesMax: 100)

    private mutating func received(
        _ opcode: WebSocketOpcode, _ bytes: [UInt8] = [], fin: Bool = true, isMasked: Bool = true
    ) -> ClientFrames.Action {
        let key: WebSocketMaskingKey? = isMasked ? [1, 2, 3, 4] : nil
        var data = ByteBuffer(bytes: bytes)
        if let key { data.webSocketMask(key) }
        return self.frames.received(WebSocketFrame(fin: fin, opcode: opcode, maskKey: key, data: data))
    }

    private static func code(_ action: ClientFrames.Action) -> UInt16? {
        if case .refuse(let code, let reason) = action, !reason.isEmpty, reason.utf8.count <= 123 { code } else { nil }
    }

    @Test mutating func `a ping is answered with what it holds`() {
        #expect(self.received(.ping, [7, 8, 9]) == .sendPong(ByteBuffer(bytes: [7, 8, 9])))
        #expect(self.received(.pong, [7]) == .none)
    }

    @Test mutating func `messages are taken, in one part or in several, with pings between them`() {
        #expect(self.received(.text, Array(repeating: 65, count: 100)) == .none)
        #expect(self.received(.text, Array(repeating: 65, count: 60), fin: false) == .none)
        #expect(self.received(.ping) == .sendPong(ByteBuffer()))
        #expect(self.received(.continuation, Array(repeating: 65, count: 20), fin: false) == .none)
        #expect(self.received(.continuation, Array(repeating: 65, count: 20)) == .none)
        #expect(self.received(.text, [65]) == .none)
    }

    @Test mutating func `a message that is too large is refused, whole or in parts`() {
        #expect(Self.code(self.received(.text, Array(repeating: 65, count: 101))) == StreamClose.tooLarge)
        #expect(self.received(.text, Array(repeating: 65, count: 60), fin: false) == .none)
        #expect(Self.code(self.received(.continuation, Array(repeating: 65, count: 41))) == StreamClose.tooLarge)
        #expect(Self.code(self.frames.refusal(of: .invalidFrameLength)) == StreamClose.tooLarge)
    }

    @Test mutating func `what is no proper WebSocket is refused`() {
        #expect(Self.code(self.received(.text, [65], isMasked: false)) == StreamClose.protocolError)
        #expect(Self.code(self.received(.continuation, [65])) == StreamClose.protocolError)
        #expect(self.received(.text, [65], fin: false) == .none)
        #expect(Self.code(self.received(.text, [65])) == StreamClose.protocolError)
        #expect(Self.code(self.received(.connectionClose, [3])) == StreamClose.protocolError)
        let extended = WebSocketFrame(fin: true, rsv1: true, opcode: .text, maskKey: [1, 2, 3, 4], data: ByteBuffer())
        #expect(Self.code(self.frames.received(extended)) == StreamClose.protocolError)
        #expect(Self.code(self.frames.refusal(of: .fragmentedControlFrame)) == StreamClose.protocolError)
        #expect(Self.code(self.frames.refusal(of: .multiByteControlFrameLength)) == StreamClose.protocolError)
        #expect(Self.code(self.received(.binary, [65])) == StreamClose.unacceptable)
    }

    @Test mutating func `a client closes with a code or without`() {
        #expect(self.received(.connectionClose, [3, 232]) == .finish(code: 1000))
        #expect(self.received(.connectionClose) == .finish(code: nil))
    }
}
