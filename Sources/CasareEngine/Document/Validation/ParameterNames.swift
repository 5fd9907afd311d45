/// The parameters of one type by every name that they go by, made for looking them up: a large document asks for them
/// thousands of times.
struct ParameterNames {
    /// A parameter under one of its names. A class, because a parameter is large to hand about.
    final class Named: Sendable {
        let parameter: NodeType.Parameter
        /// What numbers under this name are multiplied by.
        let scale: Double

        init(_ parameter: NodeType.Parameter, scale: Double) {
            self.parameter = parameter
            self.scale = scale
        }
    }

    private let named: [String: Named]
    private let prefixes: [String]

    init(_ type: NodeType) {
        var named: [String: Named] = [:]
        for parameter in type.parameters {
            for alias in [.init(parameter.name)] + parameter.aliases where named[alias.name] == nil {
                named[alias.name] = Named(parameter, scale: alias.scale)
            }
        }
        self.named = named
        self.prefixes = type.parameterPrefixes
    }

    /// `nil` for what the type does not declare by itself, such as `item_1`.
    func declared(_ name: String) -> Named? { self.named[name] }

    /// The own name of what a name means; `nil` when the type does not know it.
    func parameter(_ name: String) -> String? {
        if let named = self.named[name] { return named.parameter.name }
        return self.prefixes.contains { name.hasPrefix($0) && name.count > $0.count } ? name : nil
    }
}
