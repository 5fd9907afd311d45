import FoundationEssentials
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// What a server's certificate says of its time, taken from a server that is not trusted: only to say why.
struct ShownCertificate: Hashable, Sendable {
    let notBefore: Date
    let notAfter: Date

    init(notBefore: Date, notAfter: Date) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    private init(_ certificate: NIOSSLCertificate) {
        self.notBefore = Date(timeIntervalSince1970: Double(certificate.notValidBefore))
        self.notAfter = Date(timeIntervalSince1970: Double(certificate.notValidAfter))
    }

    /// Looks at the certificate of whoever answers. Nothing is sent but a handshake.
    ///
    /// - Returns: `nil` where it cannot be had within the time.
    static func of(_ address: ServerAddress, name: String?, within limit: Duration) async -> ShownCertificate? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        guard let context = try? NIOSSLContext(configuration: configuration) else { return nil }
        let connected = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(limit))
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                    // Kept by the next handler: that one is always removed.
                    let promise = channel.eventLoop.makePromise(of: ShownCertificate?.self)
                    try pipeline.addHandler(Look(promise))
                    return (channel, promise.futureResult)
                }
            }
        guard let (channel, shown) = connected else { return nil }
        let end = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
        defer {
            end.cancel()
            channel.close(promise: nil)
        }
        return await withTaskCancellationHandler {
            try? await shown.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private final class Look: ChannelInboundHandler {
        typealias InboundIn = NIOAny

        private var promise: EventLoopPromise<ShownCertificate?>?

        init(_ promise: EventLoopPromise<ShownCertificate?>) { self.promise = promise }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .handshakeCompleted = event as? TLSUserEvent else {
                return context.fireUserInboundEventTriggered(event)
            }
            let shown = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
            self.found(shown.map(ShownCertificate.init))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.found(nil)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.found(nil)
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) { self.found(nil) }

        private func found(_ shown: ShownCertificate?) {
            self.promise?.succeed(shown)
            self.promise = nil
        }
    }
}
