import CasareDomain

/// What a run leaves behind, however it ends.
extension Run {
    /// The workflow has come to its end.
    ///
    /// - Throws: `JournalMismatch` when earlier attempts recorded steps that this one never asked for.
    mutating func ended(_ failed: Transfer.Failed?) async throws -> RunConclusion {
        // Where nothing was asked for the journal may not have been read; only an earlier attempt can have written one.
        if self.driver.secondsSpent > 0 { try await self.readJournal() }
        // How many nodes a run may execute is the robot's setting, so that it says nothing about the workflow.
        if self.isReplaying, !self.interpreter.isOverLimit,
            let entry = self.recorded.values.filter({ $0.step >= self.nextStep }).min(by: { $0.step < $1.step })
        {
            throw JournalMismatch(step: entry.step, recorded: "\(entry.node) (\(entry.nodeType))", requested: nil)
        }
        return .finished(self.result(of: failed), failed.map(self.failure(of:)), entries: self.pending)
    }

    func timedOut() -> RunConclusion {
        let message = "The job timed out after \(TimeLimit.text(self.driver.options.timeoutSeconds))s"
        return .finished(
            self.result(error: message), Failure(kind: .timeout, message: message, type: "TimeoutError"),
            entries: self.pending)
    }

    func inDoubt(_ question: Job.Question) -> RunConclusion {
        .inDoubt(question, self.result(error: question.text), entries: self.pending)
    }

    /// A stop was asked for: what was asked for last has not begun, or is a wait that goes on elsewhere.
    mutating func interrupted(_ request: Interpreter.Request) async throws -> RunConclusion {
        if case .finished(let failed) = request { return try await self.ended(failed) }
        return .interrupted(entries: self.pending)
    }

    private func result(of failed: Transfer.Failed?) -> RunResult { self.result(error: failed?.failure.message) }

    private func result(error: String?) -> RunResult {
        let variables = self.interpreter.main.variables
        let records = self.interpreter.records
        let masking = self.interpreter.masking
        let sensitive = Set(self.driver.program.sensitiveVariables)
        let shown = Object(
            variables.all.lazy.filter { !$0.key.hasPrefix("_") }.map { name, value in
                (name, sensitive.contains(name) && !value.isNull ? .string(Masking.mask) : masking.masked(value))
            })
        return RunResult(
            success: error == nil, error: error.map { self.shown($0, masking) },
            // A token that a secret has brought is a secret, too.
            variables: self.interpreter.holdsSecrets ? SecretNames.masked(shown) : shown,
            logs: records.logs,
            nodeErrors: records.nodeErrors.map {
                .init(node: $0.node, error: self.shown($0.error, masking), type: $0.type)
            },
            trace: self.driver.options.trace ? records.trace : nil,
            nodeOutputs: self.driver.options.trace ? self.nodeOutputs(hiddenBy: masking) : nil)
    }

    /// A message as people read it.
    func shown(_ message: String, _ masking: Masking) -> String {
        let masked = masking.masked(message)
        return self.interpreter.holdsSecrets ? KeyedText.masked(masked) : masked
    }

    /// Whoever watches a run is shown no more by its result than by its visits.
    private func nodeOutputs(hiddenBy masking: Masking) -> Object {
        let outputs = masking.masked(Self.printable(self.interpreter.main.variables.outputs))
        let isShown = self.interpreter.watch.showsValues || self.interpreter.holdsSecrets
        return isShown ? SecretNames.masked(outputs) : outputs
    }

    private static func printable(_ outputs: [String: Object]) -> Object {
        Object(
            outputs.sorted { $0.key < $1.key }.compactMap { node, ports in
                let known = Object(ports.filter { !$0.value.isNull }.map { ($0.key, $0.value) })
                return known.isEmpty ? nil : (node, .object(known))
            })
    }

    private func failure(of failed: Transfer.Failed) -> Failure {
        Failure(
            kind: failed.failure.isBusiness ? .business : .application,
            message: self.shown(failed.failure.message, self.interpreter.masking),
            type: failed.failure.type, node: failed.nodeID,
            retryAfterSeconds: failed.failure.isBusiness ? nil : self.interpreter.retryAfterSeconds)
    }
}
