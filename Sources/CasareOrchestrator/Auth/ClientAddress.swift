import CasareDomain
import HTTPTypes
import HummingbirdCore

/// Where a request comes from.
enum ClientAddress {
    /// More addresses than that no chain of proxies has.
    private static let hopsMax = 20

    /// The other end of the connection, or, where that is a proxy whose word counts, whom it names in
    /// `X-Forwarded-For`: the last address that is not such a proxy itself. What stands before that, anybody could have
    /// written.
    ///
    /// - Parameter peer: the other end of the connection, as the system writes it.
    static func of(
        _ request: Request, peer: String?, trusting proxies: [AddressRange]
    ) -> NetworkAddress? {
        self.of(forwardedFor: request.headers[values: .forwardedFor], peer: peer, trusting: proxies)
    }

    /// - Parameter fields: the values of all headers `X-Forwarded-For`, in their order.
    static func of(forwardedFor fields: [String], peer: String?, trusting proxies: [AddressRange]) -> NetworkAddress? {
        guard var address = peer.flatMap({ NetworkAddress($0) }) else { return nil }
        let isTrusted = { (address: NetworkAddress) in proxies.contains { $0.contains(address) } }
        let hops = fields.joined(separator: ",").split(separator: ",").suffix(Self.hopsMax)
        for hop in hops.reversed() {
            // What is no address says nothing, so the one who wrote it counts.
            guard isTrusted(address), let next = Self.address(hop) else { break }
            address = next
        }
        return address
    }

    /// Some proxies write a port behind it, and brackets around version 6 then.
    private static func address(_ hop: Substring) -> NetworkAddress? {
        let text = hop.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
        if text.hasPrefix("[") { return NetworkAddress(text.dropFirst().prefix { $0 != "]" }) }
        if let address = NetworkAddress(text) { return address }
        guard text.count(where: { $0 == ":" }) == 1 else { return nil }
        return NetworkAddress(text.prefix { $0 != ":" })
    }
}

extension HTTPField.Name {
    // The name is valid.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
