import CasareDomain
import CasareEngine

extension NodeType.Parameter {
    /// What nodes of all families call the secret that they sign in with.
    static let credential = NodeType.Parameter(
        CredentialField.nameParameter, .string, default: "",
        "The secret to sign in with, by its name or by its word in the workflow's `credential_bindings`. What it has "
            + "wins over the node's own parameters.")
}

/// What nodes take from the secrets that they sign in with.
enum Credentials {
    /// - Parameter prefix: of the variables that count after the secret and the node's own parameters: `smtp` for
    ///   `smtp_username`.
    static func account(_ prefix: String) -> [CredentialField] { Self.account(prefix: { _ in prefix }) }

    /// - Parameter prefix: as it follows from what else the node is told.
    static func account(prefix: @escaping @Sendable (Inputs) -> String) -> [CredentialField] {
        [
            CredentialField(
                "username", from: CredentialField.usernameFields, variable: { "\(prefix($0))_username" }),
            CredentialField(
                "password", from: CredentialField.passwordFields, variable: { "\(prefix($0))_password" }),
        ]
    }

    static let http =
        [CredentialField("token", from: CredentialField.keyFields, variable: "http_token")] + Self.account("http")

    static let database =
        Self.account("db") + [
            CredentialField(
                "connection_string", from: CredentialField.connectionFields,
                // It would win over a server that the node names itself.
                variable: { inputs in
                    inputs.string("db_type") == "postgresql" && inputs.firstText("username") == nil
                        ? "database_url" : nil
                }),
            CredentialField("host", from: CredentialField.hostFields),
            CredentialField("port", from: ["port"]),
            CredentialField("database", from: CredentialField.databaseFields),
        ]

    static let client = [
        CredentialField("client_id", from: ["client_id"]), CredentialField("client_secret", from: ["client_secret"]),
    ]

    static let tokens =
        Self.client + [
            CredentialField("token_url", from: ["token_url"]), CredentialField("scope", from: ["scope"]),
            CredentialField("refresh_token", from: ["refresh_token"]),
            CredentialField("username", from: CredentialField.usernameFields),
            CredentialField("password", from: ["password", "pass", "pwd", "passwd"]),
        ]

    /// Where a parameter was looked for in vain, as a sentence goes on behind "is missing: ".
    static func advice(_ variable: String, _ fields: [String], _ inputs: Inputs) -> String {
        "set it, or \(variable) in the robot's environment\(inputs.credentialHint(fields))"
    }
}
