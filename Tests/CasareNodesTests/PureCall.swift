import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// One execution of a pure node with inputs that are taken as resolved and coerced.
struct PureCall {
    let result: NodeResult
    let variables: Variables
    let logs: [(level: PureContext.LogLevel, message: String)]

    subscript(output: String) -> Value { self.result.outputs[output] ?? .null }

    /// - Throws: The node's failure.
    init(_ name: String, _ inputs: Object = [:], variables: Object = [:]) throws {
        let type = try #require(StandardNodes.catalogue.type(named: name))
        guard case .pure(let behaviour) = type.behaviour else {
            throw NodeFailure.value("\(name) is not a pure node")
        }
        let scope = Variables(variables)
        var context = PureContext(
            nodeID: "n", workflowName: "w", variables: scope, random: SeededRandom(seed: 1))
        self.result = try behaviour(Inputs(type, inputs), &context)
        self.variables = scope
        self.logs = context.logs
    }

    /// The message that a node fails with; `nil` when it succeeds.
    static func failure(_ name: String, _ inputs: Object = [:], variables: Object = [:]) -> NodeFailure? {
        do {
            _ = try PureCall(name, inputs, variables: variables)
            return nil
        } catch {
            return error as? NodeFailure
        }
    }
}
