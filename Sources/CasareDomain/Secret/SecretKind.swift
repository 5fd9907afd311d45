extension Secret {
    /// What a secret is, which says which fields it has.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case usernamePassword = "username_password"
        case apiKey = "api_key"
        case oauth2Token = "oauth2_token"
        case sshKey = "ssh_key"
        case certificate
        case connectionString = "connection_string"
        /// Fields of any names.
        case custom

        /// One of the fields that secrets of a kind have.
        public struct Field: Hashable, Sendable {
            /// What its value must look like.
            public enum Form: Hashable, Sendable {
                /// Any text of at least one byte.
                case text
                /// Text without line breaks or other control characters.
                case line
                /// An absolute URL: http or https.
                case url
                /// An absolute URL of any scheme, or `key=value` pairs.
                case connection
                /// One PEM block whose label ends with `PRIVATE KEY`.
                case privateKey
                /// PEM blocks, each of a certificate.
                case certificates
                /// A line as in `authorized_keys`, or a PEM block of a public key.
                case publicKey
            }

            public let name: String
            public let isRequired: Bool
            public let form: Form

            init(_ name: String, _ form: Form, isRequired: Bool = false) {
                self.name = name
                self.form = form
                self.isRequired = isRequired
            }
        }

        /// In the order in which people are asked for them; none for a kind whose fields may have any names.
        public var fields: [Field] {
            switch self {
            case .usernamePassword:
                [Field("username", .line, isRequired: true), Field("password", .text, isRequired: true)]
            case .apiKey: [Field("api_key", .line, isRequired: true), Field("header", .line), Field("url", .url)]
            case .oauth2Token:
                [
                    Field("access_token", .line), Field("refresh_token", .line), Field("token_type", .line),
                    Field("client_id", .line), Field("client_secret", .line), Field("token_url", .url),
                    Field("scope", .line),
                ]
            case .sshKey:
                [
                    Field("private_key", .privateKey, isRequired: true), Field("username", .line),
                    Field("passphrase", .text), Field("public_key", .publicKey),
                ]
            case .certificate:
                [
                    Field("certificate", .certificates, isRequired: true), Field("private_key", .privateKey),
                    Field("chain", .certificates), Field("passphrase", .text),
                ]
            case .connectionString:
                [
                    Field("connection_string", .connection, isRequired: true), Field("username", .line),
                    Field("password", .text),
                ]
            case .custom: []
            }
        }

        /// The field that holds what is secret, where a kind has one such field and it can be any text: what a
        /// generated value is put into, and what one text alone stands for.
        public var mainField: String? {
            switch self {
            case .usernamePassword: "password"
            case .apiKey: "api_key"
            case .oauth2Token: "access_token"
            case .sshKey: "private_key"
            case .certificate: "certificate"
            case .connectionString: "connection_string"
            case .custom: nil
            }
        }
    }
}
