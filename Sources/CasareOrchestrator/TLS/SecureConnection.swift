import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// How connections are served over TLS: each takes what is current when it begins.
struct SecureConnection: HTTPChannelHandler {
    typealias Value = APIConnection.Value

    let base: APIConnection
    let tls: ServerTLSContext
    let peers: PeerCertificates

    var responder: HTTPChannelHandler.Responder { self.base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            // The server listens after the start.
            guard let context = self.tls.context else { throw ChannelError.alreadyClosed }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(PlainRequestGate())
            try pipeline.addHandler(NIOSSLServerHandler(context: context))
            try pipeline.addHandler(HandshakeWatch(self.peers, logger: self.tls.logger))
        }.flatMap {
            self.base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await self.base.handle(value: value, logger: logger) }
}
