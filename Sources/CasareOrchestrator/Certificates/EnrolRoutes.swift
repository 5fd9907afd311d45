import CasareCertificates
import CasareDomain
import CasareStore
import CasareWire

/// How a robot that nobody knows gets its first certificate.
enum EnrolRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/enrol", .everyone,
            "Let a robot in by the token of an enrolment: it gets a certificate for the key that it has made.",
            statuses: [201], Self.enrol)
    ]

    private static func enrol(_ request: APIRequest, _ body: EnrolRequest) async throws -> Answer<EnrolResponse> {
        let csr = try CertificateRequest(wire: body.csr)
        let keys = try request.keys()
        let door = EnrolmentDoor(request, token: body.token)
        let (tenant, enrolment) = try await door.enrolment()
        let robot = try Self.robot(body, enrolment)
        let principal = Principal(
            tenant: tenant, name: "enrolment:\(enrolment.id)", kind: .token, role: .robot, robot: robot)
        var request = request
        request.caller = principal
        request.audit?.isBy(principal)
        request.audit?.note(subject: robot.rawValue, detail: ["enrolment": .string(enrolment.id.description)])
        let services = request.services
        try await services.tenantGate.check(principal, for: .needs(.robotCreate), in: services.database)
        let signer = try await CertificateAuthorities.signer(of: services, keys: keys, by: principal.name)
        let facts = try signer.sign(csr, of: robot, in: tenant, lasting: services.certificateLife)
        let new = signer.record(of: facts, robot, .enrolment(enrolment.id))
        let used: RobotEnrolment
        do {
            used = try await request.inTenant { connection in
                let used = try EnrolmentStore.letIn(robot, by: enrolment.id, on: connection)
                _ = try CertificateStore.record(new, on: connection)
                try ControlLog.record(
                    "robot.enrol", of: robot.rawValue, by: principal.name, reason: nil,
                    detail: ["serial": .string(facts.serial)], on: connection)
                return used
            }
        } catch let refusal as EnrolmentStore.Refusal {
            throw await door.problem(refusal)
        }
        return Answer(
            status: 201,
            EnrolResponse(
                robot: robot, certificate: SignedCertificate(facts, by: signer), environment: used.environment,
                tags: used.tags, capabilities: used.capabilities))
    }

    private static func robot(_ body: EnrolRequest, _ enrolment: RobotEnrolment) throws -> Robot.ID {
        guard let name = body.name ?? enrolment.who.robot else {
            throw APIProblem(
                .validation, "name: is missing; this enrolment is not for one robot, so say what this one is called",
                field: "name")
        }
        try name.checkIsFree("name")
        return name
    }
}

/// Looks at tokens of enrolments. Whoever shows one that does not count learns nothing more: one that is unknown, used
/// up, revoked or has ended all get the same answer, and those who show too many are not listened to for a while, as
/// with other tokens.
private struct EnrolmentDoor: Sendable {
    /// As `Authenticator.Finding`.
    private enum Finding {
        case found(Tenant.ID, RobotEnrolment)
        case nothing
        case nothingOfLocked(seconds: Double)
        case lockedOut(seconds: Double)
    }

    private let services: Services
    private let text: TokenText?
    private let subject: Lockouts.Subject

    init(_ request: APIRequest, token: String) {
        self.services = request.services
        self.text = TokenText(token, .enrolment)
        self.subject = Lockouts.Subject(
            request.audit?.source.flatMap { NetworkAddress($0) }, mark: self.text?.prefix ?? "malformed")
    }

    /// - Throws: 401 for one that does not count, 429 from where too many such came.
    func enrolment() async throws -> (tenant: Tenant.ID, enrolment: RobotEnrolment) {
        let metrics = self.services.metrics.auth
        if let seconds = self.services.lockouts?.wait(of: self.subject) {
            metrics.failed(.enrolment, .lockedOut)
            throw APIProblem.lockedOut(seconds)
        }
        let (text, subject) = (self.text, self.subject)
        let rule = self.services.lockouts?.rule
        let database = self.services.database
        let finding = try await database.asSystem(
            deadline: .now + APIRequest.connectionWaitMax, statementMax: database.statementMax
        ) { connection -> Finding in
            if rule != nil, let seconds = try LockoutStore.locked(subject.description, on: connection) {
                return .lockedOut(seconds: seconds)
            }
            if let text, let (tenant, enrolment) = try EnrolmentStore.find(text, on: connection) {
                return .found(tenant, enrolment)
            }
            guard rule?.networkFailuresMax != nil,
                let seconds = try LockoutStore.locked(subject.network.description, on: connection)
            else { return .nothing }
            return .nothingOfLocked(seconds: seconds)
        }
        switch finding {
        case .found(let tenant, let enrolment): return (tenant, enrolment)
        case .lockedOut(let seconds):
            metrics.failed(.enrolment, .lockedOut)
            self.services.lockouts?.locked(self.subject, forSeconds: seconds)
            throw APIProblem.lockedOut(seconds)
        case .nothingOfLocked(let seconds):
            metrics.failed(.enrolment, .invalid)
            self.services.lockouts?.locked(self.subject.network, forSeconds: seconds)
            throw APIProblem.networkLockedOut(seconds)
        case .nothing: throw await self.refusal()
        }
    }

    func problem(_ refusal: EnrolmentStore.Refusal) async -> APIProblem {
        switch refusal {
        case .worthless: await self.refusal()
        case .otherName(let robot, let who):
            APIProblem(
                .validation,
                "name: this enrolment is \(who.purpose), not for \(robot); leave the name out, or take another",
                field: "name")
        case .known(let robot):
            APIProblem(
                .conflict,
                "there is a robot \(robot) already, and this enrolment is for new ones; choose another name, or let an "
                    + "administrator make one for it: casarectl robot enrollment create --name \(robot)", field: "name")
        }
    }

    private func refusal() async -> APIProblem {
        self.services.metrics.auth.failed(.enrolment, .invalid)
        if let seconds = await self.services.lockouts?.failed(self.subject) { return .networkLockedOut(seconds) }
        return APIProblem(
            .tokenInvalid,
            "the enrolment token is unknown, used up, expired or revoked; an administrator makes another one "
                + "with casarectl robot enrollment create")
    }
}

extension RobotEnrolment.Who {
    fileprivate var purpose: String {
        switch self {
        case .anyNew: "for any new robot"
        case .robot(let id): "for robot \(id)"
        case .newNamed(let prefix): "for new robots whose names begin with \(prefix)"
        }
    }
}

extension CertificateRequest {
    /// - Throws: `WireDecodingError` for the member `csr`.
    init(wire text: String) throws(WireDecodingError) {
        do throws(UnusableRequest) {
            try self.init(pem: text)
        } catch {
            throw WireDecodingError(path: "csr", message: error.description)
        }
    }
}

extension SignedCertificate {
    init(_ facts: CertificateFacts, by signer: CertificateAuthorities.Signer) {
        self.init(
            certificate: facts.pem, serial: facts.serial, fingerprint: facts.fingerprint, expiresAt: facts.notAfter,
            authority: signer.authority.facts.pem)
    }
}
