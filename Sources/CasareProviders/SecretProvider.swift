package import CasareDomain

/// Something outside of Casare that keeps secrets. Nothing of what it gives is kept here.
///
/// Paths are the provider's own. All calls end within `ProviderLimits.callMax`, whatever the other side does.
package protocol SecretProvider: Sendable {
    /// As the file of providers calls it.
    var name: String { get }
    var kind: ProviderHealth.Kind { get }
    var abilities: Set<ProviderAbility> { get }

    /// - Throws: `ProviderError`: why it would give no secret now.
    func check() async throws(ProviderError)

    /// - Parameter version: `nil`: the newest one.
    func fields(at path: String, version: Int?) async throws(ProviderError) -> ProvidedFields

    /// The names in a folder, sorted, without the folder before them; a folder among them ends with a slash. None in a
    /// folder that is not there, where the provider does not tell that from an empty one.
    func names(_ listing: PathListing) async throws(ProviderError) -> [String]

    /// Whether what is at a path is made anew each time, and ends.
    func isDynamic(_ path: String) -> Bool

    /// Makes credentials.
    func make(at path: String) async throws(ProviderError) -> MadeCredentials

    /// Begins the life of credentials anew, as far as the provider lets it.
    ///
    /// - Parameter path: at which they were made.
    /// - Throws: `.credentialsGone` for those that it knows no longer.
    func renew(_ credentials: ProviderLease, madeAt path: String) async throws(ProviderError) -> RenewedLife

    /// Gives credentials back. Those that it knows no longer count as given back.
    func revoke(_ credentials: ProviderLease, madeAt path: String) async throws(ProviderError)

    /// Ends connections. Nothing else is called afterwards.
    func close() async
}

/// What a provider has at a path.
package struct ProvidedFields: Sendable {
    package let fields: SecretFields
    /// `nil` where the provider counts none.
    package let version: Int?

    package init(fields: SecretFields, version: Int?) {
        self.fields = fields
        self.version = version
    }
}

/// The field of a provider that has one text for each secret, and no names for parts of it.
package let soleField = "value"

/// By what a provider knows credentials that it made. It opens nothing.
package struct ProviderLease: Hashable, Sendable {
    package let id: String
    /// Names the token that made them, and with whose end they end; it is not the token.
    package let accessor: String?

    package init(id: String, accessor: String?) {
        self.id = id
        self.accessor = accessor
    }
}

/// Credentials that were just made.
package struct MadeCredentials: Sendable {
    package let fields: SecretFields
    package let lease: ProviderLease
    package let life: RenewedLife
    package let isRenewable: Bool

    package init(fields: SecretFields, lease: ProviderLease, life: RenewedLife, isRenewable: Bool) {
        self.fields = fields
        self.lease = lease
        self.life = life
        self.isRenewable = isRenewable
    }
}

/// For how much longer credentials are there.
package struct RenewedLife: Hashable, Sendable {
    package let credentials: Duration
    /// Of the token that made them; `nil`: it has no end.
    package let token: Duration?
    /// Why the token's life could not be begun anew, while that of the credentials could.
    package let problem: String?

    package init(credentials: Duration, token: Duration?, problem: String? = nil) {
        self.credentials = credentials
        self.token = token
        self.problem = problem
    }
}

/// What bounds all that is asked of providers.
package enum ProviderLimits {
    /// One call, its tries to sign in included, takes no longer than twice this.
    package static let callMax = Duration.seconds(10)
    package static let connectMax = Duration.seconds(3)
    /// Of an answer, and of a file.
    package static let bytesMax = 1 << 20
    /// Names of a folder of files that are looked at.
    package static let filesMax = 1000
    package static let pathCharactersMax = 500
    package static let connectionsMax = 8
}

extension SecretProvider {
    package func isDynamic(_: String) -> Bool { false }

    package func make(at path: String) async throws(ProviderError) -> MadeCredentials {
        throw .unsupported(provider: self.name, "it makes no credentials, so there are none at \(path)")
    }

    package func renew(_: ProviderLease, madeAt path: String) async throws(ProviderError) -> RenewedLife {
        throw .unsupported(provider: self.name, "it makes no credentials, so none of \(path) can be renewed")
    }

    package func revoke(_: ProviderLease, madeAt path: String) async throws(ProviderError) {
        throw .unsupported(provider: self.name, "it makes no credentials, so none of \(path) can be given back")
    }

    package func close() async {}
}
