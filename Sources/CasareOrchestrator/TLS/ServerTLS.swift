package import CasareSettings
package import Configuration

/// How an orchestrator speaks TLS: where its certificate is, and whom it asks for one.
package struct ServerTLS: Hashable, Sendable {
    /// Whether clients show certificates. One that is shown must lead to a certificate authority that counts.
    package enum Clients: String, Hashable, Sendable, CaseIterable {
        /// None is asked for.
        case off
        /// Who has none gets in, and shows a token.
        case optional
        /// Who has none does not get in.
        case required
    }

    /// A PEM file: the certificate, then those that lead to its authority.
    package var certificateFile: String
    /// A PEM file that nobody else may read.
    package var keyFile: String
    /// A PEM file of authorities whose client certificates count, beside the installation's own.
    package var clientAuthorityFile: String?
    /// `nil`: optional as soon as there is any authority, else off.
    package var clients: Clients?

    package init(
        certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil, clients: Clients? = nil
    ) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientAuthorityFile = clientAuthorityFile
        self.clients = clients
    }
}

extension ServerTLS {
    /// What an orchestrator is told of TLS by its environment.
    package enum Settings {
        package static let certificate = Setting.optionalText(
            "CASARE_TLS_CERTIFICATE", form: "a path", standardText: "none; it speaks plain HTTP",
            "A PEM file with the server's certificate, and behind it those that lead to its authority. With it the "
                + "service speaks TLS only. It is read again when it changes.")
        package static let key = Setting.optionalText(
            "CASARE_TLS_KEY", form: "a path", standardText: "none",
            "A PEM file with the key of that certificate, without a passphrase, which nobody else may read (mode 0600)."
        )
        package static let clientAuthority = Setting.optionalText(
            "CASARE_TLS_CLIENT_CA", form: "a path", standardText: "none",
            "A PEM file of certificate authorities whose client certificates count, beside the installation's own.")
        package static let clients = Setting<Clients?>(
            "CASARE_TLS_CLIENTS", form: "one of " + Clients.allCases.map(\.rawValue).joined(separator: ", "),
            standard: nil, standardText: "optional where there is an authority for them, else off",
            "Whether clients are asked for a certificate. With required nobody gets in without one, whatever their "
                + "token."
        ) { text in Clients(rawValue: text.lowercased()).map { .some($0) } }

        package static let all = [
            Self.certificate.declaration, Self.key.declaration, Self.clientAuthority.declaration,
            Self.clients.declaration,
        ]
    }

    /// - Returns: `nil` where the service is to speak plain HTTP.
    /// - Throws: `SettingError` where only a part is set. Files are not looked at.
    package static func read(_ config: ConfigReader) throws(SettingError) -> ServerTLS? {
        let clientAuthority = try Settings.clientAuthority.value(in: config)
        let clients = try Settings.clients.value(in: config)
        switch (try Settings.certificate.value(in: config), try Settings.key.value(in: config)) {
        case (let certificate?, let key?):
            return ServerTLS(
                certificateFile: certificate, keyFile: key, clientAuthorityFile: clientAuthority, clients: clients)
        case (.some, nil):
            throw Self.half(Settings.certificate.declaration, without: Settings.key.declaration)
        case (nil, .some):
            throw Self.half(Settings.key.declaration, without: Settings.certificate.declaration)
        case (nil, nil):
            if clientAuthority != nil {
                throw Self.half(Settings.clientAuthority.declaration, without: Settings.certificate.declaration)
            }
            switch clients {
            case .optional, .required:
                throw Self.half(Settings.clients.declaration, without: Settings.certificate.declaration)
            case .off, nil:
                return nil
            }
        }
    }

    private static func half(_ one: SettingDeclaration, without other: SettingDeclaration) -> SettingError {
        SettingError(one.variable, "is set, and \(other.variable) is not; set both, or neither for plain HTTP")
    }
}
