import CasareDomain

extension WorkflowSchema {
    /// A node in any of its shapes; its type says what its config may hold.
    var node: Value {
        [
            "description": "A node: what it is and how it is set.",
            "type": "object",
            "anyOf": [["required": ["node_type"]], ["required": ["type"]], ["required": ["type_"]]],
            "properties": [
                "node_id": [
                    "description": "Its ID; in an object of nodes the key counts.",
                    "type": ["string", "integer", "null"],
                ],
                "id": ["description": "Its ID, in a list of nodes.", "type": ["string", "integer", "null"]],
                "node_type": ["$ref": "#/$defs/nodeType"],
                "type": ["description": "Another name of node_type.", "$ref": "#/$defs/nodeType"],
                "type_": ["description": "node_type in an editor's dump.", "$ref": "#/$defs/nodeType"],
                "name": ["description": "What people call it.", "type": ["string", "integer", "null"]],
                "config": Self.config("Its parameters, by name."),
                "properties": Self.config("Another name of config; config wins."),
                "custom": Self.config("Config in an editor's dump; properties and config win."),
                "position": Self.position,
                "pos": Self.position,
                "disabled": ["description": "In an editor's dump: whether the node is not executed."],
            ],
            "allOf": .list(self.catalogue.types.filter(\.isSupported).map(self.rule)),
            "additionalProperties": ["description": "A member without a meaning here; it is kept."],
        ]
    }

    private static func config(_ description: String) -> Value {
        ["description": .string(description), "type": ["object", "null"]]
    }

    private static let position: Value = [
        "description": "Where an editor draws it: [x, y], or an object of x and y.",
        "type": ["array", "object", "null"],
        "items": ["type": "number"], "minItems": 2, "maxItems": 2,
        "required": ["x", "y"], "properties": ["x": ["type": "number"], "y": ["type": "number"]],
    ]

    /// Every name of every type, so that editors can offer them; the other spellings by a pattern.
    var nodeType: Value {
        var names: [Value] = []
        var descriptions: [Value] = []
        for type in self.catalogue.types {
            for name in [type.name] + type.aliases {
                names.append(.string(name))
                descriptions.append(.string(name == type.name ? type.summary : "\(type.name): \(type.summary)"))
            }
        }
        let bases = self.catalogue.types.flatMap(Self.bases).sorted().joined(separator: "|")
        return [
            "description": "What the node does; casarectl workflow nodes lists the types.",
            "type": "string",
            "maxLength": .int(DocumentLimits.nodeTypeCharactersMax),
            "anyOf": [
                // Editors show the second list beside the first; to validators it says nothing.
                ["enum": .list(names), "enumDescriptions": .list(descriptions)],
                ["pattern": .string(#"^(?:.*\.)?(?:Visual)?(?:\#(bases))(?:Node)?$"#)],
            ],
        ]
    }

    /// That a node of a type has a config as the type wants it.
    ///
    /// The pattern stands here three times rather than behind a reference, and first: validators ask for the type of
    /// every node as often as there are types.
    private func rule(for type: NodeType) -> Value {
        let name: Value = ["pattern": .string(self.pattern(of: type))]
        let config: Value = ["$ref": .string("#/$defs/\(type.name)")]
        return [
            "if": [
                "properties": ["node_type": name, "type": name, "type_": name],
                "anyOf": [["required": ["node_type"]], ["required": ["type"]], ["required": ["type_"]]],
            ],
            "then": ["properties": ["config": config, "properties": config, "custom": config]],
        ]
    }

    /// The names of a type without the ending that may be left out.
    private static func bases(of type: NodeType) -> [String] {
        ([type.name] + type.aliases).map { $0.hasSuffix("Node") ? String($0.dropLast("Node".count)) : $0 }
    }

    /// Every spelling that the catalogue takes for the type, and no other.
    private func pattern(of type: NodeType) -> String {
        let names = [type.name] + type.aliases
        let bases = Self.bases(of: type).filter { !names.contains($0) }
        let plain = names + bases
        let spellings = (plain + plain.map { "Visual" + $0 }).filter {
            self.catalogue.type(named: $0)?.name == type.name
        }
        return #"^(?:.*\.)?(?:\#(spellings.joined(separator: "|")))$"#
    }

    /// What a type's config may hold.
    func config(of type: NodeType) -> Value {
        var properties = Self.commonKeys
        for parameter in type.parameters {
            for alias in parameter.aliases {
                properties[alias.name] = Self.schema(of: parameter, under: alias)
            }
        }
        for parameter in type.parameters {
            properties[parameter.name] = Self.schema(of: parameter)
        }
        var patterns: Object = [
            "^_": ["description": "The engine's and the editor's own."],
            "^paired_.*_id$": ["description": "The ID of a node that this one belongs together with."],
        ]
        var config: Object = [
            "title": .string(type.name), "description": .string(type.summary), "type": ["object", "null"],
            "properties": .object(properties),
        ]
        // Triggers are told what fires them, and subflows take any input: their config is open.
        let isOpen = type.structure == .trigger || type.parameterPrefixes.contains("")
        for prefix in type.parameterPrefixes where !prefix.isEmpty {
            patterns["^\(Self.escaped(prefix))."] = [
                "description": .string("As many as are wanted: \(prefix)1, \(prefix)2, …")
            ]
        }
        config["patternProperties"] = .object(patterns)
        config["additionalProperties"] = [
            "description": .string(
                isOpen ? "A value for what the node runs." : "Not a parameter of \(type.name): ignored, with a warning."
            )
        ]
        return .object(config)
    }

    private static let commonKeys: Object = [
        "_disabled": [
            "description": "Not executed: inputs are passed on to outputs of the same name.", "default": false,
            "anyOf": [["type": ["boolean", "null"]], ["enum": ["true", "false", "True", "False"]]],
        ],
        "label": ["description": "What people call the node."],
        "name": ["description": "What people call the node."],
        "on_recovery": [
            "description":
                "What becomes of this step when its robot died in the middle of it: it may have happened or not.",
            "default": "ask",
            "anyOf": recoveryPolicies,
        ],
    ]
}
