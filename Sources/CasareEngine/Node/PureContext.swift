package import CasareDomain

/// What a pure node may use beside its inputs. Everything in it is the same on replay.
package struct PureContext {
    package enum LogLevel: String, Sendable, Codable { case debug, info, warning, error, critical }

    package let nodeID: String
    package let workflowName: String
    /// Seeded from the job: the same sequence on every replay.
    package var random: SeededRandom
    /// The time, when the node's type reads it.
    package let clock: ClockReading?
    package private(set) var logs: [(level: LogLevel, message: String)] = []
    private var variables: Variables

    package init(
        nodeID: String, workflowName: String, variables: Variables, random: SeededRandom, clock: ClockReading? = nil
    ) {
        self.nodeID = nodeID
        self.workflowName = workflowName
        self.variables = variables
        self.random = random
        self.clock = clock
    }

    /// The value of a variable; a dotted path reads inside it, and node outputs (`node.port`) are found after
    /// variables.
    package func value(at path: String) -> Value? { self.variables.value(at: path) }

    package func variable(_ name: String) -> Value? { self.variables.variable(name) }

    /// - Throws: `ValueError` when the variable is read-only.
    package func setVariable(_ name: String, to value: Value) throws(NodeFailure) {
        try self.variables.set(name, to: value)
    }

    /// Every variable's name and value.
    package var allVariables: Object { self.variables.all }

    /// Computes an expression (workflow format §6.1). Clock variables in it are null: a pure node has no clock.
    ///
    /// - Parameter bindings: Names that hide variables and nodes.
    /// - Throws: `ExpressionError` when the text cannot be parsed or computed.
    package mutating func evaluate(_ text: String, bindings: [String: Value] = [:]) throws(NodeFailure) -> Value {
        do {
            return try Expression(parsing: text).evaluate(
                in: self.variables, clock: nil, random: &self.random, bindings: bindings)
        } catch {
            throw NodeFailure("ExpressionError", "EXPRESSION_ERROR: \(error)")
        }
    }

    package mutating func log(_ level: LogLevel, _ message: String) { self.logs.append((level, message)) }
}
