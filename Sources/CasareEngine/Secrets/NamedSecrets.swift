import CasareDomain

/// What one node's config names of secrets: found once, when the program is made.
struct NamedSecrets: Sendable {
    private enum Credential: Sendable {
        case none
        case named(String)
        /// Said by a template or a connection: one of those that the program names, or none that the run is given.
        case atRunTime
    }

    /// What stands in the `{{$secret:…}}` of the config's texts.
    private let placeholders: [String]
    private let credential: Credential
    /// Whether its inputs may come from elsewhere than its config and its connections.
    let isConcerned: Bool

    /// - Parameter literals: Keys of the config whose values are data.
    init(
        of node: WorkflowDocument.Node, type: NodeType, deliveries: [ParameterBindings.Delivery],
        literals: Set<String>
    ) {
        var placeholders: [String] = []
        for (key, value) in node.config where !literals.contains(key) { Self.look(in: value, into: &placeholders) }
        self.placeholders = placeholders
        self.credential =
            type.credentialFields.isEmpty ? .none : Self.credential(of: node.config, deliveries, literals)
        self.isConcerned = !placeholders.isEmpty || !type.credentialFields.isEmpty
    }

    private static func credential(
        of config: Object, _ deliveries: [ParameterBindings.Delivery], _ literals: Set<String>
    ) -> Credential {
        let key = CredentialField.nameParameter
        if deliveries.contains(where: { $0.parameter == key }) { return .atRunTime }
        guard let value = config[key], value.string?.isBlank == false else { return .none }
        guard let name = value.string, literals.contains(key) || Template(value).isLiteral else { return .atRunTime }
        return .named(name)
    }

    /// What stands in the `{{$secret:…}}` of a value's texts.
    static func placeholders(in value: Value) -> [String] {
        var placeholders: [String] = []
        self.look(in: value, into: &placeholders)
        return placeholders
    }

    private static func look(in value: Value, into placeholders: inout [String]) {
        switch value {
        case .null, .bool, .int, .double: break
        case .string(let text):
            for case .reference(let reference) in TemplateReference.parts(of: text) {
                if let secret = reference.path.secret { placeholders.append(secret) }
            }
        case .list(let elements):
            for element in elements { Self.look(in: element, into: &placeholders) }
        case .object(let members):
            for (_, member) in members { Self.look(in: member, into: &placeholders) }
        }
    }

    /// All that it names, as it is written.
    var texts: [String] {
        switch self.credential {
        case .none, .atRunTime: self.placeholders
        case .named(let name): self.placeholders + [name]
        }
    }

    /// Which secret it signs in with is known only when it is executed.
    var isSaidAtRunTime: Bool {
        switch self.credential {
        case .none, .named: false
        case .atRunTime: true
        }
    }

    /// What is asked for before the node is executed; what can name no secret is not, and fails the node.
    func references(by bindings: [String: String]) -> [String] {
        self.texts.compactMap { SecretReference($0, bindings: bindings)?.description }
    }

    /// What is asked for before the node is executed.
    ///
    /// - Parameter all: what the program names.
    func needed(by bindings: [String: String], of all: [String]) -> [String] {
        switch self.credential {
        case .none, .named: self.isConcerned ? self.references(by: bindings) : []
        case .atRunTime: all
        }
    }

    /// Why the node cannot have what its texts name; `nil` when it can.
    func problem(in variables: Variables) -> SecretProblem? {
        for text in self.placeholders where variables.secret(text) == nil { return variables.problem(ofSecret: text) }
        return nil
    }
}

extension CompiledNode {
    /// The parameters of one execution: from the secret that the node names, else from its config and its connections,
    /// else from variables.
    ///
    /// - Throws: as `inputs`.
    func inputsWithSecrets(in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Inputs {
        if let problem = self.secrets.problem(in: variables) { throw problem.failure }
        let credentialFields = self.type.credentialFields
        guard !credentialFields.isEmpty else { return try self.bindings.inputs(in: variables, clock: clock) }
        let name = try self.bindings.value(of: CredentialField.nameParameter, in: variables, clock: clock).displayText
        var given: [String: Value] = [:]
        if !name.isBlank {
            do throws(SecretProblem) {
                given = try Self.values(of: name, for: credentialFields, in: variables)
            } catch {
                throw error.failure
            }
        }
        let inputs = try self.bindings.inputs(in: variables, clock: clock, given: given)
        var found: [String: Value] = [:]
        for field in credentialFields {
            let value = inputs[field.parameter]
            guard value.isNull || value.string?.isBlank == true, let name = field.variable?(inputs),
                let variable = variables.variable(name), !variable.isNull
            else { continue }
            found[field.parameter] = .string(variable.displayText)
        }
        return inputs.overriding(found)
    }

    /// What a secret gives to the parameters of a node.
    private static func values(
        of name: String, for credentialFields: [CredentialField], in variables: Variables
    ) throws(SecretProblem) -> [String: Value] {
        guard let reference = variables.secretReference(name) else { throw .noReference(name) }
        guard let box = variables.secrets else { throw .notNamed(reference) }
        let fields = try box.fields(of: reference)
        var values: [String: Value] = [:]
        for credentialField in credentialFields {
            guard let name = credentialField.fields.first(where: { fields[$0] != nil }), let text = fields[name] else {
                continue
            }
            values[credentialField.parameter] = text.reveal { .string($0) }
        }
        guard !values.isEmpty else {
            let wanted = credentialFields.flatMap(\.fields)
            throw SecretProblem(
                .notFound,
                "The secret \"\(reference)\" has nothing that the node takes: it has "
                    + "\(fields.names.joined(separator: ", ")), and the node takes \(wanted.joined(separator: ", "))")
        }
        return values
    }
}
