import CasareDomain

extension WorkflowSchema {
    /// What a parameter's value may be: what its coercion takes, a template, or null, which counts as not given.
    ///
    /// - Parameter alias: The other name under which it is described.
    static func schema(of parameter: NodeType.Parameter, under alias: NodeType.Parameter.Alias? = nil) -> Value {
        let scale = alias?.scale ?? 1
        var schema: Object = ["description": .string(Self.description(of: parameter, under: alias))]
        if !parameter.defaultValue.isNull {
            schema["default"] = alias == nil || scale == 1 ? parameter.defaultValue : .none
        }
        switch Self.form(of: parameter, scale: scale) {
        case .anything: break
        case .types(let names): schema["type"] = .list((names + ["null"]).map(Value.string))
        case .oneOf(let forms): schema["anyOf"] = .list(forms + [["$ref": "#/$defs/template"], ["type": "null"]])
        }
        return .object(schema)
    }

    private enum Form {
        case anything
        case types([String])
        case oneOf([Value])
    }

    private static func form(of parameter: NodeType.Parameter, scale: Double) -> Form {
        if !parameter.choices.isEmpty { return .oneOf(Self.forms(ofChoicesOf: parameter)) }
        switch parameter.type {
        case .any, .json: return .anything
        case .string:
            // Everything has a text; that it should be one is all that there is to say.
            return .types(["string", "number", "boolean", "array", "object"])
        case .integer:
            return .oneOf([
                .object(["type": "integer"] as Object).within(parameter.range, scale),
                ["type": "string", "pattern": #"^\s*[+-]?[0-9]+(?:\.0*)?\s*$"#],
            ])
        case .number:
            return .oneOf([
                .object(["type": "number"] as Object).within(parameter.range, scale),
                ["type": "string", "pattern": #"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"#],
            ])
        case .boolean:
            return .oneOf([
                ["type": ["boolean", "number"]],
                [
                    "type": "string",
                    "pattern": .string(#"^\s*(?:\#(Self.withoutCase("true|yes|on|1|false|no|off|0")))?\s*$"#),
                ],
            ])
        // As text: JSON, or the name of a variable.
        case .list: return .types(["array", "string"])
        case .object: return .types(["object", "string"])
        }
    }

    /// The choices as they are declared, for editors to offer; and by a pattern every other text that means one.
    private static func forms(ofChoicesOf parameter: NodeType.Parameter) -> [Value] {
        let exact = parameter.choices.map { Self.withoutCase(Self.escaped($0)) }
        let loose = parameter.choices.flatMap(parameter.looseTexts).map { text in
            // Anything may stand before, between and behind letters and digits.
            let letters = NodeType.Parameter.lettersAndDigits(text).map { Self.withoutCase(String($0)) }
            return ([""] + letters + [""]).joined(separator: "[^0-9A-Za-z]*")
        }
        let pattern = (exact + loose + [#"\s*"#]).joined(separator: "|")
        return [
            ["enum": .list(parameter.choices.map(Value.string))],
            ["type": "string", "pattern": .string("^(?:\(pattern))$")],
        ]
    }

    private static func description(
        of parameter: NodeType.Parameter, under alias: NodeType.Parameter.Alias?
    ) -> String {
        var sentences: [String] = []
        if let alias {
            let unit = alias.scale == 1 ? "" : ", times \(Value.double(alias.scale).displayText)"
            sentences.append("Another name of \(parameter.name)\(unit).")
        }
        if !parameter.documentation.isEmpty { sentences.append(parameter.documentation) }
        if parameter.isRequired { sentences.append("Required: set it here, or connect a data output to it.") }
        if parameter.isVerbatim { sentences.append("Templates in it are values, not text.") }
        return sentences.joined(separator: " ")
    }

    // MARK: Patterns

    /// A pattern that matches a text in any case of its letters; regular expressions in JSON Schema have no flags.
    static func withoutCase(_ pattern: String) -> String {
        String(
            pattern.flatMap { character -> [Character] in
                guard character.isASCII, character.isLetter else { return [character] }
                return ["["] + Array(character.uppercased()) + Array(character.lowercased()) + ["]"]
            })
    }

    /// A pattern that matches a text literally.
    static func escaped(_ text: String) -> String {
        String(text.flatMap { #"\^$.|?*+()[]{}/"#.contains($0) ? ["\\", $0] : [$0] })
    }
}

extension Value {
    /// A schema of a number with a parameter's bounds, as they are in the unit of an alias.
    fileprivate func within(_ range: ClosedRange<Double>?, _ scale: Double) -> Value {
        guard var schema = self.object, let range else { return self }
        for (key, bound) in [("minimum", range.lowerBound), ("maximum", range.upperBound)] where bound.isFinite {
            schema[key] = NodeType.Parameter.bound(bound / scale)
        }
        return .object(schema)
    }
}
