/// What something that keeps secrets elsewhere can do beside giving them out.
public enum ProviderAbility: String, Hashable, Sendable, Codable, CaseIterable {
    /// A secret there has versions, which may be named.
    case versions
    /// The paths that there are can be listed.
    case paths
    /// It makes credentials anew for each job, and ends them.
    case credentials
}
