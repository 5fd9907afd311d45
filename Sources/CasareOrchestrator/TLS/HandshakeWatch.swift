import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Notes the certificate that a client has shown, and why a handshake failed.
final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let peers: PeerCertificates
    private let logger: Logger
    private var isComplete = false
    private var hasCertificate = false

    init(_ peers: PeerCertificates, logger: Logger) {
        self.peers = peers
        self.logger = logger
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            self.isComplete = true
            self.note(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func note(_ context: ChannelHandlerContext) {
        do {
            guard let shown = try context.channel.pipeline.syncOperations.nioSSL_peerCertificate() else { return }
            self.peers.showed(try PeerCertificate(shown), context.channel)
            self.hasCertificate = true
        } catch {
            // Without its certificate a client is one that has shown none.
            self.logger.warning("A client's certificate cannot be read", metadata: ["error": "\(error)"])
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !self.isComplete {
            self.logger.debug(
                "A TLS handshake failed",
                metadata: [
                    "error": "\(error)",
                    "client.address": .string(context.channel.remoteAddress?.ipAddress ?? "unknown"),
                ])
        }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.forget(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.forget(context) }

    private func forget(_ context: ChannelHandlerContext) {
        guard self.hasCertificate else { return }
        self.hasCertificate = false
        self.peers.closed(context.channel)
    }
}

@available(*, unavailable)
extension HandshakeWatch: Sendable {}
