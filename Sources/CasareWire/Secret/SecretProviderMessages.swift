public import CasareDomain
public import FoundationEssentials

/// Something that keeps secrets elsewhere, as the tenant's people see it.
public struct SecretProviderInfo: Hashable, Sendable, Codable {
    /// By which a secret names it.
    public let name: String
    public let kind: ProviderHealth.Kind
    /// Whether it gave secrets out when it was last asked; `nil`: nobody has asked it yet.
    public let isHealthy: Bool?
    public let checkedAt: Date?
    /// In the order in which all are listed.
    public let abilities: [ProviderAbility]

    public init(
        name: String, kind: ProviderHealth.Kind, isHealthy: Bool?, checkedAt: Date?, abilities: [ProviderAbility]
    ) {
        self.name = name
        self.kind = kind
        self.isHealthy = isHealthy
        self.checkedAt = checkedAt
        self.abilities = abilities
    }
}

/// `GET /api/v1/secret-providers`.
public struct SecretProviderList: Hashable, Sendable, Codable {
    /// Those that the tenant may use, by name.
    public let providers: [SecretProviderInfo]

    public init(providers: [SecretProviderInfo]) { self.providers = providers }
}

/// A path at a provider, without what stands there.
public struct SecretPathInfo: Hashable, Sendable, Codable {
    /// As a secret names it; that of a folder ends with a slash.
    public let path: String
    public let isFolder: Bool

    public init(path: String) {
        self.path = path
        self.isFolder = path.hasSuffix("/")
    }
}

/// `GET /api/v1/secret-providers/{name}/paths`.
public struct SecretPathPage: Hashable, Sendable, Codable {
    /// Sorted.
    public let paths: [SecretPathInfo]
    public let nextCursor: String?

    public init(paths: [SecretPathInfo], nextCursor: String?) {
        self.paths = paths
        self.nextCursor = nextCursor
    }
}
