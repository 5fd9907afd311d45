import CasareWire
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

extension Transport {
    /// Opens a WebSocket.
    ///
    /// - Throws: `ClientError` as the same request without one: what the server refuses it says in an answer.
    func openSocket(
        _ path: String, _ query: [(name: String, value: String?)]
    ) async throws(ClientError) -> StreamSocket {
        let call = Call(method: .get, path: path, query: query, mayRepeat: false)
        guard let address = self.address else { throw .invalidURL(self.base) }
        let opened: StreamSocket?
        do {
            opened = try await self.traced(call, to: address)
        } catch ChannelError.connectTimeout {
            throw .unreachable(url: self.base, reason: "nothing answered in time to connect")
        } catch let error as ClientError {
            throw error
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw await self.problem(error, of: call, limit: self.configuration.requestTimeout)
        }
        if let opened { return opened }
        // It was refused: the same without a WebSocket says why.
        do throws(ClientError) {
            _ = try await self.send(call)
        } catch .api(let problem) where problem.code == .invalidInput && problem.field == nil {
            // The server sees nothing wrong but that it is no WebSocket.
        }
        throw .unreachable(
            url: self.base,
            reason: "no WebSocket can be opened: something between, such as a proxy, does not let it through")
    }

    /// Connects, in a span that ends when the socket is open or refused.
    ///
    /// - Returns: `nil` when the server answers otherwise.
    private func traced(_ call: Call, to address: ServerAddress) async throws -> StreamSocket? {
        let span = self.span(of: call, to: address, resends: 0)
        do {
            let opened = try await self.connect(to: address, call, span.headers)
            if opened == nil { span.refused() } else { span.answered(101) }
            return opened
        } catch {
            let problem = Task.isCancelled ? ClientError.cancelled : .unreachable(url: self.base, reason: "\(error)")
            span.failed(error as? ClientError ?? problem)
            throw error
        }
    }

    private func connect(
        to address: ServerAddress, _ call: Call, _ trace: HTTPHeaders
    ) async throws -> StreamSocket? {
        var head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: address.prefix + call.path + Self.text(of: call.query))
        head.headers.add(name: "Host", value: address.authority)
        head.headers.add(name: "Content-Length", value: "0")
        head.headers.add(name: "User-Agent", value: "\(self.configuration.program)/\(CasareVersion.current)")
        if let token = self.configuration.token {
            head.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        head.headers.add(contentsOf: trace)
        let request = head
        let tls = address.isEncrypted ? try NIOSSLContext(configuration: try self.tls.configuration()) : nil
        let name = self.nameForTLS(at: address)
        let (channel, opened) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(self.configuration.connectTimeout))
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    return (channel, try Self.upgrade(channel, request))
                }
            }
        let limit = channel.eventLoop.scheduleTask(in: TimeAmount(self.configuration.requestTimeout)) {
            channel.close(promise: nil)
        }
        defer { limit.cancel() }
        return try await withTaskCancellationHandler {
            try await opened.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func upgrade(
        _ channel: any Channel, _ request: HTTPRequestHead
    ) throws -> EventLoopFuture<StreamSocket?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<StreamSocket?>(
            maxFrameSize: StreamSocket.messageBytesMax, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let mailbox = StreamMailbox()
                // From now on it is read when there is room.
                try channel.syncOptions?.setOption(.autoRead, value: false)
                try channel.pipeline.syncOperations.addHandler(StreamSocketHandler(mailbox))
                return StreamSocket(channel, mailbox)
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: request, upgraders: [upgrader]
            ) { channel in
                // After the pipeline has learnt what became of it.
                channel.eventLoop.execute { channel.close(promise: nil) }
                return channel.eventLoop.makeSucceededFuture(nil)
            })
        // What the server sends right behind its answer is of the WebSocket already.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

/// The parts of a server's URL.
struct ServerAddress: Hashable, Sendable {
    let isEncrypted: Bool
    /// As `Host` has it.
    let authority: String
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int
    /// Scheme and authority.
    var origin: String { "\(self.isEncrypted ? "https" : "http")://\(self.authority)" }
    /// Before all paths: empty, or begins with a slash.
    let prefix: String

    /// - Parameter base: a URL as `Transport` takes it, without slashes at its end.
    init?(_ base: String) {
        let (scheme, encrypted) = base.hasPrefix("https://") ? ("https://", true) : ("http://", false)
        guard base.hasPrefix(scheme) else { return nil }
        let rest = base.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        self.isEncrypted = encrypted
        self.authority = String(authority)
        self.prefix = String(rest.dropFirst(authority.count))
        var name = authority
        var port = encrypted ? 443 : 80
        // The colons of an IPv6 address are within its brackets.
        if !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") {
            guard let number = UInt16(authority[authority.index(after: colon)...]) else { return nil }
            port = Int(number)
            name = authority[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty else { return nil }
        self.host = String(name)
        self.port = port
    }

    /// An address has no name to be told (RFC 6066 §3).
    var nameForTLS: String? { (try? SocketAddress(ipAddress: self.host, port: self.port)) == nil ? self.host : nil }
}
