import CasareDomain
import CasareEngine

/// Several statements, one after the other.
///
/// Outside a transaction each takes effect by itself: what was done before a failure stays done.
enum DatabaseBatch {
    private struct Statement {
        let text: String
        let parameters: [Value]

        /// - Parameter value: The text, or an object with `query` (or `sql`) and `parameters` (or `params`).
        init(_ value: Value, number: Int) throws(NodeFailure) {
            if let text = value.string {
                (self.text, self.parameters) = (text, [])
            } else {
                let members = value.object ?? [:]
                guard let text = (members["query"] ?? members["sql"])?.string else {
                    throw .value("statements[\(number)] must be a text, or an object with query and parameters")
                }
                self.text = text
                self.parameters = try DatabaseActions.parameters(members["parameters"] ?? members["params"] ?? .null)
            }
            if self.text.isBlank { throw .value("statements[\(number)] is empty") }
        }
    }

    /// - Throws: When a statement failed, after the others were done as far as `stop_on_error` says; the failure has
    ///   the results. `OutcomeUnknown` when it is not known whether a statement was done.
    static func execute(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let database = try await DatabaseHandle(inputs["connection"]).database(in: environment.session)
        guard let given = inputs["statements"].list else {
            throw NodeFailure.value("statements must be a list, not \(inputs["statements"].kindName)")
        }
        guard given.count <= DatabaseActions.statementsMax else {
            throw NodeFailure.value("A batch takes at most \(DatabaseActions.statementsMax) statements")
        }
        var statements: [Statement] = []
        for (number, value) in given.enumerated() { statements.append(try Statement(value, number: number)) }
        let retry = DatabaseRetry(inputs) { $0.canRepeat }
        var results: [Value] = []
        var total = 0
        var failures = 0
        for (number, statement) in statements.enumerated() {
            var result: Object = ["statement": .int(number)]
            do {
                let (outcome, attempts) = try await retry.run {
                    try await database.traced(statement.text, environment) {
                        try await database.execute(statement.text, statement.parameters)
                    }
                }
                total += outcome.rowsAffected
                result["rows_affected"] = .int(outcome.rowsAffected)
                result["success"] = true
                result["attempts"] = .int(attempts)
            } catch let exhausted as DatabaseRetry.Exhausted {
                // What is not known, or was cancelled, is the engine's to deal with.
                let failure = try exhausted.error.failure()
                failures += 1
                result["rows_affected"] = 0
                result["success"] = false
                result["error"] = .string(failure.message)
                result["attempts"] = .int(exhausted.attempts)
            }
            results.append(.object(result))
            if failures > 0, inputs["stop_on_error"].bool ?? true { break }
        }
        let outputs: Object = [
            "results": .list(results), "total_rows_affected": .int(total), "success": .bool(failures == 0), "error": "",
        ]
        if failures == 0 { return NodeResult(outputs) }
        let first = results.first { $0["success"] == false }
        let message =
            "\(failures) of \(statements.count) statements failed; the first was statements"
            + "[\(first?["statement"]?.int ?? 0)]: \(first?["error"]?.string ?? "")"
        throw NodeFailure(
            "DatabaseError", message, outputs: outputs.merging(["error": .string(message)]))
    }
}
