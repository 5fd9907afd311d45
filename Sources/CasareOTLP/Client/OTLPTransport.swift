import CasareDomain
import CasareTelemetry
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Makes gRPC's transport out of the settings of OTLP.
struct OTLPTransport: Sendable {
    let settings: OTLPSettings

    /// Between two attempts to connect. A collector that comes back is found within three seconds.
    private static let backoff = HTTP2ClientTransport.Config.Backoff(
        initial: .milliseconds(500), max: .seconds(3), multiplier: 1.6, jitter: 0.2)
    /// A connection that nobody uses is closed by us, before something on the way forgets it and says nothing.
    private static let idleMax = Duration.seconds(120)
    /// An answer that is larger is not read.
    static let answerBytesMax = 4 << 20

    /// Reads the files of TLS, so that new ones count from the next connection on.
    ///
    /// - Throws: where one cannot be used.
    func make() throws -> HTTP2ClientTransport.Posix {
        try HTTP2ClientTransport.Posix(
            target: self.target, transportSecurity: self.security,
            config: .defaults { config in
                config.backoff = Self.backoff
                config.connection.maxIdleTime = Self.idleMax
                config.compression = .init(algorithm: self.compression, enabledAlgorithms: [.gzip, .none])
            })
    }

    /// An address is no name: as one it could not be checked against a certificate.
    private var target: any ResolvableTarget {
        let host = Self.withoutBrackets(self.settings.host)
        let port = self.settings.port
        guard let address = NetworkAddress(host) else { return ResolvableTargets.DNS(host: host, port: port) }
        if address.isVersion6 {
            return ResolvableTargets.IPv6(addresses: [SocketAddress.IPv6(host: host, port: port)])
        }
        return ResolvableTargets.IPv4(addresses: [SocketAddress.IPv4(host: address.description, port: port)])
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    private var security: HTTP2ClientTransport.Posix.TransportSecurity {
        guard self.settings.usesTLS else { return .plaintext }
        return .tls { config in
            if let file = self.settings.certificateFile {
                config.trustRoots = .certificates([.file(path: file, format: .pem)])
            }
            if let file = self.settings.clientCertificateFile, let key = self.settings.clientKeyFile {
                config.certificateChain = [.file(path: file, format: .pem)]
                config.privateKey = .file(path: key, format: .pem)
            }
        }
    }

    private var compression: CompressionAlgorithm {
        switch self.settings.compression {
        case .none: .none
        case .gzip: .gzip
        }
    }

    /// Of one call. What gRPC would repeat by itself is not repeated: `OTLPRetry` knows OTLP's rules, and gRPC not.
    func options(timeout: Duration) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = timeout
        // Where nobody answers a call is to fail with the reason, rather than wait for its own end.
        options.waitForReady = false
        // Said with each call: after a failed attempt to connect the transport forgets what its configuration says.
        options.compression = self.compression
        options.maxResponseMessageBytes = Self.answerBytesMax
        // The transport holds answers against this one.
        options.maxRequestMessageBytes = Self.answerBytesMax
        return options
    }

    /// Sent with each call.
    ///
    /// - Parameter version: of Casare.
    func metadata(version: String) -> Metadata {
        let agent = "user-agent"
        var metadata = Metadata()
        if !self.settings.headers.contains(where: { $0.name == agent }) {
            metadata.addString("OTel-OTLP-Exporter-Swift/\(version)", forKey: agent)
        }
        for header in self.settings.headers { metadata.addString(header.value, forKey: header.name) }
        return metadata
    }
}
