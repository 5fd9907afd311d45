import CasareDomain
import CasareEngine

/// One of the operations of a node that reads or changes the world, picked by its `action` parameter.
struct SuperAction: NamedAction {
    let name: String
    let shortForms: [String]
    let effectFor: @Sendable (Object) -> NodeType.Effect
    let perform: @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult

    /// An action that blocks, on files.
    init(
        _ name: String, short: String..., effect: NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) throws -> NodeResult
    ) {
        self.init(name, short: short, effectFor: { _ in effect }, perform)
    }

    init(
        _ name: String, short: [String] = [], effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) throws -> NodeResult
    ) {
        self.init(
            name, short: short, effectFor: effectFor,
            awaiting: { inputs, environment in
                try await BlockingWork.run { try perform(inputs, environment) }
            })
    }

    init(
        _ name: String, short: [String], effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        awaiting perform: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) {
        self.name = name
        self.shortForms = short
        self.effectFor = effectFor
        self.perform = perform
    }

    /// The node's effect with a configuration: an action that is a template may turn out to be any of them.
    ///
    /// - Parameter names: Of the parameter that names the action; the first that is there counts.
    static func effectFor(
        _ actions: [SuperAction], named names: [String] = ["action"]
    ) -> @Sendable (Object) -> NodeType.Effect {
        { config in
            let given = names.compactMap { config[$0] }.first { !$0.isNull } ?? ""
            guard let text = given.string, let action = self.find(text, in: actions) else { return .effect }
            return action.effectFor(config)
        }
    }

    static func behaviour(_ actions: [SuperAction]) -> NodeType.Behaviour { .reporting(self.work(actions)) }

    /// What the action does that the inputs name.
    static func work(
        _ actions: [SuperAction]
    ) -> @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult {
        { inputs, environment in
            try await self.named(in: inputs, of: actions).perform(inputs, environment)
        }
    }
}
