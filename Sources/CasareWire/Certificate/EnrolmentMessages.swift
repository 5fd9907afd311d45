public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/robots/enrolments`: what is to let robots in.
public struct CreateEnrolmentRequest: Hashable, Sendable {
    public static let usesRange = 1...1000
    /// From a minute to 30 days.
    public static let expiresInSecondsRange = 60.0...2_592_000
    public static let expiresInSecondsDefault = 86_400.0

    /// A robot's ID, for that one; or the beginning of one with an asterisk behind it, for robots that there are not
    /// yet. Without it: any robot that there is not yet.
    public var name: String?
    public var environment: String?
    public var tags: [String]
    public var capabilities: [String]
    /// How many robots it lets in.
    public var uses: Int
    public var expiresInSeconds: Double

    public init(
        name: String? = nil, environment: String? = nil, tags: [String] = [], capabilities: [String] = [],
        uses: Int = 1, expiresInSeconds: Double = CreateEnrolmentRequest.expiresInSecondsDefault
    ) {
        self.name = name
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.uses = uses
        self.expiresInSeconds = expiresInSeconds
    }
}

extension CreateEnrolmentRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, environment, tags, capabilities, uses, expiresInSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decodeIfPresent(String.self, forKey: .name),
            environment: try container.decodeIfPresent(String.self, forKey: .environment),
            tags: try container.decodeIfPresent([String].self, forKey: .tags) ?? [],
            capabilities: try container.decodeIfPresent([String].self, forKey: .capabilities) ?? [],
            uses: try container.decodeIfPresent(Int.self, forKey: .uses) ?? 1,
            expiresInSeconds: try container.decodeIfPresent(Double.self, forKey: .expiresInSeconds)
                ?? Self.expiresInSecondsDefault)
        let path = decoder.codingPath
        try NumberBounds.check(self.uses, in: Self.usesRange, path + [CodingKeys.uses])
        try NumberBounds.check(
            seconds: self.expiresInSeconds, in: Self.expiresInSecondsRange, path + [CodingKeys.expiresInSeconds])
        if let environment = self.environment {
            try ShortText.check(
                environment, path + [CodingKeys.environment],
                charactersMax: SubmitJobRequest.environmentCharactersMax)
        }
        for (labels, key) in [(self.tags, CodingKeys.tags), (self.capabilities, .capabilities)] {
            try ShortText.check(labels: labels, path + [key])
        }
    }
}

public struct EnrolmentInfo: Hashable, Sendable, Codable {
    public let id: String
    /// As in `CreateEnrolmentRequest`.
    public let name: String?
    public let environment: String?
    public let tags: [String]
    public let capabilities: [String]
    public let usesMax: Int
    public let usesLeft: Int
    /// The beginning of its token.
    public let prefix: String
    public let createdAt: Date
    public let createdBy: String
    public let expiresAt: Date
    public let lastUsedAt: Date?
    public let revokedAt: Date?
    public let revokedBy: String?

    public init(
        id: String, name: String?, environment: String?, tags: [String], capabilities: [String], usesMax: Int,
        usesLeft: Int, prefix: String, createdAt: Date, createdBy: String, expiresAt: Date, lastUsedAt: Date?,
        revokedAt: Date?, revokedBy: String?
    ) {
        self.id = id
        self.name = name
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.usesMax = usesMax
        self.usesLeft = usesLeft
        self.prefix = prefix
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
        self.revokedBy = revokedBy
    }
}

public struct CreateEnrolmentResponse: Hashable, Sendable, Codable {
    /// The secret itself: shown this once.
    public let token: String
    public let info: EnrolmentInfo
    /// Of the certificate that whoever enrols can know the server by; `nil`: the server does not speak TLS.
    public let serverFingerprint: String?

    public init(token: String, info: EnrolmentInfo, serverFingerprint: String?) {
        self.token = token
        self.info = info
        self.serverFingerprint = serverFingerprint
    }
}

public struct EnrolmentPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let enrolments: [EnrolmentInfo]
    public let nextCursor: String?

    public init(enrolments: [EnrolmentInfo], nextCursor: String?) {
        self.enrolments = enrolments
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/enrol`: a robot that nobody knows yet asks for its first certificate.
public struct EnrolRequest: Hashable, Sendable, Codable {
    /// Of an enrolment.
    public var token: String
    /// A request for a certificate (PKCS #10) in PEM form, for a P-256 key, or an RSA key of at least 2048 bits.
    public var csr: String
    /// Who it is; it may be left out where the enrolment is for one robot.
    public var name: Robot.ID?

    public init(token: String, csr: String, name: Robot.ID? = nil) {
        self.token = token
        self.csr = csr
        self.name = name
    }
}

public struct EnrolResponse: Hashable, Sendable, Codable {
    public let robot: Robot.ID
    public let certificate: SignedCertificate
    /// What the enrolment says of the robot, to be told to its process.
    public let environment: String?
    public let tags: [String]
    public let capabilities: [String]

    public init(
        robot: Robot.ID, certificate: SignedCertificate, environment: String?, tags: [String], capabilities: [String]
    ) {
        self.robot = robot
        self.certificate = certificate
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
    }
}
