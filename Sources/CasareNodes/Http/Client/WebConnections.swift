import AsyncHTTPClient
import NIOCore
import NIOHTTPCompression
import NIOSSL
import Synchronization

/// HTTP clients, one for each way that connections take, so that connections are used again.
///
/// The library resolves names by itself and takes an address only for a whole client, in `dnsOverride`: the name is
/// then still what certificates are checked against and what the server is told. So a client belongs to one checked
/// address.
final class WebConnections: Sendable {
    /// Clients that are kept although nobody uses them. Each has read the authorities that it trusts: more than a MiB.
    static let idleClientsMax = 8
    /// Shorter than most servers keep idle connections: one that the server closes while it is used again fails.
    static let idleConnectionSeconds: Int64 = 4

    struct Route: Hashable {
        let host: String
        /// `nil`: the proxy looks the name up.
        let address: IPAddress?
        /// The proxy and its address.
        let proxy: WebProxy?
        let proxyAddress: IPAddress?
        let verifiesCertificates: Bool
        let decompressedBytesMax: Int
    }

    private struct Entry {
        let client: HTTPClient
        let connections: ConnectionCount
        var users: Int
        /// Grows with every use.
        var lastUse: Int
    }

    private struct State {
        var entries: [Route: Entry] = [:]
        var uses = 0
    }

    private let state = Mutex(State())
    /// A PEM file of the authorities to trust; `nil`: the system's.
    private let authoritiesFile: String?

    init(authoritiesFile: String?) { self.authoritiesFile = authoritiesFile }

    /// - Parameter body: Gets the client, and a count of the connections that it has.
    func withClient<R>(
        for route: Route, _ body: (HTTPClient, ConnectionCount) async throws -> R
    ) async throws -> R {
        let (client, connections) = self.take(route)
        do {
            let result = try await body(client, connections)
            await self.giveBack(route)
            return result
        } catch {
            await self.giveBack(route)
            throw error
        }
    }

    /// Ends all clients; none may be in use.
    func shutdown() async {
        let clients = self.state.withLock { state in
            let clients = state.entries.values.map(\.client)
            state.entries = [:]
            return clients
        }
        for client in clients { await Self.end(client) }
    }

    private func take(_ route: Route) -> (HTTPClient, ConnectionCount) {
        self.state.withLock { state in
            state.uses += 1
            let uses = state.uses
            if var entry = state.entries[route] {
                entry.users += 1
                entry.lastUse = uses
                state.entries[route] = entry
                return (entry.client, entry.connections)
            }
            let connections = ConnectionCount()
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton,
                configuration: self.configuration(for: route, counting: connections))
            state.entries[route] = Entry(client: client, connections: connections, users: 1, lastUse: uses)
            return (client, connections)
        }
    }

    private func giveBack(_ route: Route) async {
        let surplus: HTTPClient? = self.state.withLock { state in
            state.entries[route]?.users -= 1
            let idle = state.entries.filter { $0.value.users == 0 }
            guard idle.count > Self.idleClientsMax, let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return nil }
            state.entries[oldest.key] = nil
            return oldest.value.client
        }
        if let surplus { await Self.end(surplus) }
    }

    private static func end(_ client: HTTPClient) async {
        // It fails only when it was shut down before.
        try? await client.shutdown()
    }

    private func configuration(
        for route: Route, counting connections: ConnectionCount
    ) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if !route.verifiesCertificates { tls.certificateVerification = .none }
        if let authoritiesFile { tls.trustRoots = .file(authoritiesFile) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(WebRequest.Options.connectTimeout)),
            connectionPool: .init(idleTimeout: .seconds(Self.idleConnectionSeconds)),
            decompression: .enabled(limit: .size(route.decompressedBytesMax)))
        // Otherwise a refused connection is tried again until the time to connect is up.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Header names stay as the server wrote them, as workflows know them.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { channel in
            connections.add(channel)
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        // Its spans carry whole URLs, with the tokens in their queries.
        configuration.tracing.tracer = nil
        if IPAddress(route.host) == nil, let address = route.address {
            configuration.dnsOverride = [route.host: address.description]
        }
        if let proxy = route.proxy, let address = route.proxyAddress {
            configuration.proxy = proxy.configuration(at: address)
        }
        return configuration
    }
}
