public import CasareDomain
public import CasareWire
public import FoundationEssentials

/// Which secrets are listed; `nil`: all.
public struct SecretQuery: Hashable, Sendable {
    /// Of the name.
    public var prefix: String?
    public var kind: Secret.Kind?
    /// It has all of these.
    public var labels: [String: String]
    /// `nil`: deleted ones too.
    public var isDeleted: Bool?
    public var limit: Int?
    public var cursor: String?

    public init(
        prefix: String? = nil, kind: Secret.Kind? = nil, labels: [String: String] = [:], isDeleted: Bool? = false,
        limit: Int? = nil, cursor: String? = nil
    ) {
        self.prefix = prefix
        self.kind = kind
        self.labels = labels
        self.isDeleted = isDeleted
        self.limit = limit
        self.cursor = cursor
    }
}

/// Secrets. Their values go to the server in the bodies of requests, and come back by `revealSecret` alone.
extension CasareClient {
    /// It is not sent again when its answer is lost: its name is taken then.
    public func createSecret(_ request: CreateSecretRequest) async throws(ClientError) -> SecretInfo {
        try await self.post("\(Self.apiPath)/secrets", request, holdsSecrets: true)
    }

    /// By name.
    public func secrets(_ query: SecretQuery = SecretQuery()) async throws(ClientError) -> SecretPage {
        let labels = query.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try await self.get(
            "\(Self.apiPath)/secrets",
            [
                ("prefix", query.prefix), ("kind", query.kind?.rawValue),
                ("labels", labels.isEmpty ? nil : labels.joined(separator: ",")),
                ("deleted", query.isDeleted.map { $0 ? "only" : "without" } ?? "with"),
                ("limit", query.limit.map(String.init)), ("cursor", query.cursor),
            ])
    }

    /// - Parameter name: or ID.
    public func secret(_ name: String) async throws(ClientError) -> SecretInfo {
        try await self.get(Self.path(ofSecret: name))
    }

    /// Changes what is named, and nothing else.
    public func updateSecret(_ name: String, _ request: UpdateSecretRequest) async throws(ClientError) -> SecretInfo {
        try await self.patch(Self.path(ofSecret: name), request)
    }

    /// The newest first.
    public func secretVersions(of name: String) async throws(ClientError) -> SecretVersionList {
        try await self.get("\(Self.path(ofSecret: name))/versions")
    }

    /// A new version. It is not sent again when its answer is lost: that would make another one.
    public func putSecretVersion(
        _ name: String, _ request: PutSecretRequest
    ) async throws(ClientError) -> PutSecretResponse {
        try await self.post("\(Self.path(ofSecret: name))/versions", request, holdsSecrets: true)
    }

    /// A pending version is the current one from now on.
    public func promoteSecretVersion(
        _ name: String, version: Int, overlapSeconds: Double? = nil, reason: String? = nil
    ) async throws(ClientError) -> SecretInfo {
        try await self.post(
            "\(Self.path(ofSecret: name))/versions/\(version)/promote",
            SteerSecretVersionRequest(overlapSeconds: overlapSeconds, reason: reason))
    }

    /// A pending version comes to nothing.
    public func discardSecretVersion(
        _ name: String, version: Int, reason: String? = nil
    ) async throws(ClientError) -> SecretInfo {
        try await self.post(
            "\(Self.path(ofSecret: name))/versions/\(version)/discard", SteerSecretVersionRequest(reason: reason))
    }

    /// A new version with the value of an old one. It is not sent again when its answer is lost.
    public func rollBackSecret(
        _ name: String, _ request: RollBackSecretRequest
    ) async throws(ClientError) -> PutSecretResponse {
        try await self.post("\(Self.path(ofSecret: name))/rollback", request)
    }

    /// - Parameter versions: `nil`: the whole secret.
    public func deleteSecret(
        _ name: String, versions: [Int]? = nil, reason: String? = nil
    ) async throws(ClientError) -> SecretInfo {
        try await self.delete(
            Self.path(ofSecret: name),
            [("versions", versions.map { $0.map(String.init).joined(separator: ",") }), ("reason", reason)])
    }

    /// - Parameter versions: `nil`: the whole secret.
    public func undeleteSecret(
        _ name: String, versions: [Int]? = nil, reason: String? = nil
    ) async throws(ClientError) -> SecretInfo {
        try await self.post(
            "\(Self.path(ofSecret: name))/undelete", SecretVersionsRequest(versions: versions, reason: reason),
            mayRepeat: true)
    }

    /// The values are gone for good.
    ///
    /// - Parameter versions: `nil`: all of them, and the secret is deleted.
    public func destroySecret(
        _ name: String, versions: [Int]? = nil, reason: String? = nil, breakGlass: Bool = false
    ) async throws(ClientError) -> SecretInfo {
        try await self.post(
            "\(Self.path(ofSecret: name))/destroy",
            DestroySecretRequest(versions: versions, reason: reason, breakGlass: breakGlass))
    }

    /// - Parameters:
    ///   - version: `nil`: the whole secret.
    ///   - at: `nil`: it does not expire any more.
    public func expireSecret(
        _ name: String, version: Int? = nil, at: Date?, reason: String? = nil
    ) async throws(ClientError) -> SecretInfo {
        try await self.post(
            "\(Self.path(ofSecret: name))/expire", ExpireSecretRequest(version: version, at: at, reason: reason),
            mayRepeat: true)
    }

    /// The value, for who may see it.
    ///
    /// - Parameter reason: kept in the audit log.
    public func revealSecret(
        _ name: String, version: Int? = nil, reason: String
    ) async throws(ClientError) -> RevealedSecret {
        try await self.post(
            "\(Self.path(ofSecret: name))/reveal", RevealSecretRequest(version: version, reason: reason),
            mayRepeat: true, holdsSecrets: true)
    }

    /// The jobs that run and were given it.
    public func secretConsumers(
        of name: String, version: Int? = nil, limit: Int? = nil
    ) async throws(ClientError) -> SecretConsumerList {
        try await self.get(
            "\(Self.path(ofSecret: name))/consumers",
            [("version", version.map(String.init)), ("limit", limit.map(String.init))])
    }

    // MARK: - The key

    /// Wraps everything with the key that the server has now. One that is under way goes on.
    public func startRekey(reason: String? = nil) async throws(ClientError) -> RekeyStatus {
        try await self.post("\(Self.apiPath)/vault/rekey", RekeyRequest(reason: reason), mayRepeat: true)
    }

    public func rekey() async throws(ClientError) -> RekeyStatus { try await self.get("\(Self.apiPath)/vault/rekey") }

    // MARK: - For robots

    /// What a job's workflow names, while the lease lives.
    public func secrets(
        _ references: [String], under lease: Lease
    ) async throws(ClientError) -> SecretAccessResponse {
        try await self.post(
            "\(Self.apiPath)/jobs/\(lease.job)/secrets",
            SecretAccessRequest(token: lease.token, references: references),
            mayRepeat: true, holdsSecrets: true)
    }

    private static func path(ofSecret name: String) -> String { "\(Self.apiPath)/secrets/\(percentEncoded(name))" }
}
