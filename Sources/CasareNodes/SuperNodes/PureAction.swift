import CasareDomain
import CasareEngine

/// One of the operations of a node that only computes, picked by its `action` parameter.
struct PureAction: NamedAction {
    typealias Work = @Sendable (Inputs, inout PureContext) throws(NodeFailure) -> NodeResult

    let name: String
    let shortForms: [String]
    let perform: Work

    init(_ name: String, short: [String] = [], _ perform: @escaping Work) {
        (self.name, self.shortForms, self.perform) = (name, short, perform)
    }

    /// The operation of a single-purpose node.
    ///
    /// - Parameters:
    ///   - renamed: What the super node calls the single node's parameters, where it calls them otherwise.
    ///   - outputs: The same for its outputs.
    init(
        _ name: String, short: [String] = [], as type: NodeType, renamed: [String: String] = [:],
        outputs: [String: String] = [:]
    ) {
        guard case .pure(let work) = type.behaviour else { preconditionFailure("\(type.name) does not compute") }
        (self.name, self.shortForms) = (name, short)
        self.perform = { inputs, context throws(NodeFailure) in
            var given: Object = [:]
            for parameter in type.parameters {
                let name = renamed[parameter.name] ?? parameter.name
                let value = inputs[name]
                if parameter.isRequired, value.isNull || value == "" { throw .value("\(name) is required") }
                if !value.isNull { given[parameter.name] = value }
            }
            let result = try work(Inputs(type, given), &context)
            if outputs.isEmpty { return result }
            return NodeResult(Object(result.outputs.map { (outputs[$0.key] ?? $0.key, $0.value) }))
        }
    }

    static func behaviour(_ actions: [PureAction]) -> NodeType.Behaviour {
        .pure { inputs, context throws(NodeFailure) in
            try self.named(in: inputs, of: actions).perform(inputs, &context)
        }
    }
}
