public import CasareDomain

/// `POST /api/v1/jobs/{id}/secrets`: what a job needs of what its workflow names.
public struct SecretAccessRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    /// As `SecretReference.named(in:)` gives them.
    public var references: [String]

    public init(token: Lease.Token, references: [String]) {
        self.token = token
        self.references = references
    }

    private enum CodingKeys: String, CodingKey {
        case token, references
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            token: try container.decode(Lease.Token.self, forKey: .token),
            references: try container.decode([String].self, forKey: .references))
        guard self.references.count <= SecretReference.countMax else {
            throw WireDecodingError(
                path: WireDecodingError.text(of: decoder.codingPath + [CodingKeys.references]),
                message: "expected at most \(SecretReference.countMax), got \(self.references.count)")
        }
    }
}

/// What a reference stands for.
public struct GrantedSecret: Sendable, Codable {
    /// As it was asked for.
    public let reference: String
    public let name: Secret.Name
    public let kind: Secret.Kind
    /// 0: a provider has it, and has said none.
    public let version: Int
    /// The one field that the reference means, or all of them.
    public let fields: SecretFields

    public init(reference: String, name: Secret.Name, kind: Secret.Kind, version: Int, fields: SecretFields) {
        self.reference = reference
        self.name = name
        self.kind = kind
        self.version = version
        self.fields = fields
    }
}

/// Why a reference is not answered.
public struct RefusedSecret: Hashable, Sendable, Codable {
    public let reference: String
    /// `secret_not_found`, `secret_denied` or `secret_unavailable`: only the last is worth another try.
    public let code: String
    public let message: String

    public init(reference: String, code: String, message: String) {
        self.reference = reference
        self.code = code
        self.message = message
    }
}

public struct SecretAccessResponse: Sendable, Codable {
    public let secrets: [GrantedSecret]
    public let refused: [RefusedSecret]

    public init(secrets: [GrantedSecret], refused: [RefusedSecret]) {
        self.secrets = secrets
        self.refused = refused
    }
}
