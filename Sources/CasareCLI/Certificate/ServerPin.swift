import ArgumentParser
import CasareCertificates
import CasareClient
import CasareWire

/// The SHA-256 of a certificate, by which a server is known that no authority of this machine vouches for.
struct FingerprintArgument: ArgumentForm, Hashable {
    static let form = "a SHA-256 fingerprint: 64 hex digits, with or without colons"

    let digits: String

    init?(argument: String) {
        guard let digits = CertificateFacts.fingerprint(argument) else { return nil }
        self.digits = digits
    }
}

/// Finds the certificate of a fingerprint among those that a server tells of.
///
/// That question is sent to whoever answers, and holds no secret. What is found is what the fingerprint says or
/// nothing; from then on only a server counts that this certificate vouches for.
struct ServerPin: Sendable {
    let fingerprint: String

    /// - Returns: the certificate in PEM form.
    /// - Throws: `.failure` where the server does not tell of it; what the client says.
    func certificate(of url: ServerURL, _ tls: TLSSettings) async throws -> String {
        var unverified = tls
        unverified.authorityFile = nil
        unverified.isVerificationOff = true
        let told = try await LoginCommand.withClient(of: url, token: nil, unverified) { try await $0.authorities() }
        return try Self.find(self.fingerprint, in: told, of: url)
    }

    static func find(
        _ fingerprint: String, in told: AuthoritiesResponse, of url: ServerURL
    ) throws(CommandFailure) -> String {
        // What somebody says the fingerprint is does not matter: it is computed here.
        for text in told.served.map(\.certificate) + told.authorities.map(\.certificate) {
            if let facts = try? CertificateFacts(pem: text), facts.fingerprint == fingerprint { return facts.pem }
        }
        throw CommandFailure(
            .failure,
            "\(url) has no certificate with the fingerprint \(fingerprint): nothing was sent to it. Compare it with "
                + "casarectl ca show; it is that of the authority of the server's own certificate, or of that "
                + "certificate where it has signed itself")
    }
}
