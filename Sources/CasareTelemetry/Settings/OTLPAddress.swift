/// Where a collector listens, as `OTEL_EXPORTER_OTLP_ENDPOINT` says it.
struct OTLPAddress: Hashable, CustomStringConvertible {
    /// Of OTLP over gRPC, whatever the scheme.
    static let portDefault = 4317
    /// Of OTLP over HTTP, which is not spoken here.
    static let portOfHTTP = 4318
    static let form = "http://host:port or https://host:port"
    static let standard = OTLPAddress(host: "localhost", port: portDefault, usesTLS: false, hasPath: false)

    /// Without the brackets that an address of IPv6 has in a URL.
    let host: String
    let port: Int
    let usesTLS: Bool
    /// Whether something stands behind the port, which gRPC has no use for.
    let hasPath: Bool

    private init(host: String, port: Int, usesTLS: Bool, hasPath: Bool) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.hasPath = hasPath
    }

    /// Parses a URL, or a host with or without a port.
    ///
    /// - Parameter isInsecure: counts where there is no scheme.
    /// - Returns: `nil` for anything else, and for a URL with a user's name or password.
    init?(_ text: String, isInsecure: Bool) {
        let rest: Substring
        if let scheme = text.firstRange(of: "://") {
            switch text[..<scheme.lowerBound].lowercased() {
            case "http": self.usesTLS = false
            case "https": self.usesTLS = true
            default: return nil
            }
            rest = text[scheme.upperBound...]
        } else {
            self.usesTLS = !isInsecure
            rest = text[...]
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        self.hasPath = !["", "/"].contains(rest.dropFirst(authority.count))
        guard let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port
    }

    var description: String { "\(self.usesTLS ? "https" : "http")://\(self.host):\(self.port)" }

    private static func split(_ authority: Substring) -> (host: String, port: Int)? {
        let host: Substring
        let behind: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            behind = authority[end...].dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ Self.isHostByte($0) || $0 == UInt8(ascii: ":") }) else {
                return nil
            }
        } else {
            host = authority.prefix { $0 != ":" }
            behind = authority.dropFirst(host.count)
            guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte) else { return nil }
        }
        if behind.isEmpty { return (String(host), Self.portDefault) }
        guard behind.hasPrefix(":"), let port = UInt16(behind.dropFirst()), port > 0 else { return nil }
        return (String(host), Int(port))
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
