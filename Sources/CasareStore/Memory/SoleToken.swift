import CasareDomain

/// The one token of a server without a database: its bearer is the administrator.
package struct SoleToken: Sendable {
    package let text: TokenText
    private let name: String

    package init(_ text: TokenText = .random(), name: String) {
        self.text = text
        self.name = name
    }

    /// Who shows a token; `nil` for any other one. The hashes are compared: how long that takes tells nothing of the
    /// text.
    package func principal(showing other: TokenText) -> Principal? {
        guard other.hash == self.text.hash else { return nil }
        return Principal(tenant: .default, name: self.name, kind: .token, role: .admin, tokenID: 1)
    }
}
