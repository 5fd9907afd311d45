import CasareDomain

extension WorkflowSchema {
    static let metadata: Value = [
        "description": "What the workflow is called and who made it.",
        "type": ["object", "null"],
        "properties": [
            "id": ["description": "An ID of the editor's."],
            "name": [
                "description": "The workflow's name; without one it is called Untitled.",
                "type": ["string", "null"],
                "maxLength": .int(DocumentLimits.nameCharactersMax),
            ],
            "description": [
                "description": "What it is for.", "type": ["string", "null"],
                "maxLength": .int(DocumentLimits.descriptionCharactersMax),
            ],
            "author": ["description": "Who made it."],
            "version": [
                "description": "The author's own version; Casare numbers versions itself.",
                "maxLength": .int(DocumentLimits.versionCharactersMax),
            ],
            "tags": ["description": "Words to find it by.", "type": ["array", "null"]],
            "created_at": ["description": "In ISO 8601."],
            "modified_at": ["description": "In ISO 8601."],
            "schema_version": ["description": "The version of the format: 1.0.0."],
        ],
        "additionalProperties": ["description": "A member without a meaning here; it is kept."],
    ]

    static let settings: Value = [
        "description": "How the nodes are run.",
        "type": ["object", "null"],
        "properties": [
            "stop_on_error": [
                "description": "Whether a failing node that nobody handles ends the run.",
                "type": ["boolean", "null"], "default": true,
            ],
            "timeout": [
                "description": "Seconds that a node may take.",
                "anyOf": [
                    ["type": ["number", "null"], "exclusiveMinimum": 0],
                    ["type": "string", "pattern": #"^[+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"#],
                ],
            ],
            "retry_count": [
                "description": "How often a failing leaf node is run again.",
                "anyOf": [
                    ["type": ["integer", "null"], "minimum": 0],
                    ["type": "string", "pattern": "^[+]?[0-9]+$"],
                ],
                "default": 0,
            ],
            "on_recovery": [
                "description": """
                What becomes of a step whose robot died in the middle of it, where its node does not say so itself.
                """,
                "default": "ask",
                "anyOf": recoveryPolicies,
            ],
            "retry": [
                "description": """
                When a job of this workflow that failed is tried again, unless it was submitted with a policy of its own.
                """,
                "anyOf": [["type": "null"], ["enum": ["never"]], Self.retryPolicy],
            ],
        ],
        "additionalProperties": ["description": "A setting that Casare does not know; it is kept."],
    ]

    private static let seconds: Value = [
        "type": "number", "minimum": 0, "maximum": .double(RetryPolicy.delaySecondsMax),
    ]

    private static let backoffNames: [Value] =
        RetryPolicy.BackoffName.allCases.map { Value.string($0.rawValue) } + [Value.null]

    private static let retryMembers: Object = [
        "backoff": [
            "description": "How the wait grows from one attempt to the next.",
            "enum": .list(Self.backoffNames), "default": "list",
        ],
        "delays_seconds": [
            "description": "Of a list: one wait for each attempt; the last one repeats.",
            "anyOf": [["type": "null"], ["type": "array", "items": Self.seconds, "minItems": 1]],
        ],
        "delay_seconds": ["description": "Of a fixed policy: each wait.", "anyOf": [["type": "null"], Self.seconds]],
        "initial_seconds": ["description": "The first wait.", "anyOf": [["type": "null"], Self.seconds]],
        "factor": [
            "description": "Of an exponential policy: each wait is the one before times this.",
            "type": ["number", "null"], "minimum": 1,
        ],
        "step_seconds": [
            "description": "Of a linear policy: each wait is so much longer.",
            "anyOf": [["type": "null"], Self.seconds],
        ],
        "max_seconds": ["description": "The longest wait.", "anyOf": [["type": "null"], Self.seconds]],
        "max_attempts": [
            "description": "Attempts in all, the first one included.", "type": ["integer", "null"],
            "minimum": .int(RetryPolicy.attemptsRange.lowerBound),
            "maximum": .int(RetryPolicy.attemptsRange.upperBound),
        ],
        "jitter": [
            "description": "The share by which a wait is longer or shorter at random.",
            "type": ["number", "null"], "minimum": 0, "maximum": 1,
        ],
    ]

    /// A rule for one kind of failure takes over what it does not say itself.
    private static let retryPolicy: Value = {
        let rule: Value = [
            "anyOf": [
                ["enum": ["never"]],
                ["type": "object", "properties": .object(Self.retryMembers), "additionalProperties": false],
            ]
        ]
        var members = Self.retryMembers
        members["by_kind"] = [
            "description": "For failures of one kind instead.", "type": ["object", "null"],
            "properties": .object(
                Object(Failure.Kind.allCases.filter(\.isRetryable).map { ($0.rawValue, rule) })),
            "additionalProperties": false,
        ]
        return ["type": "object", "properties": .object(members), "additionalProperties": false]
    }()

    static let recoveryPolicies: Value = [
        ["enum": ["ask", "retry", "skip", "fail"]],
        ["type": ["string", "null"], "pattern": .string("^(?:\(Self.withoutCase("ask|retry|skip|fail")))$")],
    ]

    static let variables: Value = [
        "description": """
        The variables that a run starts with, by name; or a list of definitions that name themselves. Those given \
        when the run is started win.
        """,
        "type": ["object", "array", "null"],
        "maxProperties": .int(DocumentLimits.variablesMax),
        "additionalProperties": ["$ref": "#/$defs/variable"],
        "maxItems": .int(DocumentLimits.variablesMax),
        "items": ["type": "object", "required": ["name"], "$ref": "#/$defs/variable"],
    ]

    static let variable: Value = [
        "description": "A definition with a default_value, or, when it is no object, the start value itself.",
        "properties": [
            "name": ["description": "Its name.", "type": ["string", "null"]],
            "type": [
                "description": "What kind of value it is meant to hold; not enforced.",
                "anyOf": [
                    ["enum": ["String", "Integer", "Float", "Boolean", "List", "Dict", "DataTable", "Any"]],
                    [:],
                ],
            ],
            "default_value": ["description": "The value at the start of a run; of any kind."],
            "value": ["description": "Taken for default_value, when that is missing."],
            "description": ["description": "What it is for."],
            "sensitive": ["description": "Masked in logs and events.", "default": false],
            "readonly": ["description": "Setting it fails.", "default": false],
        ],
    ]

    static let connection: Value = [
        "description": "From an output of one node to an input of another: an exec port, or data.",
        "type": "object",
        "properties": [
            "source_node": ["description": "The ID of the node that it leaves.", "$ref": "#/$defs/text"],
            "source_port": [
                "description": "An exec output such as exec_out, or a data output.", "$ref": portReference,
            ],
            "target_node": ["description": "The ID of the node that it enters.", "$ref": "#/$defs/text"],
            "target_port": ["description": "exec_in, or the parameter that the data is for.", "$ref": portReference],
            "out": ["description": "Another way to write the source: [node, port].", "$ref": endReference],
            "in": ["description": "Another way to write the target: [node, port].", "$ref": endReference],
        ],
        "allOf": [
            ["anyOf": [["required": ["source_node", "source_port"]], ["required": ["out"]]]],
            ["anyOf": [["required": ["target_node", "target_port"]], ["required": ["in"]]]],
        ],
        "additionalProperties": ["description": "A member without a meaning here; it is kept."],
        "$defs": [
            "port": [
                "anyOf": [
                    ["type": "string", "minLength": 1, "maxLength": .int(DocumentLimits.portNameCharactersMax)],
                    ["type": "integer"],
                ]
            ],
            "end": [
                "type": "array",
                "prefixItems": [["$ref": "#/$defs/text"], ["$ref": portReference]],
                "minItems": 2, "maxItems": 2,
            ],
        ],
    ]

    private static let portReference: Value = "#/$defs/connection/$defs/port"
    private static let endReference: Value = "#/$defs/connection/$defs/end"

    static let subflowPort: Value = [
        "description": "An input or output of a subflow.",
        "type": "object",
        "required": ["name", "type"],
        "properties": [
            "name": ["description": "Its name, also on the node that runs the subflow.", "$ref": "#/$defs/text"],
            "type": [
                "description": "The type of its data; does not change the data.",
                "anyOf": [
                    ["enum": .list(DocumentParser.dataTypes.sorted().map(Value.string))],
                    [
                        "type": "string",
                        "pattern": .string(
                            "^(?:\(DocumentParser.dataTypes.sorted().map(Self.withoutCase).joined(separator: "|")))$"),
                    ],
                ],
            ],
            "description": ["description": "What it is for."],
            "default_value": ["description": "Of an input: its value when the caller gives none."],
            "required": ["description": "Of an input: whether the caller must give it.", "default": false],
            "internal_node_id": [
                "description": "Of an output: the node inside that it comes from; otherwise the variable of its name."
            ],
            "internal_port_name": ["description": "Of an output: the port of that node."],
        ],
    ]

    static let promotedParameter: Value = [
        "description": "A config key of a node inside a subflow, set from outside.",
        "type": "object",
        "required": ["name", "internal_node_id", "internal_property_name"],
        "properties": [
            "name": ["description": "Its name on the node that runs the subflow.", "$ref": "#/$defs/text"],
            "internal_node_id": ["description": "The node inside.", "$ref": "#/$defs/text"],
            "internal_property_name": ["description": "The config key of that node.", "$ref": "#/$defs/text"],
            "default_value": ["description": "Its value when the caller gives none."],
            "required": ["description": "Whether the caller must give it.", "default": false],
        ],
    ]
}
