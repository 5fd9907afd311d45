import CasareCertificates
import CasareDomain
import CasareStore
import CasareWire

/// The certificates of robots.
enum CertificateRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/robots/certificates", .needs(.robotRead), "List the certificates of all robots, newest first.",
            query: [.limit, .cursor], Self.list),
        .get(
            "/api/v1/robots/{id}/certificates", .needs(.robotRead),
            "List the certificates of a robot, newest first, also those that have ended.", query: [.limit, .cursor],
            Self.listOf),
        .post(
            "/api/v1/robots/{id}/certificate", .needs(.robotProtocol),
            "Renew a robot's certificate: sent by the robot itself, with the certificate that it has.", statuses: [201],
            Self.renew),
        .post(
            "/api/v1/robots/{id}/certificates/{serial}/revoke", .needs(.robotUpdate),
            "Make a certificate worthless, and those that it was renewed with since.", Self.revoke),
    ]

    private static func list(_ request: APIRequest) async throws -> RobotCertificatePage {
        try await self.page(of: nil, request)
    }

    private static func listOf(_ request: APIRequest) async throws -> RobotCertificatePage {
        try await self.page(of: try request.robotID(), request)
    }

    private static func page(of robot: Robot.ID?, _ request: APIRequest) async throws -> RobotCertificatePage {
        let limit = try request.limit()
        let before = try request.cursor { RobotCertificate.ID($0) }
        let certificates = try await request.inTenant { connection in
            try CertificateStore.list(of: robot, before: before, limit: limit + 1, on: connection)
        }
        let page = certificates.page(of: limit, cursor: \.id.description)
        return RobotCertificatePage(
            certificates: page.items.map(RobotCertificateInfo.init), nextCursor: page.nextCursor)
    }

    private static func renew(
        _ request: APIRequest, _ body: RenewCertificateRequest
    ) async throws -> Answer<SignedCertificate> {
        let robot = try request.robotID()
        guard request.principal.kind == .certificate, request.principal.robot == robot,
            let shown = request.certificate
        else {
            throw APIProblem(
                .insufficientPermissions,
                "a certificate is renewed by the robot that has it: send the request with that certificate and without "
                    + "a token. A robot that has none gets one with casarectl robot enroll")
        }
        let csr = try CertificateRequest(wire: body.csr)
        let services = request.services
        let signer = try await CertificateAuthorities.signer(
            of: services, keys: try request.keys(), by: request.actor)
        let facts = try signer.sign(
            csr, of: robot, in: request.principal.tenant, lasting: services.certificateLife)
        try await request.inTenant { connection in
            guard
                let held = try CertificateStore.hold(
                    fingerprint: shown.fingerprint, of: robot, on: connection)
            else { throw APIProblem.certificateInvalid }
            _ = try CertificateStore.record(
                signer.record(of: facts, robot, .renewal(of: held.serial)), on: connection)
            request.audit?.note(subject: robot.rawValue, detail: ["serial": .string(facts.serial)])
        }
        return Answer(status: 201, SignedCertificate(facts, by: signer))
    }

    private static func revoke(
        _ request: APIRequest, _ body: RevokeCertificateRequest
    ) async throws -> Answer<RobotCertificateInfo> {
        let robot = try request.robotID()
        // As people copy it from other programs.
        let serial = request.parameter("serial").lowercased().filter { $0 != ":" }
        let certificate = try await request.inTenant { connection in
            try CertificateStore.revoke(
                serial, of: robot, by: request.actor, why: body.reason, on: connection)
        }
        request.services.forgetCallers()
        return Answer(RobotCertificateInfo(certificate))
    }
}

extension RobotCertificateInfo {
    init(_ certificate: RobotCertificate) {
        let enrolment: String?
        let renews: String?
        switch certificate.origin {
        case .enrolment(let id): (enrolment, renews) = (id.description, nil)
        case .renewal(let serial): (enrolment, renews) = (nil, serial)
        }
        self.init(
            serial: certificate.serial, robot: certificate.robot, subject: certificate.subject,
            fingerprint: certificate.fingerprint, authority: certificate.authority.description,
            issuedAt: certificate.issuedAt, expiresAt: certificate.expiresAt, enrolment: enrolment, renews: renews,
            revokedAt: certificate.revokedAt, revokedBy: certificate.revokedBy, revokedWhy: certificate.revokedWhy)
    }
}
