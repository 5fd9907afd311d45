import CasareClient
import CasareDomain
import CasareWire

/// What somebody else is to have, for a dry run: nobody gives what they do not have.
enum GivenPermissions {
    /// The permissions that names stand for, `workflow.*` among them, in the order in which all are listed.
    ///
    /// - Parameter member: for the error.
    /// - Throws: `WireDecodingError` for the first name that there is not.
    static func names(_ texts: [String], at member: String) throws(WireDecodingError) -> [String] {
        try PermissionNames.parse(texts, at: member).inOrder.map(\.rawValue)
    }

    /// - Parameter what: for people, such as `the role clerk`.
    /// - Throws: `.forbidden` that names what the caller lacks.
    static func check(_ permissions: [String], of what: String, _ client: CasareClient) async throws {
        let caller = try await client.identity()
        let own = Set(caller.permissions)
        let missing = permissions.filter { !own.contains($0) }
        guard !missing.isEmpty else { return }
        throw CommandFailure(
            .forbidden,
            "\(what) would have permissions that \(caller.name) does not have: \(missing.joined(separator: ", ")); ask "
                + "somebody who has them")
    }
}
