@testable import CasareOrchestrator
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Testing

/// What a server shows of its certificate.
enum ServedCertificate {
    /// By a connection of its own: the SHA-256 of the certificate.
    static func fingerprint(of url: String) async throws -> String {
        let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let (channel, shown) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    let promise = channel.eventLoop.makePromise(of: String.self)
                    try pipeline.addHandler(Look(promise))
                    return (channel, promise.futureResult)
                }
            }
        let fingerprint = try await shown.get()
        try await channel.close()
        return fingerprint
    }

    private final class Look: ChannelInboundHandler {
        typealias InboundIn = NIOAny

        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted = event as? TLSUserEvent {
                self.promise.completeWith(
                    Result {
                        let shown = try context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
                        return PeerCertificate.fingerprint(of: try #require(shown).toDERBytes())
                    })
            }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.promise.fail(error)
            context.close(promise: nil)
        }

        // It counts only where nothing has come before.
        func channelInactive(context: ChannelHandlerContext) { self.promise.fail(ChannelError.eof) }
    }
}
