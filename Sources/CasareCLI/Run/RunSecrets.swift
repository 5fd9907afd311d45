import CasareDomain
import CasareEngine
import CasareSettings

/// Where a run in this process takes the values of secrets from: variables of the environment, or a file.
enum RunSecrets: Sendable {
    case environment(Environment)
    /// By name.
    case file([String: SecretFields], name: String)

    /// What the option is given for the environment.
    static let environmentWord = "env"
    /// What variables begin with; behind it stands the secret's name in capitals, with `_` for all but letters and
    /// digits.
    static let variablePrefix = "CASARE_SECRET_"
    /// Between a secret's name and that of a field.
    private static let fieldMark = "__"
    /// The field that one text alone is.
    private static let onlyField = "value"

    // MARK: Reading

    /// - Parameter text: `env`, or the name of a JSON or YAML file, `-` for stdin.
    /// - Throws: for a file that is not there, that others may read, or that holds anything else than secrets.
    init(_ text: String, environment: Environment = .process) throws(CommandFailure) {
        guard text != Self.environmentWord else {
            self = .environment(environment)
            return
        }
        let input = TextInput(text)
        if case .file(let path) = input { try Self.checkMode(of: path) }
        self = .file(try Self.secrets(in: try input.read(), input.name), name: input.name)
    }

    /// A pipe has no readers but those that were given it.
    private static func checkMode(of path: String) throws(CommandFailure) {
        guard let status = FileStatus(of: path), status.isRegular else { return }
        guard !status.isOpenToOthers else {
            throw CommandFailure(
                .usage, "others than you may read \(path), which holds secrets: chmod 600 \(path), then run this again")
        }
    }

    private static func secrets(in text: String, _ name: String) throws(CommandFailure) -> [String: SecretFields] {
        var secrets: [String: SecretFields] = [:]
        for (secret, value) in try VariableFile.parse(text, name: name) {
            guard Secret.Name(secret) != nil else {
                throw CommandFailure(.usage, "\(name): \(secret) is no name of a secret: \(Secret.Name.rule)")
            }
            switch value {
            case .string, .int, .double: secrets[secret] = [Self.onlyField: SecretText(value.displayText)]
            case .object(let members):
                var fields = SecretFields()
                for (field, value) in members {
                    guard SecretReference.isFieldName(field) else {
                        throw CommandFailure(
                            .usage,
                            "\(name): \(secret) cannot have a field \(field): a field has a lower-case letter first, "
                                + "then letters, digits and \"_\"")
                    }
                    switch value {
                    case .string, .int, .double: fields[field] = SecretText(value.displayText)
                    case .null, .bool, .list, .object:
                        throw CommandFailure(
                            .usage, "\(name): the field \(field) of \(secret) must be text, not \(value.kindName)")
                    }
                }
                secrets[secret] = fields
            case .null, .bool, .list:
                throw CommandFailure(
                    .usage, "\(name): \(secret) must be text or an object of fields, not \(value.kindName)")
            }
        }
        return secrets
    }

    // MARK: Answering

    /// What a run, or a job in memory, is told of the references of its workflow. There is one version of each secret
    /// here, which is any that is asked for.
    func answers(to references: [String]) -> [String: SecretAnswer] {
        Dictionary(
            references.map { ($0, self.answer(to: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    private func answer(to text: String) -> SecretAnswer {
        let targets = SecretReference(text)?.targets ?? []
        for target in targets {
            let name =
                switch target.key {
                case .name(let name): name.rawValue
                case .id(let id): id.description
                }
            guard let fields = self.fields(of: name) else { continue }
            guard let field = target.field else { return .found(fields) }
            if let value = fields[field] { return .found([field: value]) }
            return .refused(
                SecretProblem(
                    .notFound,
                    "The secret \"\(name)\" has no field \(field); it has \(fields.names.joined(separator: ", "))"))
        }
        return .refused(SecretProblem(.notFound, "The secret \"\(text)\" is not there: \(self.advice(on: text))"))
    }

    private func advice(on reference: String) -> String {
        let path = SecretReference(reference)?.path ?? reference
        switch self {
        case .environment: return "set \(Self.variable(of: path)), for a field \(Self.variable(of: path))__FIELD"
        case .file(_, let name): return "add \(path) to \(name)"
        }
    }

    private func fields(of name: String) -> SecretFields? {
        switch self {
        case .file(let secrets, _): secrets[name]
        case .environment(let environment): Self.fields(of: name, in: environment)
        }
    }

    private static func fields(of name: String, in environment: Environment) -> SecretFields? {
        let variable = self.variable(of: name)
        var fields = SecretFields()
        if let text = environment.nonEmpty(variable) {
            if text.first == "{", let members = try? Value(parsingJSON: text).object {
                for (field, value) in members where SecretReference.isFieldName(field) {
                    fields[field] = SecretText(value.displayText)
                }
            } else {
                fields[self.onlyField] = SecretText(text)
            }
        }
        for (name, value) in environment.all(beginningWith: variable + self.fieldMark) where !value.isEmpty {
            let field = name.dropFirst(variable.count + self.fieldMark.count).lowercased()
            if SecretReference.isFieldName(field) { fields[field] = SecretText(value) }
        }
        return fields.isEmpty ? nil : fields
    }

    /// `CASARE_SECRET_DB_PROD` for `db/prod`.
    static func variable(of name: String) -> String {
        self.variablePrefix
            + String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
