import CasareDomain
@testable import CasareProviders
import CasareTestSupport
import Testing

/// What is sent to a Vault, and to nobody else.
struct VaultTransportTests {
    private static func with(
        _ body: @escaping @Sendable (VaultTransport, TestServer) async throws -> Void
    ) async throws {
        try await TestServer.withEcho { server in
            let port = try #require(server.port().int)
            let transport = VaultTransport(
                provider: "corp", address: "http://127.0.0.1:\(port)", namespace: nil, authorities: nil)
            do {
                try await body(transport, server)
                await transport.shutdown()
            } catch {
                await transport.shutdown()
                throw error
            }
        }
    }

    @Test func `nobody is followed elsewhere, where the token would go along`() async throws {
        try await Self.with { transport, server in
            let reply = try await transport.send(VaultCall(method: .get, path: "kv/moved"), token: "root")
            #expect(reply.status == 307)
            let requests = server.text("requests").split(separator: "\n")
            #expect(requests.count == 1 && requests.first?.contains("/v1/kv/moved") == true, "\(requests)")
        }
    }

    @Test(arguments: [false, true])
    func `a connection on which secrets went is closed, with what its buffers hold`(holdsSecrets: Bool) async throws {
        try await Self.with { transport, _ in
            let reply = try await transport.send(
                VaultCall(method: .get, path: "kv/data/a", holdsSecrets: holdsSecrets), token: "root")
            let headers = reply.body["headers"]?.object ?? [:]
            let connection = headers.first { $0.key.lowercased() == "connection" }?.value.string?.lowercased()
            #expect((connection == "close") == holdsSecrets, "\(headers)")
        }
    }
}
