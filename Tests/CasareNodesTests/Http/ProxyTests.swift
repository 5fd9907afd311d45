import CasareDomain
import CasareEngine
import CasareNodes
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A proxy of either kind that notes where it is to connect to, and then answers in the server's place.
final class ProxyServer: Sendable {
    let port: Int
    private let log: Log

    /// What clients asked for: `CONNECT` lines with their fields, SOCKS addresses.
    var wishes: [String] { self.log.wishes.withLock { $0 } }

    private init(port: Int, log: Log) {
        self.port = port
        self.log = log
    }

    private final class Log: Sendable { let wishes = Mutex<[String]>([]) }

    static func with<R>(_ body: (ProxyServer) async throws -> R) async throws -> R {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(ProxyServer(port: channel.localAddress?.port ?? 0, log: log))
            try await channel.close()
            return result
        } catch {
            try? await channel.close()  // The body's error is the one that matters.
            throw error
        }
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let log: Log
        private var bytes: [UInt8] = []

        init(log: Log) { self.log = log }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.bytes += self.unwrapInboundIn(data).readableBytesView
            if self.bytes.first == 5 {
                // A greeting has 3 bytes, a request for an address of version 4 has 10.
                if self.bytes.count == 3 { return self.answer([5, 0], context) }
                guard self.bytes.count == 10 else { return }
                let address = self.bytes[4..<8].map(String.init).joined(separator: ".")
                self.log.wishes.withLock { $0.append("\(address):\(Int(self.bytes[8]) << 8 | Int(self.bytes[9]))") }
                return self.answer([5, 0, 0, 1, 0, 0, 0, 0, 0, 0], context)
            }
            let text = String(decoding: self.bytes, as: UTF8.self)
            guard text.hasSuffix("\r\n\r\n") else { return }
            if text.hasPrefix("CONNECT ") {
                self.log.wishes.withLock { $0.append(text) }
                self.answer(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), context)
            } else {
                self.answer(Array("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8), context)
            }
        }

        private func answer(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
            self.bytes = []
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }
}

@Suite struct ProxyTests {
    @Test func `a proxy is told the address that was checked, and the server its name`() async throws {
        try await ProxyServer.with { proxy in
            try await withWeb(names: ["service.test": ["192.0.2.7"]]) { web async throws in
                let inputs: Object = [
                    "url": "http://service.test:81/x",
                    "proxy": .string("http://al:\u{301}s3cret@127.0.0.1:\(proxy.port)"),
                ]
                let outputs = try await web.perform("HttpRequestNode", inputs)
                #expect(outputs["response_body"]?.string?.hasPrefix("GET /x HTTP/1.1\r\n") == true)
                #expect(outputs["response_body"]?.string?.lowercased().contains("host: service.test:81\r\n") == true)
                let wish = try #require(proxy.wishes.first)
                #expect(wish.hasPrefix("CONNECT 192.0.2.7:81 HTTP/1.1\r\n"))
                #expect(wish.lowercased().contains("proxy-authorization: basic"))
                #expect(wish.contains("YWw6zIFzM2NyZXQ="))
                #expect(outputs["response_body"]?.string?.lowercased().contains("proxy-authorization") == false)
            }
        }
    }

    @Test func `a name that only the proxy knows is left to it`() async throws {
        try await ProxyServer.with { proxy in
            try await withWeb { web async throws in
                let inputs: Object = ["url": "http://inside.test/", "proxy": .string("127.0.0.1:\(proxy.port)")]
                #expect(try await web.perform("HttpRequestNode", inputs)["status_code"] == 200)
                #expect(proxy.wishes.first?.hasPrefix("CONNECT inside.test:80 ") == true)
            }
        }
    }

    @Test func `a SOCKS proxy takes the connection too`() async throws {
        try await ProxyServer.with { proxy in
            try await withWeb(names: ["service.test": ["192.0.2.7"]]) { web async throws in
                let inputs: Object = [
                    "url": "http://service.test/", "proxy": .string("socks5://127.0.0.1:\(proxy.port)"),
                ]
                #expect(try await web.perform("HttpRequestNode", inputs)["status_code"] == 200)
                #expect(proxy.wishes == ["192.0.2.7:80"])
            }
        }
    }
}
