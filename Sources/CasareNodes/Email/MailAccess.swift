import CasareDomain
import CasareEngine

/// What the mail nodes are told about servers and accounts.
enum MailAccess {
    struct Account: Sendable {
        var user: String
        var password: String
    }

    /// The account of a node: its parameters, which a secret may have given, else the robot's environment
    /// (`SMTP_USERNAME`, `SMTP_PASSWORD`, …).
    ///
    /// - Returns: An empty account when there is neither and it is not required.
    static func account(
        _ prefix: String, _ inputs: Inputs, _ environment: NodeEnvironment, isRequired: Bool
    ) throws(NodeFailure) -> Account {
        let variables = RunVariables(of: environment)
        let user = inputs.firstText("username") ?? variables["\(prefix)_USERNAME"] ?? ""
        let password = inputs.firstText("password") ?? variables["\(prefix)_PASSWORD"] ?? ""
        let credential = inputs.firstText("credential_name")
        if user.isEmpty, !isRequired, credential == nil { return Account(user: "", password: "") }
        for (name, value) in [("username", user), ("password", password)] {
            guard value.isEmpty else {
                try CommandText.check(value, of: name)
                continue
            }
            let fields = name == "username" ? CredentialField.usernameFields : CredentialField.passwordFields
            throw .value(
                "\(name) is missing: " + Credentials.advice("\(prefix)_\(name.uppercased())", fields, inputs))
        }
        return Account(user: user, password: password)
    }

    static func smtpServer(_ inputs: Inputs, _ environment: NodeEnvironment) throws -> LineConnection.Server {
        let isImplicit = inputs["use_ssl"].bool ?? inputs["use_smtp_ssl"].bool ?? false
        return try self.server(
            "smtp", security: isImplicit ? .implicit : inputs["use_tls"].bool ?? true ? .startTLS : .none, inputs,
            environment)
    }

    static func imapServer(_ inputs: Inputs, _ environment: NodeEnvironment) throws -> LineConnection.Server {
        let isImplicit = inputs["use_ssl"].bool ?? inputs["use_imap_ssl"].bool ?? true
        return try self.server("imap", security: isImplicit ? .implicit : .startTLSIfOffered, inputs, environment)
    }

    private static func server(
        _ scheme: String, security: LineConnection.Security, _ inputs: Inputs, _ environment: NodeEnvironment
    ) throws -> LineConnection.Server {
        guard let host = inputs.firstText("\(scheme)_server") else {
            throw NodeFailure.value("\(scheme)_server is required")
        }
        return LineConnection.Server(
            scheme: scheme, host: try HostName(host), port: inputs.int("\(scheme)_port"), security: security,
            authority: try inputs.certificateAuthority(environment), timeout: inputs["timeout"].int ?? 30,
            allowsInternal: inputs.allowsInternalAddresses(environment))
    }
}
