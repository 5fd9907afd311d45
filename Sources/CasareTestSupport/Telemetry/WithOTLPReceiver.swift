import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

extension OTLPReceiver {
    /// What it shows to programs, and asks of them.
    package struct TLS: Sendable {
        let identity: TestIdentity
        let clientAuthority: TestAuthority?

        /// - Parameter clientAuthority: that must have signed what programs show; `nil`: they show nothing.
        package init(_ identity: TestIdentity, clientAuthority: TestAuthority? = nil) {
            self.identity = identity
            self.clientAuthority = clientAuthority
        }
    }
}

/// Gives `body` a receiver of telemetry, which is gone afterwards with all of its connections.
///
/// - Parameters:
///   - port: one that `withReservedPort` gave; 0: any.
///   - tls: `nil`: without.
///   - metadata: What requests must bring, by name in small letters; others are UNAUTHENTICATED.
///   - canaries: Secrets that must not stand in what comes.
///   - temporality: What sums that only grow and histograms must have; `nil`: either.
/// - Throws: what `body` throws, or why it cannot listen.
@discardableResult
package func withOTLPReceiver<Result: Sendable>(
    port: Int = 0, tls: OTLPReceiver.TLS? = nil, requiring metadata: [String: String] = [:], canaries: [String] = [],
    temporality: OTLPReceiver.Temporality? = .cumulative, _ body: (OTLPReceiver) async throws -> Result
) async throws -> Result {
    let record = OTLPRecord(OTLPValidator(canaries: canaries, temporality: temporality))
    let isPlain = tls == nil
    let transport = HTTP2ServerTransport.Posix(
        address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .of(tls),
        config: .defaults { config in
            config.compression.enabledAlgorithms = .all
            config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                record.opened(channel)
                return channel.eventLoop.makeCompletedFuture {
                    guard isPlain else { return }
                    try channel.pipeline.syncOperations.addHandler(OTLPWireReader(record), position: .first)
                }
            }
        })
    let services = OTLPServices(record: record, metadata: metadata)
    let server = GRPCServer(transport: transport, router: services.router())
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.serve() }
        let bound: Int
        do {
            bound = try await transport.listeningAddress.ipv4?.port ?? 0
        } catch {
            // Why it does not listen is what the server says.
            try await group.waitForAll()
            throw error
        }
        let receiver = OTLPReceiver(port: bound, usesTLS: !isPlain, record: record)
        let result = try await body(receiver)
        group.cancelAll()
        // It is stopped in the middle of its work, and says so: that is no failure.
        while await group.nextResult() != nil {}
        return result
    }
}

extension HTTP2ServerTransport.Posix.TransportSecurity {
    fileprivate static func of(_ tls: OTLPReceiver.TLS?) -> Self {
        guard let tls else { return .plaintext }
        return .tls(
            certificateChain: [.bytes(Array(tls.identity.certificatePEM.utf8), format: .pem)],
            privateKey: .bytes(Array(tls.identity.keyPEM.utf8), format: .pem)
        ) { config in
            config.requireALPN = true
            guard let authority = tls.clientAuthority else { return }
            config.clientCertificateVerification = .noHostnameVerification
            config.trustRoots = .certificates([.bytes(Array(authority.pem.utf8), format: .pem)])
        }
    }
}
