import FoundationEssentials

/// The certificates that tests of TLS need, of two authorities.
package struct TestCertificates: Sendable {
    package let authority: TestAuthority
    package let otherAuthority: TestAuthority
    /// For localhost and 127.0.0.1.
    package let server: TestIdentity
    /// The same, with another key.
    package let otherServer: TestIdentity
    package let expiredServer: TestIdentity
    /// For casare.example and no address.
    package let wrongHostServer: TestIdentity
    package let client: TestIdentity
    package let expiredClient: TestIdentity
    /// Of the other authority.
    package let foreignClient: TestIdentity

    /// - Throws: what swift-certificates says.
    package init() throws {
        let authority = try TestAuthority()
        let otherAuthority = try TestAuthority("Another CA")
        let past = Date(timeIntervalSinceNow: -7200)
        let ended = Date(timeIntervalSinceNow: -60)
        self.authority = authority
        self.otherAuthority = otherAuthority
        self.server = try authority.server()
        self.otherServer = try authority.server()
        self.expiredServer = try authority.server(from: past, until: ended)
        self.wrongHostServer = try authority.server(names: [Self.otherName], addresses: [])
        self.client = try authority.client("robot-1")
        self.expiredClient = try authority.client("robot-1", from: past, until: ended)
        self.foreignClient = try otherAuthority.client("robot-1")
    }

    /// Whom `wrongHostServer` names.
    package static let otherName = "casare.example"
}
