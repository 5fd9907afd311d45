import CasareDomain
import CasareEngine
import FoundationEssentials

/// Header fields that carry credentials.
///
/// Nothing of it is journaled: a secret from the environment is read again on a replay.
enum AuthActions {
    private enum Kind { case bearer, basic, apiKey }

    static func addHeader(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        var headers = try HeaderSet(inputs["base_headers"], of: "base_headers")
        let field = try self.field(inputs, environment, keyName: "api_key_name")
        headers.set(field.name, to: .string(field.value))
        return NodeResult(["headers": .object(headers.members)])
    }

    /// The action of `HttpSuperNode`.
    static func configure(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let field = try self.field(inputs, environment, keyName: "header_name")
        return NodeResult(["auth_headers": .object([field.name: .string(field.value)]), "success": true])
    }

    private static func field(
        _ inputs: Inputs, _ environment: NodeEnvironment, keyName: String
    ) throws(NodeFailure) -> (name: String, value: String) {
        func secret(_ parameter: String, _ variable: String, _ fields: [String]) throws(NodeFailure) -> String {
            if let given = inputs.firstText(parameter) { return given }
            if let value = RunVariables(of: environment)[variable], !value.isEmpty { return value }
            throw .value("\(parameter) is missing: " + Credentials.advice(variable, fields, inputs))
        }
        switch self.kind(inputs.string("auth_type")) {
        case .bearer:
            return ("Authorization", "Bearer \(try secret("token", "HTTP_TOKEN", CredentialField.keyFields))")
        case .apiKey:
            let key = try secret("token", "HTTP_TOKEN", CredentialField.keyFields)
            return (inputs.firstText(keyName) ?? "X-API-Key", key)
        case .basic:
            let username = try secret("username", "HTTP_USERNAME", CredentialField.usernameFields)
            let password = try secret("password", "HTTP_PASSWORD", CredentialField.passwordFields)
            guard !username.unicodeScalars.contains(":") else {
                throw .value("username must not contain a colon with Basic")
            }
            return ("Authorization", "Basic \(Data("\(username):\(password)".utf8).base64EncodedString())")
        }
    }

    /// - Parameter text: One of the choices of a parameter, so that what is neither of two is the third.
    private static func kind(_ text: String) -> Kind {
        switch text.lowercased() {
        case "basic": .basic
        case "apikey", "api_key": .apiKey
        default: .bearer
        }
    }
}
