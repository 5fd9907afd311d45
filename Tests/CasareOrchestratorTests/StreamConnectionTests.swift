import CasareDomain
@testable import CasareOrchestrator
@testable import CasareStore
import CasareWire
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Synchronization
import Testing

/// A WebSocket's rules and its patience, on a clock that the test moves.
struct StreamConnectionTests {
    private let channel = EmbeddedChannel()
    private let cursor = EventCursor(number: 42)
    private let slow = Slow()
    private let limits = StreamLimits.standard

    private final class Slow: Sendable {
        private let state = Mutex(0)
        var count: Int { self.state.withLock { $0 } }
        func note() { self.state.withLock { $0 += 1 } }
    }

    init() throws {
        try self.channel.pipeline.syncOperations.addHandler(
            StreamConnection(after: self.cursor, limits: self.limits, whenSlow: { [slow] in slow.note() }))
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func sent() throws -> WebSocketFrame? { try self.channel.readOutbound(as: WebSocketFrame.self) }

    /// The code and the reason of a close frame.
    private func sentClose() throws -> (code: UInt16, reason: String)? {
        guard let frame = try self.sent(), frame.opcode == .connectionClose else { return nil }
        var data = frame.data
        let number = data.readInteger(as: UInt16.self)
        let code = try #require(number)
        return (code, String(buffer: data))
    }

    private func receive(_ opcode: WebSocketOpcode, _ data: ByteBuffer = ByteBuffer()) throws {
        let key: WebSocketMaskingKey = [0, 0, 0, 0]
        try self.channel.writeInbound(WebSocketFrame(fin: true, opcode: opcode, maskKey: key, data: data))
    }

    private static func part(_ text: String, _ number: Int64) -> StreamPart {
        StreamPart(
            frame: WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text)),
            cursor: EventCursor(number: number))
    }

    @Test func `pings are sent, and a client that answers stays`() throws {
        for _ in 1...20 {
            self.channel.embeddedEventLoop.advanceTime(by: TimeAmount(self.limits.pingInterval))
            #expect(try self.sent()?.opcode == .ping)
            try self.receive(.pong)
        }
        #expect(self.channel.isActive)
    }

    @Test func `a client that says nothing is given up, and cut when it does not close`() throws {
        let step = TimeAmount(self.limits.pingInterval)
        var frames: [WebSocketFrame] = []
        for _ in 1...4 {
            self.channel.embeddedEventLoop.advanceTime(by: step)
            while let frame = try self.sent() { frames.append(frame) }
        }
        #expect(frames.map(\.opcode) == [.ping, .ping, .ping, .connectionClose])
        var data = try #require(frames.last).data
        #expect(data.readInteger(as: UInt16.self) == StreamClose.tryAgain)
        #expect(String(buffer: data).contains(self.cursor.description))
        #expect(self.channel.isActive)
        self.channel.embeddedEventLoop.advanceTime(by: TimeAmount(self.limits.closeMax))
        #expect(!self.channel.isActive)
    }

    @Test func `a client that does not read is told so, with its cursor, and closed`() throws {
        self.channel.isWritable = false
        self.channel.pipeline.fireChannelWritabilityChanged()
        self.channel.embeddedEventLoop.advanceTime(by: TimeAmount(self.limits.writeMax) - .milliseconds(1))
        #expect(try self.sent() == nil)
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        let text = try #require(try self.sent())
        guard
            case .error(let problem) = try WireJSON.decode(
                StreamFrame.self, from: Array(text.data.readableBytesView))
        else {
            Issue.record("it is told why")
            return
        }
        #expect(problem.code == "SLOW_READER" && problem.cursor == self.cursor.description)
        let close = try #require(try self.sentClose())
        #expect(close.code == StreamClose.tryAgain && close.reason.contains(self.cursor.description))
        #expect(self.slow.count == 1)
    }

    @Test func `a client that reads again in time stays`() throws {
        for _ in 1...3 {
            self.channel.isWritable = false
            self.channel.pipeline.fireChannelWritabilityChanged()
            self.channel.embeddedEventLoop.advanceTime(by: TimeAmount(self.limits.writeMax) - .milliseconds(1))
            self.channel.isWritable = true
            self.channel.pipeline.fireChannelWritabilityChanged()
            try self.receive(.pong)
            while try self.sent() != nil {}
        }
        #expect(self.channel.isActive && self.slow.count == 0)
    }

    @Test func `after the end nothing more is written, and the client's answer closes`() throws {
        self.channel.pipeline.triggerUserOutboundEvent(StreamEnd.jobEnded, promise: nil)
        #expect(throws: (any Error).self) { try self.channel.writeOutbound(Self.part("late", 43)) }
        #expect(try self.sentClose()?.code == StreamClose.ended)
        #expect(try self.sent() == nil)
        try self.receive(.connectionClose, ByteBuffer(bytes: [3, 232]))
        #expect(!self.channel.isActive)
    }

    @Test func `the cursor that a client is told is that of what it was sent last`() throws {
        try self.channel.writeOutbound(Self.part("sent", 43))
        self.channel.pipeline.triggerUserOutboundEvent(StreamEnd.stopping, promise: nil)
        // It is in the middle of more when the server stops.
        #expect(throws: (any Error).self) { try self.channel.writeOutbound(Self.part("late", 44)) }
        #expect(try self.sent()?.opcode == .text)
        let close = try #require(try self.sentClose())
        #expect(close.code == StreamClose.goingAway)
        #expect(close.reason.hasSuffix(EventCursor(number: 43).description))
        #expect(try self.sent() == nil)
    }

    @Test func `a client that sends pings and does not read gets no answers that would wait in memory`() throws {
        try self.receive(.ping)
        #expect(try self.sent()?.opcode == .pong)
        self.channel.isWritable = false
        for _ in 1...100 { try self.receive(.ping) }
        #expect(try self.sent() == nil)
        self.channel.isWritable = true
        try self.receive(.ping)
        #expect(try self.sent()?.opcode == .pong)
    }

    @Test func `a client's end is answered in kind`() throws {
        try self.receive(.connectionClose, ByteBuffer(bytes: [3, 233]))
        #expect(try self.sentClose()?.code == 1001)
        #expect(!self.channel.isActive)
    }
}
