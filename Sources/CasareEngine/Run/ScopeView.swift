package import CasareDomain

/// What a node sees, for somebody who looks on. It changes with nothing, and looking changes nothing.
///
/// Values that leave it are masked, as `SecretNames` masks them too; computing goes by the real ones.
package struct ScopeView: Sendable {
    let snapshot: Variables.Snapshot
    let masking: Masking

    package var variables: Object { SecretNames.masked(self.masking.masked(self.snapshot.all)) }

    package func variable(_ name: String) -> Value? {
        self.snapshot.variable(name).map { SecretNames.masked(self.masking.masked($0), named: name) }
    }

    /// Whether the workflow says that the variable keeps its value.
    package func isReadOnly(_ name: String) -> Bool { self.snapshot.readOnly.contains(name) }

    /// The nodes that have put something out.
    package var nodesWithOutputs: [String] {
        self.snapshot.outputs.filter { !$0.value.isEmpty }.keys.sorted()
    }

    /// What a node put out last, by its ID or by what people call it; `nil`: nothing yet.
    package func outputs(of node: String) -> Object? {
        let outputs =
            self.snapshot.outputs[node] ?? self.snapshot.names.nodes[node].flatMap { self.snapshot.outputs[$0] }
        return outputs.map { SecretNames.masked(self.masking.masked($0)) }
    }

    /// - Parameter clock: What the time is for the expression.
    package func value(of expression: Expression, at clock: ClockReading) throws(ExpressionError) -> Value {
        SecretNames.masked(self.masking.masked(try self.result(of: expression, clock)), named: expression.lastName)
    }

    /// Whether a condition is true, as the branches of a workflow see it.
    package func holds(_ condition: Expression, at clock: ClockReading) throws(ExpressionError) -> Bool {
        try self.result(of: condition, clock).conditionIsTrue
    }

    /// The run's own random numbers stay its own.
    private func result(of expression: Expression, _ clock: ClockReading) throws(ExpressionError) -> Value {
        var random = SeededRandom(seed: 0)
        return try expression.evaluate(in: Variables(self.snapshot), clock: clock, random: &random)
    }
}

extension EnclosingStructure {
    func masked(by masking: Masking) -> EnclosingStructure {
        var masked = self
        masked.item = self.item.map { SecretNames.masked(masking.masked($0)) }
        return masked
    }
}
