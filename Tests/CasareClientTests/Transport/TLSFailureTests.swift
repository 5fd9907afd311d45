import CasareClient
import CasareTestSupport
import FoundationEssentials
import Testing

/// What a client says of a server that it cannot trust.
struct TLSFailureTests {
    private static func error(_ url: String, _ tls: TLSSettings) async throws -> ClientError? {
        var configuration = CasareClient.Configuration(url: url, token: "crpa_secret")
        configuration.retriesMax = 0
        configuration.tls = tls
        return try await withCasareClient(configuration) { client in
            await #expect(throws: ClientError.self) { try await client.live() }
        }
    }

    /// The certificate counted, and what answers is no Casare server.
    private static func hasTrusted(_ error: ClientError?) -> Bool {
        if case .notCasare = error { return true }
        return false
    }

    /// What a client says that trusts the authority.
    private static func reason(_ identity: TestIdentity, of authority: TestAuthority) async throws -> String {
        try await withTemporaryDirectory { folder in
            let file = "\(folder)/ca.pem"
            try TestIdentity.replace(file, with: authority.pem)
            let error = try await TLSServer.with(identity) { url in
                try await Self.error(url, TLSSettings(authorityFile: file))
            }
            guard case .tlsFailed(_, let reason) = error else { return "\(String(describing: error))" }
            return reason.replacing(folder, with: "")
        }
    }

    @Test func `a server whose authority is known is trusted, by address and by name`() async throws {
        let certificates = try TestCertificates()
        try await withTemporaryDirectory { folder in
            let file = "\(folder)/ca.pem"
            try TestIdentity.replace(file, with: certificates.authority.pem)
            try await TLSServer.with(certificates.server) { url in
                let settings = TLSSettings(authorityFile: file)
                let byAddress = try await Self.error(url, settings)
                let byName = try await Self.error(url.replacing("127.0.0.1", with: "localhost"), settings)
                #expect(Self.hasTrusted(byAddress) && Self.hasTrusted(byName))
            }
        }
    }

    @Test func `a server of another authority is not trusted, and the setting is named`() async throws {
        let certificates = try TestCertificates()
        let reason = try await Self.reason(certificates.server, of: certificates.otherAuthority)
        #expect(reason.contains("not from the authority in /ca.pem, which CASARE_CA_FILE names"), "\(reason)")
        let error = try await TLSServer.with(certificates.server) { try await Self.error($0, TLSSettings()) }
        #expect(error?.description.contains("set CASARE_CA_FILE to the PEM file of its authority") == true)
    }

    @Test func `a certificate that has ended, or begins later, is told from one of another authority`() async throws {
        let certificates = try TestCertificates()
        let ended = try await Self.reason(certificates.expiredServer, of: certificates.authority)
        #expect(ended.contains("its certificate ended at"), "\(ended)")
        let later = try certificates.authority.server(from: Date(timeIntervalSinceNow: 3600))
        let early = try await Self.reason(later, of: certificates.authority)
        #expect(early.contains("its certificate begins at"), "\(early)")
    }

    @Test func `a certificate for another host is refused, unless that name is asked for`() async throws {
        let certificates = try TestCertificates()
        let reason = try await Self.reason(certificates.wrongHostServer, of: certificates.authority)
        #expect(reason.contains("not for 127.0.0.1") && reason.contains("CASARE_TLS_SERVER_NAME"), "\(reason)")
        try await withTemporaryDirectory { folder in
            let file = "\(folder)/ca.pem"
            try TestIdentity.replace(file, with: certificates.authority.pem)
            try await TLSServer.with(certificates.wrongHostServer) { url in
                let named = TLSSettings(authorityFile: file, serverName: TestCertificates.otherName)
                let asked = try await Self.error(url, named)
                #expect(Self.hasTrusted(asked))
                let misnamed = try await Self.error(url, TLSSettings(authorityFile: file, serverName: "x.example"))
                #expect(misnamed?.description.contains("not for x.example") == true)
            }
        }
    }

    @Test func `without verification everybody is taken for the server`() async throws {
        let certificates = try TestCertificates()
        try await TLSServer.with(certificates.expiredServer) { url in
            let error = try await Self.error(url, TLSSettings(isVerificationOff: true))
            #expect(Self.hasTrusted(error))
        }
    }

    @Test func `what speaks no TLS is told from what is not trusted`() async throws {
        try await RawServer.with(.text("HTTP/1.1 400 Bad Request\r\n\r\n")) { port in
            let error = try await Self.error("https://127.0.0.1:\(port)", TLSSettings())
            let text = error?.description ?? ""
            #expect(text.contains("it is not spoken there; write http://"), "\(text)")
        }
    }
}
