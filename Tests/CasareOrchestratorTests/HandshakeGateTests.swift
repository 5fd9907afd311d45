@testable import CasareOrchestrator
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// What the gate makes of the requests of one connection.
struct HandshakeGateTests {
    private typealias Requests = HTTPServerRequestPart
    private typealias Answers = HTTPServerResponsePart

    /// Counts how often it is read from the connection.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = Answers
        var reads = 0

        func read(context: ChannelHandlerContext) {
            self.reads += 1
            context.read()
        }
    }

    private let channel = EmbeddedChannel()
    private let socket = Socket()
    private let answer: EventLoopPromise<Bool>

    init() throws {
        let answer = self.channel.eventLoop.makePromise(of: Bool.self)
        self.answer = answer
        try self.channel.pipeline.syncOperations.addHandlers([
            self.socket, HandshakeGate(mayUpgrade: { _, _ in answer.futureResult }),
        ])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private static let handshake: HTTPHeaders = [
        "Host": "h", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func request(
        _ headers: HTTPHeaders, method: HTTPMethod = .GET, version: HTTPVersion = .http1_1
    ) throws {
        let head = HTTPRequestHead(version: version, method: method, uri: "/ws/events", headers: headers)
        try self.channel.writeInbound(Requests.head(head))
        try self.channel.writeInbound(Requests.end(nil))
    }

    private func respond() throws {
        try self.channel.writeOutbound(Answers.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        try self.channel.writeOutbound(Answers.end(nil))
    }

    /// The head of the next request that was let through.
    private func passed() throws -> HTTPRequestHead? {
        while let part = try self.channel.readInbound(as: Requests.self) {
            if case .head(let head) = part { return head }
        }
        return nil
    }

    /// The head of the next answer.
    private func answered() throws -> HTTPResponseHead? {
        while let part = try self.channel.readOutbound(as: Answers.self) {
            if case .head(let head) = part { return head }
        }
        return nil
    }

    @Test func `a handshake waits for the answer, and nothing is read meanwhile`() throws {
        try self.request(Self.handshake)
        #expect(try self.passed() == nil)
        let before = self.socket.reads
        self.channel.read()
        #expect(self.socket.reads == before)
        self.answer.succeed(true)
        #expect(try self.passed()?.headers["Upgrade"] == ["websocket"])
        #expect(self.socket.reads == before + 1)
    }

    @Test func `it is read on also when the upgrade has taken the gate away`() throws {
        /// As NIO's handler does, at once.
        final class Upgrade: ChannelInboundHandler {
            typealias InboundIn = Requests

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                guard case .end = Self.unwrapInboundIn(data) else { return }
                let pipeline = context.pipeline.syncOperations
                guard let gate = try? pipeline.context(handlerType: HandshakeGate.self) else { return }
                pipeline.removeHandler(context: gate, promise: nil)
            }
        }
        try self.channel.pipeline.syncOperations.addHandler(Upgrade())
        try self.request(Self.handshake)
        self.channel.read()
        let before = self.socket.reads
        self.answer.succeed(true)
        #expect(self.socket.reads == before + 1)
    }

    @Test(arguments: [true, false])
    func `a handshake that is refused is the last request`(isHandshake: Bool) throws {
        try self.request(isHandshake ? Self.handshake : ["Host": "h", "Upgrade": "h2c"])
        self.answer.succeed(false)
        #expect(try self.passed()?.headers.contains(name: "Upgrade") == false)
        let before = self.socket.reads
        self.channel.read()
        #expect(self.socket.reads == before)
        try self.respond()
        #expect(try self.answered()?.headers["Connection"] == ["close"])
        #expect(!self.channel.isActive)
    }

    @Test func `an upgrade behind other requests ends the connection with its own answer`() throws {
        self.answer.succeed(false)
        try self.request(["Host": "h"])
        self.channel.read()
        try self.request(["Host": "h", "Upgrade": "h2c"])
        let before = self.socket.reads
        self.channel.read()
        #expect(self.socket.reads == before)
        try self.respond()
        #expect(try self.answered()?.headers.contains(name: "Connection") == false)
        #expect(self.channel.isActive)
        try self.respond()
        #expect(try self.answered()?.headers["Connection"] == ["close"])
        #expect(!self.channel.isActive)
    }

    @Test(
        arguments: [(.http1_1, ["Host": "h", "Connection": "TE, Close"]), (.http1_0, ["Host": "h"])]
            as [(HTTPVersion, HTTPHeaders)])
    func `the answer to a request that wants no more says that it is the last one`(
        version: HTTPVersion, headers: HTTPHeaders
    ) throws {
        self.answer.succeed(false)
        try self.request(["Host": "h"])
        try self.request(headers, version: version)
        try self.request(["Host": "h"])
        try self.respond()
        #expect(try self.answered()?.headers.contains(name: "Connection") == false)
        try self.channel.writeOutbound(Answers.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        #expect(try self.answered()?.headers.contains(name: "Connection") == false)
        try self.respond()
        #expect(try self.answered()?.headers["Connection"] == ["close"])
        // Whoever serves the connection ends it.
        #expect(self.channel.isActive)
    }

    @Test func `requests that ask for nothing go on`() throws {
        self.answer.succeed(false)
        for _ in 1...3 {
            try self.request(["Host": "h"])
            #expect(try self.passed() != nil)
            try self.respond()
            #expect(try self.answered()?.headers.contains(name: "Connection") == false)
        }
        let before = self.socket.reads
        self.channel.read()
        #expect(self.socket.reads == before + 1 && self.channel.isActive)
    }
}
