import CasareDomain

/// A parameter that a node takes from the secret that its `credential_name` names, before its own config and
/// connections count.
package struct CredentialField: Sendable {
    /// The node's parameter that holds the name of a secret.
    package static let nameParameter = SecretReference.nameMember

    package let parameter: String
    /// The fields of a secret that it may be taken from, the first that is there.
    package let fields: [String]
    /// The run's variable that counts where the secret, the config and the connections give nothing; before the robot's
    /// environment, which the node asks itself. It may depend on what else the node is told.
    package let variable: (@Sendable (Inputs) -> String?)?

    package init(
        _ parameter: String, from fields: [String], variable: (@Sendable (Inputs) -> String?)? = nil
    ) {
        self.parameter = parameter
        self.fields = fields
        self.variable = variable
    }

    /// - Parameter name: of a variable that is the same for every use of the node.
    package init(_ parameter: String, from fields: [String], variable name: String) {
        self.init(parameter, from: fields, variable: { _ in name })
    }
}

/// What secrets call the same thing, in this and in other systems.
extension CredentialField {
    package static let usernameFields = ["username", "user", "login", "email", "user_id"]
    package static let passwordFields = ["password", "pass", "secret", "pwd", "passwd", "value"]
    package static let keyFields = ["api_key", "apikey", "key", "token", "access_token", "value"]
    package static let connectionFields = ["connection_string", "connection_url", "url", "uri", "dsn"]
    package static let hostFields = ["host", "hostname", "server"]
    package static let databaseFields = ["database", "dbname", "db"]
}

extension NodeType {
    /// The type with parameters that a secret can give.
    package func taking(_ fields: [CredentialField]) -> NodeType {
        var type = self
        type.credentialFields = fields
        return type
    }

    /// The type with parameters that become arguments of a program: a secret in one is warned of.
    package func passing(arguments parameters: Set<String>) -> NodeType {
        var type = self
        type.argumentParameters = parameters
        return type
    }
}

extension Inputs {
    /// What to say of a parameter that has no value although the node names a secret, as the end of a sentence.
    package func credentialHint(_ fields: [String]) -> String {
        let name = self.string(CredentialField.nameParameter)
        guard !name.isBlank else { return "" }
        return "; the secret \"\(name)\" of credential_name has none of the fields \(fields.joined(separator: ", "))"
    }

    /// The same inputs with other values for some declared parameters.
    func overriding(_ values: [String: Value]) -> Inputs {
        guard !values.isEmpty else { return self }
        return Inputs(
            names: self.names, values: zip(self.names, self.values).map { values[$0] ?? $1 }, extras: self.extras)
    }
}
