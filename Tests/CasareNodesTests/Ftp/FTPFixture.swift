import CasareDomain
import CasareEngine
import CasareTestSupport
import Testing

extension NodePolicy {
    /// The servers of tests are on this machine.
    static let ofOwnServers = NodePolicy(allowsInternalURLs: true)
}

/// A way to reach an FTP or SFTP server.
enum FTPKind: String, CaseIterable {
    case plain, explicitTLS, implicitTLS, sftp
}

/// A server of that kind, and a run's folder beside it whose connection is closed afterwards.
struct FTPFixture: Sendable {
    let kind: FTPKind
    let server: TestServer
    let folder: RunFolder

    static func with<Result: Sendable>(
        _ kind: FTPKind, busyStores: Int = 0, bytesPerSecond: Int = 0,
        _ body: @escaping @Sendable (FTPFixture) async throws -> Result
    ) async throws -> Result {
        let use: @Sendable (TestServer) async throws -> Result = { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                let result: Swift.Result<Result, any Error>
                do {
                    result = .success(try await body(FTPFixture(kind: kind, server: server, folder: folder)))
                } catch {
                    result = .failure(error)
                }
                await folder.session.close()
                return try result.get()
            }
        }
        switch kind {
        case .plain: return try await TestServer.withFTP(busyStores: busyStores, bytesPerSecond: bytesPerSecond, use)
        case .explicitTLS: return try await TestServer.withFTP(tls: "explicit", use)
        case .implicitTLS: return try await TestServer.withFTP(tls: "implicit", use)
        case .sftp: return try await TestServer.withSFTP(use)
        }
    }

    /// The configuration of a connect node that works.
    var access: Object {
        var access: Object = [
            "host": "localhost", "port": self.server.port(), "username": "ann", "password": "secret word",
            "timeout": 30, "passive": true,
        ]
        switch self.kind {
        case .plain: break
        case .explicitTLS: (access["use_tls"], access["ssl_ca"]) = (true, self.server.authority)
        case .implicitTLS: (access["protocol"], access["ssl_ca"]) = ("ftps", self.server.authority)
        case .sftp: (access["protocol"], access["host_key"]) = ("sftp", self.server.details["fingerprint"] ?? .null)
        }
        return access
    }

    @discardableResult
    func connect(_ changes: Object = [:]) async throws -> Object {
        try await self.folder.perform("FTPConnectNode", self.access.merging(changes))
    }

    func refusal(_ changes: Object) async throws -> NodeFailure {
        let failure = try await self.folder.failure("FTPConnectNode", self.access.merging(changes))
        #expect(failure.outputs["connected"] == false)
        return failure
    }
}
