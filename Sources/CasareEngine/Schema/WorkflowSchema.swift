package import CasareDomain

/// The workflow format as a JSON Schema (draft 2020-12) for editors and other tools.
///
/// It takes every shape that the parser takes, and every value that a parameter's coercion takes; templates are allowed
/// wherever a value is. What it refuses, validation reports too. What takes the whole graph (ends of connections,
/// ports, pairs, whether a required parameter is delivered) no schema can say: that is validation's.
package struct WorkflowSchema {
    let catalogue: NodeCatalogue

    package init(_ catalogue: NodeCatalogue) { self.catalogue = catalogue }

    package var json: Value {
        var definitions: Object = [
            "node": self.node,
            "nodeType": self.nodeType,
            "connection": Self.connection,
            "variable": Self.variable,
            "settings": Self.settings,
            "metadata": Self.metadata,
            "subflowPort": Self.subflowPort,
            "promotedParameter": Self.promotedParameter,
            "text": Self.text,
            "template": Self.template,
        ]
        for type in self.catalogue.types where type.isSupported {
            definitions[type.name] = self.config(of: type)
        }
        return .object(self.root.merging(["$defs": .object(definitions)]))
    }

    /// Texts that count as such; whole numbers are taken for names too.
    private static let text: Value = [
        "anyOf": [["type": "string", "minLength": 1], ["type": "integer"]]
    ]

    private static let template: Value = [
        "description": "A template, such as {{name}} or {{node_id.output}}, filled in when the node runs.",
        "type": "string",
        "pattern": #"\{\{|\$\{|%"#,
    ]

    private var root: Object {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:casare:schema:workflow:1",
            "title": "Casare workflow",
            "description": "A workflow, or a subflow file: a graph of nodes. Of all members only nodes must be there.",
            "type": "object",
            "required": ["nodes"],
            "properties": [
                "$schema": ["description": "For editors: where this schema is.", "type": ["string", "null"]],
                "metadata": ["$ref": "#/$defs/metadata"],
                "nodes": self.nodes,
                "connections": [
                    "description":
                        "What leads from which port to which; several from one port are followed in this order.",
                    "type": ["array", "null"],
                    "maxItems": .int(DocumentLimits.connectionsMax),
                    "items": ["$ref": "#/$defs/connection"],
                ],
                "variables": Self.variables,
                "settings": ["$ref": "#/$defs/settings"],
                "credential_bindings": [
                    "description": "The workflow's own words for secrets, each with the name of one.",
                    "type": ["object", "null"],
                    "additionalProperties": ["type": "string"],
                ],
                "frames": ["description": "The editor's groups; kept, and without meaning for a run."],
                "subflows": [
                    "description":
                        "Subflow documents by the subflow_path that nodes refer to them by; casarectl puts them there.",
                    "type": ["object", "null"],
                    "additionalProperties": ["$ref": "#"],
                ],
                "__validated__": ["description": "Ignored: a file does not vouch for itself."],
                "name": ["description": "Of a subflow file: its name, unless metadata gives one."],
                "version": ["description": "Of a subflow file: its version."],
                "description": ["description": "Of a subflow file: what it is for."],
                "inputs": Self.interface("What a subflow takes.", "subflowPort"),
                "outputs": Self.interface("What a subflow gives.", "subflowPort"),
                "parameters": Self.interface(
                    "Config of nodes inside a subflow that its caller may set.", "promotedParameter"),
            ],
            "additionalProperties": ["description": "A member without a meaning here; it is kept."],
        ]
    }

    /// By ID, or as a list of nodes that say their IDs themselves. Keywords for objects say nothing about lists and the
    /// other way round, so that both stand side by side: an `anyOf` would hide where in a node the mistake is.
    private var nodes: Value {
        [
            "description": """
            The nodes by ID; or a list of nodes, each with its node_id. Their order is kept: it decides what starts \
            first when there is no StartNode.
            """,
            "type": ["object", "array"],
            "minProperties": 1,
            "maxProperties": .int(DocumentLimits.nodesMax),
            "propertyNames": ["minLength": 1, "maxLength": .int(DocumentLimits.nodeIDCharactersMax)],
            "additionalProperties": ["$ref": "#/$defs/node"],
            "minItems": 1,
            "maxItems": .int(DocumentLimits.nodesMax),
            "items": [
                "$ref": "#/$defs/node",
                "anyOf": [["required": ["node_id"]], ["required": ["id"]], ["required": ["custom"]]],
            ],
        ]
    }

    private static func interface(_ description: String, _ element: String) -> Value {
        [
            "description": .string(description),
            "type": ["array", "null"],
            "items": ["$ref": .string("#/$defs/\(element)")],
        ]
    }
}
