import CasareDomain

/// Secrets are asked for once in an attempt, all that the program names, when the first node needs one. What became of
/// a reference is journaled with the step that needs it, and never a value: a replay is given the values anew.
extension Run {
    /// The name under which answers about secrets stand in the journal; no node type can have it.
    static let secretsType = "$secrets"

    /// An earlier attempt was given a secret that this one is not: what it recorded cannot be replayed.
    struct SecretLost: Error {
        let problem: SecretProblem
        let node: String
    }

    /// What the run is told of the references that a node needs.
    ///
    /// - Throws: `JournalMismatch`, `SecretLost`, and what the source throws.
    mutating func secrets(
        _ references: [String], step: Int, node: String
    ) async throws -> [String: SecretAnswer] {
        guard let entry = self.recorded[step] else {
            let known = try await self.askForSecrets()
            self.journalEndedAt = nil
            var answers: [String: SecretAnswer] = [:]
            for reference in references { answers[reference] = known[reference] ?? .refused(.notNamed(reference)) }
            let now = self.driver.environment.now()
            self.append(
                JournalEntry(
                    step: step, node: node, nodeType: Self.secretsType, effect: .captured,
                    result: .succeeded(NodeResult(Object(references.map { ($0, Self.record(of: answers[$0])) }))),
                    startedAt: now, finishedAt: now))
            return answers
        }
        guard entry.nodeType == Self.secretsType, entry.node == node, case .succeeded(let result) = entry.result,
            Set(result.outputs.map(\.key)) == Set(references)
        else {
            throw JournalMismatch(
                step: step, recorded: "\(entry.node) (\(entry.nodeType))", requested: "secrets for \(node)")
        }
        var answers: [String: SecretAnswer] = [:]
        for (reference, record) in result.outputs {
            if let problem = Self.problem(in: record) {
                answers[reference] = .refused(problem)
                continue
            }
            switch try await self.askForSecrets()[reference] ?? .refused(.notNamed(reference)) {
            case .found(let fields): answers[reference] = .found(fields)
            case .refused(let problem): throw SecretLost(problem: problem, node: node)
            }
        }
        return answers
    }

    /// What this attempt was told; asked for when it is wanted first.
    private mutating func askForSecrets() async throws -> [String: SecretAnswer] {
        if let answers = self.secretAnswers { return answers }
        let references = self.driver.program.secretReferences
        var answers: [String: SecretAnswer] = [:]
        if let source = self.driver.environment.secrets {
            answers = try await source(SecretRequest(references: references, recordedFields: self.recordedFields))
        } else {
            for reference in references { answers[reference] = .refused(.noSource(reference)) }
        }
        self.secretAnswers = answers
        return answers
    }

    private var recordedFields: [String: [String]] {
        var fields: [String: [String]] = [:]
        for entry in self.recorded.values where entry.nodeType == Self.secretsType {
            guard case .succeeded(let result) = entry.result else { continue }
            for (reference, record) in result.outputs {
                if let names = record["fields"]?.list { fields[reference] = names.compactMap(\.string) }
            }
        }
        return fields
    }

    // MARK: As it is journaled

    private static func record(of answer: SecretAnswer?) -> Value {
        switch answer {
        case .found(let fields): ["fields": .list(fields.names.map(Value.string))]
        case .refused(let problem):
            ["refused": .string(problem.kind.rawValue), "message": .string(problem.message)]
        case nil: [:]
        }
    }

    private static func problem(in record: Value) -> SecretProblem? {
        guard let text = record["refused"]?.string else { return nil }
        // A kind that is not known here is one of a later version: nothing is retried by it.
        return SecretProblem(SecretProblem.Kind(rawValue: text) ?? .denied, record["message"]?.string ?? text)
    }

    // MARK: The end

    /// The attempt ends before anything new is done. Another one may get the secret, where it is only out of reach.
    func ended(by lost: SecretLost) -> RunConclusion {
        let problem = lost.problem
        let message =
            "\(problem.message). An earlier attempt had it, and what that has done cannot be gone on from without it."
        return .finished(
            RunResult(success: false, error: message, variables: [:], logs: [], nodeErrors: []),
            Failure(
                kind: problem.kind.isRetryable ? .application : .business, message: message,
                type: problem.kind.rawValue, node: lost.node),
            entries: self.pending)
    }
}
