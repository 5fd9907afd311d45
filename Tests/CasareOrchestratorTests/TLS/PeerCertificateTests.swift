@testable import CasareOrchestrator
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Testing

/// How a client's certificate comes to whoever asks who that is.
struct PeerCertificateTests {
    /// Sets a connection up as the server does, and closes it.
    ///
    /// - Returns: what is known of the client when the handshake is over, and when the connection is closed.
    private static func seen(
        _ client: TestIdentity?, of certificates: TestCertificates
    ) async throws -> (open: PeerCertificate?, closed: PeerCertificate?) {
        try await withTemporaryDirectory { folder in
            let files = try certificates.server.write(to: folder, as: "server")
            try TestIdentity.replace("\(folder)/ca.pem", with: certificates.authority.pem)
            let logger = OrchestratorFixture.logger
            let tls = ServerTLSContext(
                ServerTLS(
                    certificateFile: files.certificate, keyFile: files.key, clientAuthorityFile: "\(folder)/ca.pem"),
                roots: .none, metrics: OrchestratorMetrics(MetricRegistry(logger: logger)), logger: logger)
            try tls.start()
            let context = try #require(tls.context)
            let peers = PeerCertificates()
            let (reports, report) = AsyncStream<(PeerCertificate?, any Channel)>.makeStream()
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                        try pipeline.addHandler(HandshakeWatch(peers, logger: logger))
                        try pipeline.addHandler(Reporter { report.yield((peers.certificate(of: $0), $0)) })
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            if let client {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(client.certificatePEM.utf8))
                    .map { .certificate($0) }
                configuration.privateKey = .privateKey(
                    try NIOSSLPrivateKey(bytes: Array(client.keyPEM.utf8), format: .pem))
            }
            let clientContext = try NIOSSLContext(configuration: configuration)
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: clientContext, serverHostname: nil))
                    }
                }
                .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
            var open: PeerCertificate?
            var closed: PeerCertificate?
            for await (shown, channel) in reports {
                open = shown
                try await connection.close()
                try await channel.closeFuture.get()
                closed = peers.certificate(of: channel)
                break
            }
            try await server.close()
            return (open: open, closed: closed)
        }
    }

    private final class Reporter: ChannelInboundHandler {
        typealias InboundIn = NIOAny

        private let report: (any Channel) -> Void

        init(_ report: @escaping (any Channel) -> Void) { self.report = report }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted = event as? TLSUserEvent { self.report(context.channel) }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    @Test func `the certificate is known as soon as the handshake is over`() async throws {
        let certificates = try TestCertificates()
        let seen = try #require(try await Self.seen(certificates.client, of: certificates).open)
        #expect(seen.der == certificates.client.der && seen.fingerprint == certificates.client.fingerprint)
        // It has whole seconds.
        #expect(abs(seen.notAfter.timeIntervalSince(certificates.client.notAfter)) < 1)
        #expect(!seen.serial.isEmpty)
    }

    @Test func `who shows none has none`() async throws {
        let seen = try await Self.seen(nil, of: try TestCertificates())
        #expect(seen.open == nil && seen.closed == nil)
    }

    @Test func `the certificate is forgotten with its connection, whose place in memory another one may get`()
        async throws
    {
        let certificates = try TestCertificates()
        let seen = try await Self.seen(certificates.client, of: certificates)
        #expect(seen.open != nil && seen.closed == nil)
    }
}
