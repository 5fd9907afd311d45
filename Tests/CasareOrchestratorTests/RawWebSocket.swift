@testable import CasareOrchestrator
import CasareDomain
import CasareWire
import NIOCore
import NIOPosix
import Testing

/// A WebSocket written byte by byte, so that a test may send what no proper client sends.
struct RawWebSocket {
    struct Frame: Equatable {
        let opcode: UInt8
        let data: [UInt8]

        static let textOpcode: UInt8 = 1
        static let closeOpcode: UInt8 = 8
        static let pingOpcode: UInt8 = 9
        static let pongOpcode: UInt8 = 10

        /// Of a close frame.
        var code: UInt16? {
            self.opcode == Self.closeOpcode && self.data.count >= 2
                ? UInt16(self.data[0]) << 8 | UInt16(self.data[1]) : nil
        }

        var reason: String { String(decoding: self.data.dropFirst(2), as: UTF8.self) }
    }

    /// Of the answer to the handshake.
    let status: Int
    let head: String
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer: ByteBuffer

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    /// Of that key, from RFC 6455 §1.3.
    static let acceptance = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// - Parameters:
    ///   - headers: beside those of a proper handshake; one with an empty value takes the place of the proper one.
    ///   - receiveBytes: of the system's buffer for what comes in.
    static func with<R: Sendable>(
        _ server: OrchestratorFixture, _ path: String, token: String?, headers: [String: String] = [:],
        receiveBytes: Int? = nil, _ body: @Sendable (inout RawWebSocket) async throws -> R
    ) async throws -> R {
        let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBytes {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: numericCast(receiveBytes))
        }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var lines = [
                "Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": Self.key,
                "Sec-WebSocket-Version": "13",
            ].merging(headers) { $1 }.filter { !$0.value.isEmpty }
            if let token { lines["Authorization"] = "Bearer \(token)" }
            let text = lines.map { "\($0.key): \($0.value)\r\n" }.joined()
            try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\n\(text)\r\n"))
            var socket = try await RawWebSocket(inbound, outbound)
            return try await body(&socket)
        }
    }

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        var iterator = inbound.makeAsyncIterator()
        var buffer = ByteBuffer()
        let end = Array("\r\n\r\n".utf8)
        while !buffer.readableBytesView.contains(subsequence: end) {
            guard var more = try await iterator.next() else { break }
            buffer.writeBuffer(&more)
        }
        let text = String(buffer: buffer)
        let length = text.firstRange(of: "\r\n\r\n").map { text[..<$0.upperBound].utf8.count } ?? text.utf8.count
        self.head = buffer.readString(length: length) ?? ""
        self.status = self.head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        self.inbound = iterator
        self.outbound = outbound
        self.buffer = buffer
    }

    // MARK: Reading

    /// The next frame; `nil` when the connection is closed.
    mutating func frame() async throws -> Frame? {
        while true {
            if let frame = Self.frame(in: &self.buffer) { return frame }
            guard var more = try await self.inbound.next() else { return nil }
            self.buffer.discardReadBytes()
            self.buffer.writeBuffer(&more)
        }
    }

    /// The next frame that is no ping.
    mutating func message() async throws -> Frame? {
        while let frame = try await self.frame() {
            if frame.opcode != Frame.pingOpcode { return frame }
        }
        return nil
    }

    /// What the next text frame says.
    mutating func news() async throws -> StreamFrame {
        let frame = try #require(try await self.message())
        try #require(frame.opcode == Frame.textOpcode, "\(frame.code ?? 0) \(frame.reason)")
        return try WireJSON.decode(from: frame.data)
    }

    mutating func event() async throws -> EventInfo {
        while true {
            switch try await self.news() {
            case .event(let event): return event
            case .caughtUp: continue
            case .error(let problem): throw Unexpected(problem: problem)
            }
        }
    }

    /// Reads until the server has nothing more; its cursor.
    mutating func caughtUp() async throws -> String {
        while true {
            if case .caughtUp(let cursor) = try await self.news() { return cursor }
        }
    }

    /// Reads until the server closes.
    mutating func close() async throws -> Frame {
        while let frame = try await self.message() {
            if frame.opcode == Frame.closeOpcode { return frame }
        }
        throw Unexpected(problem: nil)
    }

    struct Unexpected: Error {
        let problem: StreamFrame.Problem?
    }

    private static func frame(in buffer: inout ByteBuffer) -> Frame? {
        var rest = buffer
        guard let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) else {
            return nil
        }
        var length = Int(second & 0x7F)
        if length == 126 {
            guard let long = rest.readInteger(as: UInt16.self) else { return nil }
            length = Int(long)
        } else if length == 127 {
            guard let long = rest.readInteger(as: UInt64.self) else { return nil }
            length = Int(long)
        }
        guard let data = rest.readBytes(length: length) else { return nil }
        buffer = rest
        return Frame(opcode: first & 0x0F, data: data)
    }

    // MARK: Writing

    func send(_ opcode: UInt8, _ data: [UInt8] = [], fin: Bool = true, isMasked: Bool = true) async throws {
        var buffer = ByteBuffer(bytes: [(fin ? 0x80 : 0) | opcode])
        let mask: UInt8 = isMasked ? 0x80 : 0
        if data.count < 126 {
            buffer.writeInteger(mask | UInt8(data.count))
        } else {
            buffer.writeInteger(mask | 126)
            buffer.writeInteger(UInt16(data.count))
        }
        let key: [UInt8] = [11, 22, 33, 44]
        if isMasked { buffer.writeBytes(key) }
        buffer.writeBytes(data.enumerated().map { isMasked ? $1 ^ key[$0 % 4] : $1 })
        try await self.outbound.write(buffer)
    }
}

extension ByteBufferView {
    fileprivate func contains(subsequence: [UInt8]) -> Bool {
        guard self.count >= subsequence.count else { return false }
        return self.indices.dropLast(subsequence.count - 1).contains { self[$0...].starts(with: subsequence) }
    }
}
