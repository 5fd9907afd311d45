import CasareDomain
import CasareEngine

/// Where connections to a server go: what its name led to when it was looked up, and the address guard let through.
///
/// libcurl gets these in place of a look-up of its own, so that the name cannot lead elsewhere after it was checked.
/// The name stays what the server's certificate must be for.
struct ServerAddresses: Sendable {
    /// Servers have many addresses at times; after so many the rest will not answer either.
    private static let countMax = 4
    private static let gate = AddressGuard(
        resolver: { try await NameResolution.addresses(of: $0) }, isInternal: { $0.isInternal })

    let all: [IPAddress]

    init(_ all: [IPAddress]) { self.all = Array(all.prefix(Self.countMax)) }

    /// Looks a host up.
    ///
    /// - Parameter seconds: How long that may take.
    /// - Throws: `SecurityError` where the robot's rules are against it; `ServiceFailure` when there is no address now.
    init(of host: HostName, seconds: Int, allowsInternal: Bool) async throws {
        do {
            let found = try await WebClient.within(.seconds(seconds)) {
                try await Self.gate.addresses(of: host.text, allowsInternal: allowsInternal)
            }
            guard let found else {
                throw ServiceFailure(
                    "TimeoutError", "Cannot look up \(host.text): no answer within \(seconds) s", isTransient: true)
            }
            self.init(found)
        } catch let error as TransportFailure {
            throw ServiceFailure(error.failure.type, error.failure.message, isTransient: true)
        }
    }

    /// What libcurl is to know of the addresses of whatever host it is given with this port (`CURLOPT_RESOLVE`).
    func entry(port: Int) -> String {
        "*:\(port):" + self.all.map { $0.isVersion6 ? "[\($0)]" : "\($0)" }.joined(separator: ",")
    }
}
