public import CasareWire

/// What keeps secrets elsewhere.
extension CasareClient {
    /// Those that the tenant may use, by name.
    public func secretProviders() async throws(ClientError) -> SecretProviderList {
        try await self.get("\(Self.apiPath)/secret-providers")
    }

    /// The paths that a provider has, without what stands there.
    ///
    /// - Parameter prefix: how they begin, up to the end of one name; `nil`: those in no folder.
    public func secretPaths(
        of provider: String, prefix: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> SecretPathPage {
        try await self.get(
            "\(Self.apiPath)/secret-providers/\(percentEncoded(provider))/paths",
            [("prefix", prefix), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }
}
