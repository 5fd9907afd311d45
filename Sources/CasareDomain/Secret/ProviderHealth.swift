public import FoundationEssentials

/// How something that keeps secrets elsewhere was when it was last asked.
public struct ProviderHealth: Hashable, Sendable, Codable {
    /// What a provider is.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case hashiCorpVault = "hashicorp_vault"
        case supabaseVault = "supabase_vault"
        /// Variables of the process that reads them.
        case environment
        /// Files of the machine that reads them, such as mounted secrets.
        case files
    }

    /// Its name in the file of providers.
    public let name: String
    public let kind: Kind
    /// Whether it gave secrets out then.
    public let isHealthy: Bool
    /// Why it did not; it names no secret and no credential.
    public let problem: String?
    public let checkedAt: Date

    public init(name: String, kind: Kind, problem: String?, checkedAt: Date) {
        self.name = name
        self.kind = kind
        self.isHealthy = problem == nil
        self.problem = problem
        self.checkedAt = checkedAt
    }

    /// Without what only those may know who run the installation, such as addresses.
    public var inGeneral: ProviderHealth {
        ProviderHealth(
            name: self.name, kind: self.kind,
            problem: self.problem == nil ? nil : "it gives no secrets out; casarectl doctor db says why",
            checkedAt: self.checkedAt)
    }
}
