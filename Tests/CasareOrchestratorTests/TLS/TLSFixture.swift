import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareTestSupport
import CasareWire

/// An orchestrator that speaks TLS.
struct TLSFixture: Sendable {
    let server: OrchestratorFixture
    let certificates: TestCertificates
    /// Where its files are: server.pem and server.key.
    let folder: String

    /// Trusts the authority of the server.
    var trusting: TLSSettings { TLSSettings(authorityFile: "\(self.folder)/ca.pem") }

    static func with<R: Sendable>(
        clients: ServerTLS.Clients? = nil, hasClientAuthority: Bool = true, interval: Duration = .seconds(5),
        _ body: @escaping @Sendable (TLSFixture) async throws -> R
    ) async throws -> R {
        let certificates = try TestCertificates()
        return try await withTemporaryDirectory { folder in
            let files = try certificates.server.write(to: folder, as: "server")
            try TestIdentity.replace("\(folder)/ca.pem", with: certificates.authority.pem)
            let tls = ServerTLS(
                certificateFile: files.certificate, keyFile: files.key,
                clientAuthorityFile: hasClientAuthority ? "\(folder)/ca.pem" : nil, clients: clients)
            return try await OrchestratorFixture.with(tls: tls, certificateInterval: interval) { server in
                try await body(TLSFixture(server: server, certificates: certificates, folder: folder))
            }
        }
    }

    /// Trusts the authority of the server, and shows a certificate.
    func showing(_ identity: TestIdentity, as name: String = "client") throws -> TLSSettings {
        let files = try identity.write(to: self.folder, as: name)
        var settings = self.trusting
        settings.certificateFile = files.certificate
        settings.keyFile = files.key
        return settings
    }

    func withClient<R: Sendable>(
        _ role: Role = .viewer, _ tls: TLSSettings? = nil, url: String? = nil,
        _ body: (CasareClient) async throws -> R
    ) async throws -> R {
        var configuration = CasareClient.Configuration(url: url ?? self.server.url, token: self.server.tokens[role])
        configuration.retriesMax = 0
        configuration.tls = tls ?? self.trusting
        return try await withCasareClient(configuration, body)
    }

    /// Who the server says one is; in words why it says nothing.
    func name(_ tls: TLSSettings? = nil) async throws -> String {
        try await self.withClient(.viewer, tls) { client in
            do throws(ClientError) {
                return try await client.identity().name
            } catch {
                return error.description
            }
        }
    }
}
