import CasareDomain

/// What a document names of secrets, as far as it can be known before it runs. Whether they are there is not: a
/// workflow is pushed before its secrets are put.
extension DocumentValidator {
    mutating func checkSecrets() {
        self.checkBindings()
        let bindings = self.document.credentialBindings()
        var references: Set<String> = []
        for position in self.document.nodes.indices where !self.document.nodes[position].isDisabled {
            guard let type = self.graph.types[position] else { continue }
            let node = self.document.nodes[position]
            let named = NamedSecrets(of: node, type: type, deliveries: [], literals: [])
            for text in named.texts {
                guard let reference = SecretReference(text, bindings: bindings) else {
                    self.add(
                        .warning(
                            "INVALID_SECRET_NAME",
                            "Node \(self.label(position)) names the secret '\(DocumentLimits.shortened(text))', which "
                                + "none can be called: it fails when it is reached",
                            at: self.location(position),
                            suggestion: "Names are \(Secret.Name.rule). What a workflow calls otherwise stands in its "
                                + "\(SecretReference.bindingsMember), with the secret's name"))
                    continue
                }
                references.insert(reference.description)
            }
            if named.isSaidAtRunTime {
                self.add(
                    .warning(
                        "SECRET_NAMED_AT_RUN_TIME",
                        "Node \(self.label(position)) is told its \(SecretReference.nameMember) only when it runs: it "
                            + "gets no secret but those that the workflow names elsewhere",
                        at: self.location(position),
                        suggestion: "Write the secret's name there as it is"))
            }
            self.checkArguments(of: node, type, position)
            if self.graph.structure(position) == .subflowOutput, !named.texts.isEmpty {
                self.add(
                    .warning(
                        "SECRET_NOT_RESOLVED",
                        "Node \(self.label(position)) gives a secret out of the workflow: without an exec connection "
                            + "to it its value stays empty",
                        at: self.location(position), suggestion: "Name the secret in the workflow that needs it"))
            }
        }
        for variable in self.document.variables where Self.namesSecret(variable.value) {
            self.add(
                .error(
                    "SECRET_NOT_RESOLVED",
                    "Variable '\(DocumentLimits.shortened(variable.name))' names a secret, which would stay as text "
                        + "there: only what nodes are configured with is resolved",
                    at: "variables.\(DocumentLimits.shortened(variable.name))",
                    suggestion: "Write the reference in the config of the node that needs the secret"))
        }
        if references.count > SecretReference.countMax {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "The workflow names \(references.count) secrets, which exceeds maximum \(SecretReference.countMax)",
                    suggestion: "Put values that go together into the fields of one secret"))
        }
    }

    /// Arguments of programs are for everybody on the robot's machine to read.
    private mutating func checkArguments(of node: WorkflowDocument.Node, _ type: NodeType, _ position: Int) {
        for name in type.argumentParameters.sorted() {
            guard let value = node.config[name], !NamedSecrets.placeholders(in: value).isEmpty else { continue }
            self.add(
                .warning(
                    "SECRET_IN_ARGUMENTS",
                    "Node \(self.label(position)) gives a program a secret as an argument, in '\(name)': others on the "
                        + "robot's machine can read that while the program runs",
                    at: self.location(position),
                    suggestion: "Give it by a variable of the environment (SetEnvironmentVarNode), in a file, or in a "
                        + "script of the workflow"))
        }
    }

    private mutating func checkBindings() {
        let member = SecretReference.bindingsMember
        guard let value = self.document.members[member], !value.isNull else { return }
        guard let bindings = value.object else {
            self.add(
                .warning(
                    "INVALID_SECRET_NAME",
                    "'\(member)' must be an object, but it is \(value.kindName): it means nothing",
                    at: member, suggestion: "Give each word the name of a secret: {\"shop\": \"prod/shop\"}"))
            return
        }
        for (word, name) in bindings where name.string.flatMap({ SecretReference($0) }) == nil {
            self.add(
                .warning(
                    "INVALID_SECRET_NAME",
                    "'\(DocumentLimits.shortened(word))' in '\(member)' stands for no secret's name",
                    at: "\(member).\(DocumentLimits.shortened(word))", suggestion: "Names are \(Secret.Name.rule)"))
        }
    }

    private static func namesSecret(_ value: Value) -> Bool {
        switch value {
        case .null, .bool, .int, .double: false
        case .string(let text): !SecretReference.placeholders(in: text).isEmpty
        case .list(let elements): elements.contains(where: Self.namesSecret)
        case .object(let members): members.contains { Self.namesSecret($0.value) }
        }
    }
}
