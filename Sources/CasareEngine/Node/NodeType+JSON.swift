package import CasareDomain

extension NodeType {
    /// Why reaching a node of this type fails; `nil` for one that runs.
    package var unsupportedReason: String? {
        if case .unsupported(let reason) = self.behaviour { reason } else { nil }
    }

    package var isSupported: Bool { self.unsupportedReason == nil }

    /// Whether its work is done outside of the interpreter.
    var isPerformed: Bool {
        switch self.behaviour {
        case .perform: true
        case .structure, .pure, .unsupported: false
        }
    }

    /// Exec outputs that a node's config gives it, with `*` for what the config says.
    package var openExecOutputs: [String] {
        switch self.structure {
        case .switch: ["case_*"]
        case .fork: ["branch_*"]
        case .start, .end, .comment, .reroute, .merge, .trigger, .if, .forLoopStart, .forLoopEnd, .whileLoopStart,
            .whileLoopEnd, .break, .continue, .try, .catch, .finally, .retry, .retrySuccess, .retryFail, .onError,
            .join, .parallelForEach, .errorRecovery, .subflow, .callSubworkflow, .executeWorkflow, .subflowInput,
            .subflowOutput, nil:
            []
        }
    }

    /// Everything that the declaration says, in the shape that is published: members are added to it, none is renamed
    /// or taken away.
    package var json: Value {
        [
            "name": .string(self.name),
            "aliases": Self.list(self.aliases),
            "family": .string(self.family),
            "summary": .string(self.summary),
            "supported": .bool(self.isSupported),
            "unsupported_reason": self.unsupportedReason.map(Value.string) ?? .null,
            "effect": self.isSupported ? .string(self.effect.rawValue) : .null,
            "durability": self.isSupported ? .string(self.effect.durability) : .null,
            "effect_varies": .bool(self.effectFor != nil),
            "effect_cases": .list(
                self.effectCases.map { entry in
                    [
                        "parameter": .string(entry.parameter), "value": entry.value,
                        "effect": .string(entry.effect.rawValue),
                    ]
                }),
            "opens_session": .bool(self.opensSession),
            "exec_inputs": ["exec_in"],
            "exec_outputs": Self.list(self.execOutputs),
            "open_exec_outputs": Self.list(self.openExecOutputs),
            "exec_aliases": .object(Object(self.execAliases.map { ($0.port, Self.list($0.names)) })),
            "parameters": .list(self.parameters.map(\.json)),
            "parameter_prefixes": Self.list(self.parameterPrefixes),
            "outputs": .list(self.outputs.map(\.json)),
        ]
    }

    fileprivate static func list(_ texts: [String]) -> Value { .list(texts.map(Value.string)) }
}

extension NodeType.Parameter {
    package var json: Value {
        [
            "name": .string(self.name),
            "type": .string(self.type.rawValue),
            "required": .bool(self.isRequired),
            "default": self.defaultValue,
            "choices": NodeType.list(self.choices),
            "choice_aliases": .object(
                Object(
                    self.choices.compactMap { choice in
                        self.choiceAliases[choice].map { (choice, NodeType.list($0)) }
                    })),
            "minimum": Self.bound(self.range?.lowerBound),
            "maximum": Self.bound(self.range?.upperBound),
            "aliases": .list(self.aliases.map { ["name": .string($0.name), "scale": .double($0.scale)] }),
            "verbatim": .bool(self.isVerbatim),
            "documentation": .string(self.documentation),
        ]
    }

    /// An end of a range as a number, whole where it is; `null` where the range is open.
    static func bound(_ bound: Double?) -> Value {
        guard let bound, bound.isFinite else { return .null }
        return Int(exactly: bound).map(Value.int) ?? .double(bound)
    }
}

extension NodeType.Output {
    package var json: Value {
        [
            "name": .string(self.name), "type": .string(self.type.rawValue), "aliases": NodeType.list(self.aliases),
        ]
    }
}
