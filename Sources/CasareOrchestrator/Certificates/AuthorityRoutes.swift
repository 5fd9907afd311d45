import CasareCertificates
import CasareDomain
import CasareStore
import CasareWire

/// The certificate authority of the installation.
enum AuthorityRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/ca", .everyone,
            "The certificate authorities whose certificates of robots count, and what the server shows of its own.",
            Self.get),
        .post(
            "/api/v1/ca/rotate", .needs(.authorityRotate),
            "Let another certificate authority sign from now on. What the one before has signed counts until it ends.",
            Self.rotate),
    ]

    private static func get(_ request: APIRequest) async throws -> AuthoritiesResponse {
        try await Self.answer(request)
    }

    private static func rotate(
        _ request: APIRequest, _ body: RotateAuthorityRequest
    ) async throws -> Answer<AuthoritiesResponse> {
        let keys = try request.keys()
        let actor = request.actor
        // In the log first: the authority itself belongs to no tenant.
        try await request.inTenant { connection in
            try ControlLog.record("ca.rotate", of: "ca", by: actor, reason: body.reason, on: connection)
        }
        try await CertificateAuthorities.rotate(of: request.services, keys: keys, by: actor)
        return Answer(try await Self.answer(request))
    }

    private static func answer(_ request: APIRequest) async throws -> AuthoritiesResponse {
        let authorities = try await CertificateAuthorities.trusted(in: request.services.database)
        return AuthoritiesResponse(
            authorities: authorities.map(AuthorityInfo.init),
            served: request.services.servedCertificates.map {
                ServedCertificate(
                    certificate: $0.pem, fingerprint: $0.fingerprint, subject: $0.subject, notAfter: $0.notAfter)
            })
    }
}

extension Services {
    /// What the server shows of its own certificate now, that one first.
    var servedCertificates: [CertificateFacts] {
        // TLS has read them before: one that cannot be read here is not told of.
        self.servedChain().compactMap { try? CertificateFacts(pem: $0) }
    }
}

extension AuthorityInfo {
    init(_ authority: CertificateAuthority) {
        let state: AuthorityState =
            switch authority.state {
            case .active: .active
            case .retiring: .retiring
            case .retired: .retired
            }
        self.init(
            id: authority.id.description, certificate: authority.certificate, fingerprint: authority.fingerprint,
            subject: authority.subject, notBefore: authority.notBefore, notAfter: authority.notAfter, state: state)
    }
}
