import CasareDomain
public import CasareWire

/// The audit log.
extension CasareClient {
    /// The newest first. A page may be empty and have a cursor: so many entries are looked through for one.
    public func auditEntries(
        _ query: AuditQuery = AuditQuery(), limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AuditPage {
        var parameters = query.parameters
        parameters.append((name: "limit", value: limit.map(String.init)))
        parameters.append((name: "cursor", value: cursor))
        return try await self.get("\(Self.apiPath)/audit", parameters)
    }

    /// Entries in the order of the chain, with their hashes.
    ///
    /// - Parameters:
    ///   - number: begins after this one; `nil`: with the first one that is kept.
    ///   - cursor: of the page before, in place of a number.
    public func auditChain(
        after number: Int64? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AuditChainPage {
        try await self.get(
            "\(Self.apiPath)/audit/chain",
            [("after", number.map { String($0) }), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// The same for an export, which takes a permission of its own.
    public func auditExport(
        after number: Int64? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AuditChainPage {
        try await self.get(
            "\(Self.apiPath)/audit/export",
            [("after", number.map { String($0) }), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// The newest first.
    public func auditAnchors(
        limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AuditAnchorPage {
        try await self.get(
            "\(Self.apiPath)/audit/anchors", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// Has the server check a part of the chain.
    ///
    /// - Parameter publicKey: that all anchors must be signed with.
    public func checkAudit(
        publicKey: String? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AuditCheckInfo {
        try await self.get(
            "\(Self.apiPath)/audit/check", [("public_key", publicKey), ("cursor", cursor)])
    }
}
