extension NetworkAddress {
    private static let ranges = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }

    /// Whether what is sent there does not leave the machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    public var isLoopback: Bool { Self.ranges.contains { $0.contains(self) } }

    /// The same of a host as URLs name it, without the brackets of version 6. Of names `localhost` alone is one
    /// (RFC 6761 §6.3).
    public static func isLoopback(host: some StringProtocol) -> Bool {
        host.lowercased() == "localhost" || NetworkAddress(host)?.isLoopback == true
    }
}
