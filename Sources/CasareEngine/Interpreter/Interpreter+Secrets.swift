import CasareDomain

/// How nodes come by secrets. What a run was told about one is a step: a replay that is told otherwise would go another
/// way.
extension Interpreter {
    /// What a node needs and the run has not got yet. What was refused is asked for again by every node that needs it:
    /// after a failed attempt the refusal is cut off the journal with the node's failure, and the next one may get it.
    func missingSecrets(of node: CompiledNode) -> [String] {
        guard let secrets, node.secrets.isConcerned else { return [] }
        let needed = node.secrets.needed(
            by: self.scope.program.names.credentialBindings, of: self.main.program.secretReferences)
        return Set(needed.filter { !secrets.has($0) }).sorted()
    }

    /// Answers a request for secrets.
    mutating func resume(knowing answers: [String: SecretAnswer]) {
        self.secretsCame()
        self.secrets?.settle(answers)
    }

    /// A structure that cannot have what its condition names.
    func secretProblem(of node: CompiledNode) -> NodeFailure? {
        guard node.secrets.isConcerned else { return nil }
        return node.secrets.problem(in: self.scope.variables)?.failure
    }

    /// Whether the run has been given secrets: then what only looks like one by its name is hidden, too.
    var holdsSecrets: Bool { self.secrets?.isEmpty == false }
}
