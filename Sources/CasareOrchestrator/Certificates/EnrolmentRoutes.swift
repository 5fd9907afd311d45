import CasareCertificates
import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// What lets robots in that nobody knows yet.
enum EnrolmentRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/robots/enrolments", .needs(.robotCreate),
            "Create a token that lets robots in, each with a certificate of its own. It is shown this once.",
            statuses: [201], Self.create),
        .get(
            "/api/v1/robots/enrolments", .needs(.robotRead), "List what lets robots in, newest first.",
            query: [.limit, .cursor], Self.list),
        .delete(
            "/api/v1/robots/enrolments/{id}", .needs(.robotCreate),
            "Make such a token worthless. The robots that it has let in stay.", Self.revoke),
    ]

    private static func create(
        _ request: APIRequest, _ body: CreateEnrolmentRequest
    ) async throws -> Answer<CreateEnrolmentResponse> {
        let keys = try request.keys()
        let new = NewRobotEnrolment(
            who: try body.who(), environment: body.environment, tags: body.tags, capabilities: body.capabilities,
            uses: body.uses, life: .seconds(body.expiresInSeconds))
        try request.requireAll(
            Role.robot.permissions(in: request.principal.tenant), toGive: "the robots that it lets in")
        // That there is an authority whose certificates TLS takes, by the time that the first robot comes.
        _ = try await CertificateAuthorities.signer(of: request.services, keys: keys, by: request.actor)
        let (text, enrolment) = try await request.inTenant { connection in
            try request.requireLife(
                until: Date(timeIntervalSinceNow: body.expiresInSeconds), toGive: "the token of the enrolment",
                field: "expires_in_seconds",
                advice: "let it expire by then (expires_in_seconds; casarectl: --expires-in)", on: connection)
            let (text, enrolment) = try EnrolmentStore.create(new, by: request.actor, on: connection)
            request.audit?.note(subject: enrolment.id.description)
            return (text, enrolment)
        }
        // The last one of the chain is the nearest to what people trust.
        let server = request.services.servedCertificates.last?.fingerprint
        return Answer(
            status: 201,
            CreateEnrolmentResponse(
                token: text.reveal(), info: EnrolmentInfo(enrolment), serverFingerprint: server))
    }

    private static func list(_ request: APIRequest) async throws -> EnrolmentPage {
        let limit = try request.limit()
        let before = try request.cursor { RobotEnrolment.ID($0) }
        let enrolments = try await request.inTenant { connection in
            try EnrolmentStore.list(before: before, limit: limit + 1, on: connection)
        }
        let page = enrolments.page(of: limit, cursor: \.id.description)
        return EnrolmentPage(enrolments: page.items.map(EnrolmentInfo.init), nextCursor: page.nextCursor)
    }

    private static func revoke(_ request: APIRequest) async throws -> EnrolmentInfo {
        let text = request.parameter("id")
        guard let id = RobotEnrolment.ID(text) else {
            throw APIProblem.invalidInput("id", "\"\(text.prefix(64))\" is not the ID of an enrolment, which is a UUID")
        }
        return EnrolmentInfo(
            try await request.inTenant { connection in
                try EnrolmentStore.revoke(id, by: request.actor, on: connection)
            })
    }
}

extension CreateEnrolmentRequest {
    /// - Throws: for what is neither a robot's ID nor the beginning of one.
    fileprivate func who() throws(WireDecodingError) -> RobotEnrolment.Who {
        guard let name = self.name else { return .anyNew }
        if let id = Robot.ID(rawValue: name) {
            try id.checkIsFree("name")
            return .robot(id)
        }
        // With a letter in the asterisk's place it is an ID.
        guard name.last == "*", Robot.ID(rawValue: String(name.dropLast()) + "a") != nil, name.utf8.count > 1 else {
            throw WireDecodingError(
                path: "name",
                message: "expected a robot's ID, or the beginning of one with an asterisk behind it, such as mill-*")
        }
        return .newNamed(prefix: String(name.dropLast()))
    }
}

extension Robot.ID {
    /// Parts of paths: a robot of such a name could not be looked at.
    private static let reserved = ["enrolments", "certificates"]

    /// - Throws: for a name that no robot can have over the API.
    func checkIsFree(_ place: String) throws(WireDecodingError) {
        guard !Self.reserved.contains(self.rawValue) else {
            throw WireDecodingError(path: place, message: "\(self) is a word of the API; choose another name")
        }
    }
}

extension EnrolmentInfo {
    init(_ enrolment: RobotEnrolment) {
        let name: String? =
            switch enrolment.who {
            case .anyNew: nil
            case .robot(let id): id.rawValue
            case .newNamed(let prefix): prefix + "*"
            }
        self.init(
            id: enrolment.id.description, name: name, environment: enrolment.environment, tags: enrolment.tags,
            capabilities: enrolment.capabilities, usesMax: enrolment.usesMax, usesLeft: enrolment.usesLeft,
            prefix: enrolment.prefix, createdAt: enrolment.createdAt, createdBy: enrolment.createdBy,
            expiresAt: enrolment.expiresAt, lastUsedAt: enrolment.lastUsedAt, revokedAt: enrolment.revokedAt,
            revokedBy: enrolment.revokedBy)
    }
}
