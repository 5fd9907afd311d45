import CasareDomain

extension DocumentValidator {
    /// Config keys that mean the same on every node. Keys that begin with `_` are the engine's and the editor's own.
    static let commonKeys: Set<String> = ["label", "name", "on_recovery"]
    /// Parameters that hold code on purpose, also of types that declare no parameters here.
    private static let codeKeys: Set<String> = ["code", "condition", "expression", "javascript", "script"]

    mutating func checkConfigs() {
        self.checkRecovery(
            self.document.settings.members["on_recovery"], of: "The workflow's settings", at: "settings.on_recovery")
        self.checkRetry(self.document.settings.members["retry"])
        var deliveries: [String: Set<String>] = [:]
        for (position, connection) in self.document.connections.enumerated()
        where self.graph.execPorts[position] == nil {
            deliveries[connection.target, default: []].insert(connection.targetPort)
        }
        for parameter in self.document.interface?.parameters ?? [] {
            deliveries[parameter.internalNode, default: []].insert(parameter.internalProperty)
        }
        for position in self.document.nodes.indices {
            self.checkDangerousPatterns(position)
            guard let type = self.graph.types[position], !self.document.nodes[position].isDisabled else { continue }
            if case .unsupported = type.behaviour { continue }
            // Triggers are configured for what fires them; a run only passes through them.
            if !self.graph.isTrigger(position) {
                let delivered = deliveries[self.document.nodes[position].id] ?? []
                self.checkRequired(position, type, delivered: delivered)
                self.checkValues(position, delivered: delivered)
            }
            self.checkChoices(position, type)
            self.checkRecovery(
                self.document.nodes[position].config["on_recovery"], of: "Node \(self.label(position))",
                at: self.location(position))
            self.checkKeys(position, type)
        }
    }

    /// Whether a node takes and gives more than its type declares.
    func hasOpenPorts(_ position: Int) -> Bool {
        switch self.graph.structure(position) {
        case .subflow, .callSubworkflow, .executeWorkflow: return true
        default: return self.graph.isTrigger(position) || self.graph.types[position]?.isSupported != true
        }
    }

    private mutating func checkRequired(_ position: Int, _ type: NodeType, delivered: Set<String>) {
        let config = self.document.nodes[position].config
        let missing = type.parameters.filter { parameter in
            guard parameter.isRequired, Self.isBlank(parameter.defaultValue) else { return false }
            return ([parameter.name] + parameter.aliases.map(\.name)).allSatisfy { name in
                !delivered.contains(name) && Self.isBlank(config[name] ?? .null)
            }
        }
        guard !missing.isEmpty else { return }
        self.add(
            .warning(
                "MISSING_PARAMETER",
                "Node \(self.label(position)) needs \(Self.list(missing.map(\.name))), "
                    + "but nothing sets \(missing.count == 1 ? "it" : "them")",
                at: self.location(position),
                suggestion: "Set \(missing.count == 1 ? "it" : "them") in its config, or connect a data output there"))
    }

    private static func isBlank(_ value: Value) -> Bool {
        value.isNull || value.string?.allSatisfy(\.isWhitespace) == true
    }

    /// Values that are the same in every run, and of which it is known now that the node fails by them.
    private mutating func checkValues(_ position: Int, delivered: Set<String>) {
        let config = self.document.nodes[position].config
        for (key, value) in config {
            guard let named = self.declared(key, of: position), named.parameter.choices.isEmpty,
                !named.parameter.isVerbatim, !delivered.contains(key),
                key == named.parameter.name || config[named.parameter.name] == nil, !Self.mayBecomeAnother(value, named)
            else { continue }
            do throws(NodeFailure) {
                var coerced = try named.parameter.coerce(value, variables: nil)
                if named.scale != 1, let number = coerced.double { coerced = .double(number * named.scale) }
                _ = try named.parameter.check(coerced)
            } catch {
                self.add(
                    .warning(
                        "INVALID_VALUE",
                        "Node \(self.label(position)) fails when it is reached: \(DocumentLimits.shortened(key)) does "
                            + "not fit, \(error.message)",
                        at: self.location(position), suggestion: "Change it, or take it out for the default"))
            }
        }
    }

    /// Templates, and texts that may be the name of a variable.
    private static func mayBecomeAnother(_ value: Value, _ named: ParameterNames.Named) -> Bool {
        guard let text = value.string else { return false }
        return named.parameter.type == .list || named.parameter.type == .object || Self.mayHoldTemplate(text)
    }

    private mutating func checkChoices(_ position: Int, _ type: NodeType) {
        let config = self.document.nodes[position].config
        for parameter in type.parameters where !parameter.choices.isEmpty {
            let names = [parameter.name] + parameter.aliases.map(\.name)
            guard let value = names.lazy.compactMap({ config[$0] }).first, !Self.isBlank(value) else { continue }
            let text = value.displayText
            guard !Self.mayHoldTemplate(text), parameter.choice(for: text) == nil else { continue }
            let known = parameter.choices.flatMap { [$0] + (parameter.choiceAliases[$0] ?? []) }
            let nearest = self.nearest(to: text, among: known)
            self.add(
                .warning(
                    "INVALID_CHOICE",
                    "Node \(self.label(position)): '\(parameter.name)' is '\(DocumentLimits.shortened(text))', "
                        + "but must be one of: \(parameter.choices.joined(separator: ", "))",
                    at: self.location(position), suggestion: nearest.map { "Did you mean '\($0)'?" }))
        }
    }

    /// A policy that nobody knows would count as none, and that is not what its author meant.
    private mutating func checkRecovery(_ value: Value?, of what: String, at location: String) {
        guard let value, !Self.isBlank(value), OnRecovery(written: value) == nil else { return }
        let known = OnRecovery.allCases.map(\.rawValue)
        let text = value.displayText
        let nearest = self.nearest(to: text, among: known)
        self.add(
            .error(
                "INVALID_CHOICE",
                "\(what): 'on_recovery' is '\(DocumentLimits.shortened(text))', "
                    + "but must be one of: \(known.joined(separator: ", "))",
                at: location, suggestion: nearest.map { "Did you mean '\($0)'?" }))
    }

    /// How jobs of the workflow are tried again. A job that fails is no time to find out that nobody understands it.
    private mutating func checkRetry(_ value: Value?) {
        guard let value, !value.isNull else { return }
        do throws(RetryPolicy.Invalid) {
            _ = try RetryPolicy(json: value)
        } catch {
            self.add(
                .error(
                    "INVALID_SETTING", "The workflow's settings: 'retry' is no retry policy: \(error.description)",
                    at: "settings.retry",
                    suggestion: "Change it, or leave it out for the standard policy"))
        }
    }

    /// Whether a text has `{{`, `${` or `%` in it.
    private static func mayHoldTemplate(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "%"): return true
            case UInt8(ascii: "{") where previous == byte || previous == UInt8(ascii: "$"): return true
            default: previous = byte
            }
        }
        return false
    }

    private mutating func checkKeys(_ position: Int, _ type: NodeType) {
        guard !self.hasOpenPorts(position) else { return }
        var unknown: [String] = []
        // Most keys are known, so that is asked first.
        for (key, value) in self.document.nodes[position].config where self.parameter(key, of: position) == nil {
            if value.isNull || key.hasPrefix("_") || Self.commonKeys.contains(key) { continue }
            if key.hasPrefix("paired_"), key.hasSuffix("_id") { continue }
            unknown.append(key)
        }
        guard let first = unknown.first else { return }
        let known = type.parameters.map(\.name)
        let nearest = self.nearest(to: first, among: known)
        self.add(
            .warning(
                "UNKNOWN_CONFIG_KEY",
                "Node \(self.label(position)) has config that it does not know and ignores: \(Self.list(unknown))",
                at: self.location(position),
                suggestion: nearest.map { "Did you mean '\($0)' instead of '\(first)'?" }
                    ?? (known.isEmpty ? "It takes no config" : "It knows \(Self.list(known, max: 12))")))
    }

    private mutating func checkDangerousPatterns(_ position: Int) {
        for (key, value) in self.document.nodes[position].config {
            guard let pattern = Self.dangerousPattern(in: value), !Self.codeKeys.contains(key),
                self.declared(key, of: position)?.parameter.isVerbatim != true
            else { continue }
            self.add(
                .warning(
                    "DANGEROUS_PATTERN",
                    "Node \(self.label(position)): '\(DocumentLimits.shortened(key))' contains '\(pattern)', "
                        + "which looks like code",
                    at: self.location(position),
                    suggestion: "It is treated as plain text; check that this is what it is meant to be"))
        }
    }

    private static func dangerousPattern(in value: Value) -> String? {
        switch value {
        case .string(let text):
            return CodePatterns.first(in: text)
        case .list(let items):
            return items.lazy.compactMap { Self.dangerousPattern(in: $0) }.first
        case .object(let members):
            return members.lazy.compactMap { Self.dangerousPattern(in: $0.value) }.first
        case .null, .bool, .int, .double:
            return nil
        }
    }
}
