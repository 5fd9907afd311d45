import CasareWire
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// How connections are served: HTTP/1.1, or a WebSocket of events where the first request asks for one.
struct APIConnection: HTTPChannelHandler {
    typealias HTTP = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// What a connection has become.
    enum Kind: Sendable {
        case http(HTTP)
        case stream(StreamSession.Connection, StreamSession)
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Known with the first request; fails when the connection is closed before that.
        let become: EventLoopFuture<Kind>
    }

    let responder: HTTPChannelHandler.Responder
    /// For every new connection: of what becomes a stream. `nil` where there are none.
    let makeUpgrade: (@Sendable () -> StreamUpgrade)?
    let connections: ClientConnections
    let idleMax: TimeAmount
    let messageBytesMax: Int
    /// Whether it is served over TLS.
    let isSecure: Bool

    /// Of the headers of a request, in bytes and in lines.
    private static let headerBytesMax = 80 * 1024
    private static let headersMax = 1000

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let upgrade = self.makeUpgrade?()
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: self.upgrades(upgrade, logger))
            // Requests that come early wait in the channel, errors are answered below, and fields are checked when they
            // are made.
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            configuration.decoderConfiguration.maxHeaderFieldSize = Self.headerBytesMax
            configuration.decoderConfiguration.maxHeaderListSize = Self.headerBytesMax
            configuration.decoderConfiguration.maxHeaderFieldCount = Self.headersMax
            let become = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let upgrading = try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<Kind>.self)
            try pipeline.addHandler(
                HandshakeGate(mayUpgrade: upgrade.map { $0.mayUpgrade }), position: .before(upgrading))
            try pipeline.addHandler(FirstRequestWatch(idleMax: self.idleMax))
            return Value(channel: channel, become: become)
        }
    }

    private func upgrades(
        _ upgrade: StreamUpgrade?, _ logger: Logger
    ) -> NIOTypedHTTPServerUpgradeConfiguration<Kind> {
        var upgraders: [any NIOTypedHTTPServerProtocolUpgrader<Kind>] = []
        if let upgrade {
            upgraders.append(
                NIOTypedWebSocketServerUpgrader(
                    maxFrameSize: self.messageBytesMax, enableAutomaticErrorHandling: false,
                    shouldUpgrade: { channel, _ in
                        channel.eventLoop.makeSucceededFuture(upgrade.headers)
                    },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture { try Self.removeWatchers(from: channel) }
                            .flatMap { upgrade.upgrade(channel) }
                    }))
        }
        return NIOTypedHTTPServerUpgradeConfiguration(upgraders: upgraders) { channel in
            channel.eventLoop.makeCompletedFuture { .http(try self.serveHTTP(on: channel, logger)) }
        }
    }

    /// What the first request has decided is not asked again.
    private static func removeWatchers(from channel: any Channel) throws {
        try FirstRequestWatch.remove(from: channel)
        let pipeline = channel.pipeline.syncOperations
        let gate = try pipeline.context(handlerType: HandshakeGate.self)
        pipeline.removeHandler(context: gate, promise: nil)
    }

    private func serveHTTP(on channel: any Channel, _ logger: Logger) throws -> HTTP {
        let pipeline = channel.pipeline.syncOperations
        try FirstRequestWatch.remove(from: channel)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: self.isSecure))
        try pipeline.addHandler(LastAnswerWatch())
        try pipeline.addHandler(self.connections.watcher())
        try pipeline.addHandler(
            HTTPConnectionStateHandler(idleTimeout: Duration(self.idleMax), logger: logger))
        return try HTTP(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    func handle(value: Value, logger: Logger) async {
        let become: Kind
        do {
            become = try await withTaskCancellationHandler {
                try await value.become.get()
            } onCancel: {
                value.channel.close(promise: nil)
            }
        } catch {
            // Closed before a request came, or in the middle of one.
            logger.trace("A connection came to nothing", metadata: ["error": "\(error)"])
            value.channel.close(promise: nil)
            // It is closed when this returns or fails.
            try? await value.channel.closeFuture.get()
            return
        }
        switch become {
        case .http(let connection): await self.handleHTTP(asyncChannel: connection, logger: logger)
        case .stream(let connection, let session): await session.run(connection)
        }
    }
}
