@testable import CasareClient
import CasareTestSupport
import FoundationEssentials
import NIOSSL
import Testing

/// The files of a client's TLS settings.
struct ClientTLSTests {
    private static func chain(_ identity: TestIdentity) throws -> [NIOSSLCertificateSource] {
        try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8)).map { .certificate($0) }
    }

    private static func problem(_ settings: TLSSettings) -> String {
        let error = #expect(throws: ClientError.self) { try ClientTLS(settings).configuration() }
        guard case .invalidTLS(let text) = error else { return "\(String(describing: error))" }
        return text
    }

    @Test func `a certificate that was renewed in its place is shown from then on`() async throws {
        let authority = try TestAuthority()
        let (first, second) = (try authority.client("r"), try authority.client("r"))
        try await withTemporaryDirectory { folder in
            let files = try first.write(to: folder, as: "robot")
            let tls = ClientTLS(TLSSettings(certificateFile: files.certificate, keyFile: files.key))
            #expect(try tls.configuration().certificateChain == Self.chain(first))
            try second.write(to: folder, as: "robot")
            #expect(try tls.configuration().certificateChain == Self.chain(second))
        }
    }

    @Test func `in the middle of a renewal the pair from before is shown`() async throws {
        let authority = try TestAuthority()
        let (first, second) = (try authority.client("r"), try authority.client("r"))
        try await withTemporaryDirectory { folder in
            let files = try first.write(to: folder, as: "robot")
            let tls = ClientTLS(TLSSettings(certificateFile: files.certificate, keyFile: files.key))
            #expect(try tls.configuration().certificateChain == Self.chain(first))
            try TestIdentity.replace(files.key, with: second.keyPEM)
            #expect(try tls.configuration().certificateChain == Self.chain(first))
            try TestIdentity.replace(files.certificate, with: second.certificatePEM)
            #expect(try tls.configuration().certificateChain == Self.chain(second))
            try FileManager.default.removeItem(atPath: files.key)
            #expect(try tls.configuration().certificateChain == Self.chain(second))
        }
    }

    @Test func `files that cannot be used are refused with the name of their setting`() async throws {
        let authority = try TestAuthority()
        let (one, other) = (try authority.client("r"), try authority.client("r"))
        try await withTemporaryDirectory { folder in
            let files = try one.write(to: folder, as: "one")
            let others = try other.write(to: folder, as: "other")
            let (certificate, key) = (files.certificate, files.key)
            #expect(Self.problem(TLSSettings(authorityFile: "\(folder)/none")).hasPrefix("CASARE_CA_FILE names"))
            #expect(Self.problem(TLSSettings(authorityFile: folder)).hasPrefix("CASARE_CA_FILE names"))
            #expect(Self.problem(TLSSettings(authorityFile: key)).contains("no certificates in PEM form"))
            #expect(Self.problem(TLSSettings(certificateFile: certificate)).contains("CASARE_CLIENT_KEY is not"))
            #expect(Self.problem(TLSSettings(keyFile: key)).contains("CASARE_CLIENT_CERTIFICATE is not"))
            #expect(
                Self.problem(TLSSettings(certificateFile: certificate, keyFile: certificate))
                    .contains("no key in PEM form"))
            #expect(
                Self.problem(TLSSettings(certificateFile: certificate, keyFile: others.key))
                    .contains("does not belong to the certificate of CASARE_CLIENT_CERTIFICATE"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
            let readable = Self.problem(TLSSettings(certificateFile: certificate, keyFile: key))
            #expect(readable.hasPrefix("CASARE_CLIENT_KEY") && readable.contains("chmod 600"))
        }
    }

    @Test func `a file that cannot be used is no reason to try again`() async throws {
        var configuration = CasareClient.Configuration(url: "https://127.0.0.1:1", token: nil)
        configuration.tls = TLSSettings(authorityFile: "/nowhere/ca.pem")
        try await withCasareClient(configuration) { client in
            let error = await #expect(throws: ClientError.self) { try await client.live() }
            #expect(error?.description.contains("CASARE_CA_FILE names /nowhere/ca.pem") == true)
        }
    }
}
