import CasareEngine

/// Decides where requests may go (node catalogue §0.6): a workflow must not reach, through the robot, machines that
/// only the robot's own network can reach.
///
/// It looks at addresses, not at names: every address that a name has right now must pass, and the connection is made
/// to one of those, so that a name cannot lead elsewhere a moment later.
struct AddressGuard: Sendable {
    typealias Resolver = @Sendable (String) async throws -> [IPAddress]

    let resolver: Resolver
    let isInternal: @Sendable (IPAddress) -> Bool

    /// The addresses to connect to, in the order in which to try them; never empty.
    ///
    /// - Throws: `SecurityError` for an internal address, `TransportFailure` when the name has none.
    func addresses(of host: String, allowsInternal: Bool) async throws -> [IPAddress] {
        let literal = IPAddress(host)
        let addresses = if let literal { [literal] } else { try await self.resolver(host) }
        guard !addresses.isEmpty else {
            throw TransportFailure(NodeFailure("NetworkError", "Cannot look up \(host): the name has no address"))
        }
        if !allowsInternal, let address = addresses.first(where: self.isInternal) {
            let subject = literal == nil ? "\(host) is at the internal address \(address)" : "\(host) is internal"
            throw NodeFailure(
                "SecurityError",
                "Refused to connect: \(subject). Internal addresses are reached only where the robot "
                    + "(CASARE_ALLOW_INTERNAL_URLS) or the tenant (casarectl tenant policy set url_rules=off) allows "
                    + "them, or lets a workflow's allow_internal_urls count (CASARE_ALLOW_DANGEROUS, or casarectl "
                    + "tenant policy set node_overrides=on)")
        }
        return addresses
    }
}

extension Inputs {
    /// Whether the robot lets this use of a node reach internal addresses, or leaves it to the workflow, which does.
    func allowsInternalAddresses(_ environment: NodeEnvironment) -> Bool {
        environment.policy.allowsInternalURLs
            || (environment.policy.allowsDangerousOverrides && self.bool("allow_internal_urls"))
    }
}
