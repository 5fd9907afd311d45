import CasareDomain

/// How one node's parameters get their values: delivered by a data connection, else from its config, else the default
/// (workflow format §4).
struct ParameterBindings: Sendable {
    /// A data connection into the node.
    struct Delivery: Sendable {
        let source: String
        let port: String
        /// The target port as the document names it.
        let parameter: String
    }

    private enum Configured: Sendable {
        case literal(Value)
        case template(Template)

        init(_ value: Value, isVerbatim: Bool) {
            let template = Template(value)
            self = isVerbatim || template.isLiteral ? .literal(value) : .template(template)
        }

        /// Of a script, which is no expression: nothing but its secrets is put in.
        init(script text: String) {
            let template = Template(script: text)
            self = template.isLiteral ? .literal(.string(text)) : .template(template)
        }

        var readsClock: Bool {
            switch self {
            case .literal: false
            case .template(let template): template.readsClock
            }
        }
    }

    private struct Binding: Sendable {
        let parameter: NodeType.Parameter
        let configured: Configured?
        /// Unit factor of the alias that the config used.
        let scale: Double
        let deliveries: [Delivery]
        /// The finished value, when nothing about it can change.
        let constant: Value?
    }

    private let names: [String]
    private let bindings: [Binding]
    private let constants: [Value]?
    private let extras: [(name: String, template: Template)]
    private let extraDeliveries: [Delivery]
    /// Parameters that the document sets itself, by config or connection.
    let explicit: Set<String>
    let readsClock: Bool
    private let isStructure: Bool

    /// - Parameter literals: Keys of the config whose values are data: templates in them are not looked for.
    init(type: NodeType, config: Object, deliveries: [Delivery], literals: Set<String> = []) {
        let isStructure = type.structure != nil
        var explicit: Set<String> = []
        var used: Set<String> = []
        self.names = type.parameters.map(\.name)
        self.bindings = type.parameters.map { parameter in
            let names = [parameter.name] + parameter.aliases.map(\.name)
            let key = names.first { config[$0].map { !$0.isNull } ?? false }
            used.formUnion(names)
            let mine = deliveries.filter { names.contains($0.parameter) }
            if key != nil || !mine.isEmpty { explicit.insert(parameter.name) }
            let scale = parameter.aliases.first { $0.name == key }?.scale ?? 1
            let isVerbatim = parameter.isVerbatim || key.map(literals.contains) == true
            let isScript = parameter.isVerbatim && type.isPerformed && key.map(literals.contains) != true
            let configured = key.flatMap { config[$0] }.map { value in
                if isScript, let text = value.string { return Configured(script: text) }
                return Configured(value, isVerbatim: isVerbatim)
            }
            return Binding(
                parameter: parameter, configured: configured, scale: scale, deliveries: mine,
                constant: Self.constant(configured, scale: scale, parameter, mine, isStructure: isStructure))
        }
        let constants = self.bindings.map(\.constant)
        self.constants = constants.contains { $0 == nil } ? nil : constants.compactMap(\.self)
        self.extras = config.compactMap { key, value in
            guard !used.contains(key), type.parameterPrefixes.contains(where: key.hasPrefix) else { return nil }
            return (key, literals.contains(key) ? Template(literal: value) : Template(value))
        }
        self.extraDeliveries = deliveries.filter { !used.contains($0.parameter) }
        self.explicit = explicit
        self.readsClock =
            self.bindings.contains { $0.configured?.readsClock ?? false }
            || self.extras.contains { $0.template.readsClock }
        self.isStructure = isStructure
    }

    /// The parameters of one execution.
    ///
    /// - Parameter given: values of parameters that count whatever the config and the connections say.
    /// - Throws: `ValidationError` or `TypeError`, naming the parameter; for a secret that the run does not have its
    ///   kind of problem.
    func inputs(
        in variables: Variables, clock: ClockReading?, given: [String: Value] = [:]
    ) throws(NodeFailure) -> Inputs {
        if let constants, given.isEmpty, self.extras.isEmpty, self.extraDeliveries.isEmpty {
            return Inputs(names: self.names, values: constants)
        }
        var values: [Value] = []
        values.reserveCapacity(self.bindings.count)
        for binding in self.bindings {
            if !given.isEmpty, let value = given[binding.parameter.name] {
                values.append(
                    try Self.finish(
                        value, scale: 1, parameter: binding.parameter, isStructure: self.isStructure,
                        variables: variables))
            } else if let constant = binding.constant {
                values.append(constant)
            } else {
                values.append(try self.value(of: binding, in: variables, clock: clock))
            }
        }
        var extras: Object = [:]
        for (name, template) in self.extras {
            switch try template.resolve(in: variables, clock: clock) {
            case .value(let value): extras[name] = value
            case .unresolved(let text): extras[name] = .string(text)
            }
        }
        for delivery in self.extraDeliveries {
            if let value = variables.output(delivery.port, of: delivery.source) { extras[delivery.parameter] = value }
        }
        return Inputs(names: self.names, values: values, extras: extras)
    }

    /// The value of one parameter by itself.
    ///
    /// - Throws: as `inputs`.
    func value(of name: String, in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Value {
        guard let binding = self.bindings.first(where: { $0.parameter.name == name }) else { return .null }
        if let constant = binding.constant { return constant }
        return try self.value(of: binding, in: variables, clock: clock)
    }

    /// A parameter's text where the document gives it or its default is one, templates left as they are.
    func text(_ name: String) -> String {
        guard let binding = self.bindings.first(where: { $0.parameter.name == name }) else { return "" }
        switch binding.configured {
        case .literal(let value): return value.displayText
        case .template, nil: return binding.parameter.defaultValue.displayText
        }
    }

    /// The value that a connection delivers to a parameter just now.
    func delivered(_ name: String, in variables: Variables) -> Value? {
        for binding in self.bindings where binding.parameter.name == name {
            return Self.delivered(by: binding.deliveries, in: variables)
        }
        return Self.delivered(by: self.extraDeliveries.filter { $0.parameter == name }, in: variables)
    }

    /// Everything that connections deliver just now, by port: what a disabled node passes on.
    func allDelivered(in variables: Variables) -> Object {
        var delivered: Object = [:]
        for delivery in self.bindings.flatMap(\.deliveries) + self.extraDeliveries {
            if let value = variables.output(delivery.port, of: delivery.source) {
                delivered[delivery.parameter] = value
            }
        }
        return delivered
    }

    /// A value that no execution can change; `nil` also for one that does not fit, which fails when it is needed.
    private static func constant(
        _ configured: Configured?, scale: Double, _ parameter: NodeType.Parameter, _ deliveries: [Delivery],
        isStructure: Bool
    ) -> Value? {
        guard deliveries.isEmpty else { return nil }
        let value: Value
        switch configured {
        case .template: return nil
        case .literal(let literal): value = literal
        case nil: value = parameter.defaultValue
        }
        return try? Self.finish(
            value, scale: configured == nil ? 1 : scale, parameter: parameter, isStructure: isStructure, variables: nil)
    }

    private static func delivered(by deliveries: [Delivery], in variables: Variables) -> Value? {
        var value: Value?
        for delivery in deliveries {
            value = variables.output(delivery.port, of: delivery.source) ?? value
        }
        return value
    }

    private func value(of binding: Binding, in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Value
    {
        let parameter = binding.parameter
        var value = Self.delivered(by: binding.deliveries, in: variables)
        var scale = 1.0
        if value == nil, let configured = binding.configured {
            scale = binding.scale
            switch configured {
            case .literal(let literal):
                value = literal
            case .template(let template):
                switch try template.resolve(in: variables, clock: clock) {
                case .value(let resolved):
                    // Not `nil`: in a ternary that would be the value null.
                    value = resolved.isNull ? .none : resolved
                case .unresolved(let text):
                    // An optional parameter whose whole value is missing is as good as not set; text stays text.
                    let takesText = parameter.type == .any || parameter.type == .string
                    value = parameter.isRequired || takesText ? .string(text) : .none
                }
            }
        }
        return try Self.finish(
            value ?? parameter.defaultValue, scale: scale, parameter: parameter, isStructure: self.isStructure,
            variables: variables)
    }

    /// Coerces and checks a value. Structural nodes say themselves what they cannot do without.
    private static func finish(
        _ value: Value, scale: Double, parameter: NodeType.Parameter, isStructure: Bool, variables: Variables?
    ) throws(NodeFailure) -> Value {
        if !isStructure, parameter.isRequired, value.isNull || value.string?.isBlank == true {
            throw NodeFailure("ValidationError", Self.missingMessages[parameter.name] ?? Self.missing(parameter.name))
        }
        var coerced = try parameter.coerce(value, variables: variables)
        if scale != 1, let number = coerced.double { coerced = .double(number * scale) }
        return try parameter.check(coerced)
    }

    /// What workflows that look at messages expect of some parameters (node catalogue §1.1).
    private static let missingMessages = ["variable_name": "Variable name is required"]

    private static func missing(_ name: String) -> String { "Required input port '\(name)' has no value" }
}
