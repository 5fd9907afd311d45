/// The names that config keys and ports of one type may have, made for looking them up: a large document asks for them
/// thousands of times.
struct ParameterNames {
    /// The parameter's own name, by every name that it goes by.
    private let canonical: [String: String]
    private let prefixes: [String]
    private let verbatim: Set<String>

    init(_ type: NodeType) {
        var canonical: [String: String] = [:]
        for parameter in type.parameters {
            for name in [parameter.name] + parameter.aliases.map(\.name) where canonical[name] == nil {
                canonical[name] = parameter.name
            }
        }
        self.canonical = canonical
        self.prefixes = type.parameterPrefixes
        self.verbatim = Set(type.parameters.filter(\.isVerbatim).map(\.name))
    }

    /// The own name of what a name means; `nil` when the type does not know it.
    func parameter(_ name: String) -> String? {
        if let parameter = self.canonical[name] { return parameter }
        return self.prefixes.contains { name.hasPrefix($0) && name.count > $0.count } ? name : nil
    }

    /// Whether the parameter of a name holds code: templates in it are not text.
    func isVerbatim(_ name: String) -> Bool { self.verbatim.contains(self.canonical[name] ?? name) }
}
