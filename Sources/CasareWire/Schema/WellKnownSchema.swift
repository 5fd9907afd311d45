import CasareDomain
import FoundationEssentials

/// Schemas that watching a type cannot find: of scalars, of types with a form of their own, and of free JSON.
enum WellKnownSchema {
    private static let uuidExample: Value = "0197f3a0-0000-7000-8000-000000000000"

    static func of(_ type: any Decodable.Type) -> Value? {
        switch type {
        case is Value.Type: return [:]
        case is Object.Type: return ["type": "object"]
        case is String.Type: return ["type": "string"]
        case is Bool.Type: return ["type": "boolean"]
        case is Int.Type, is Int64.Type, is Int32.Type: return ["type": "integer"]
        case is Double.Type: return ["type": "number"]
        case is Date.Type: return ["type": "string", "format": "date-time"]
        case is any UUIDIdentifier.Type: return ["type": "string", "format": "uuid"]
        case is Robot.ID.Type: return ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"]
        case is SecretGenerator.Type: return ["type": "string"]
        case is Role.Name.Type: return ["type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"]
        case is Secret.Name.Type:
            return [
                "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$",
                "maxLength": .int(Secret.Name.charactersMax),
            ]
        case is SecretFields.Type: return ["type": "object", "additionalProperties": ["type": "string"]]
        case is Priority.Type: return Self.priority
        case is RunResult.Type: return Self.runResult
        case is RetryPolicy.Type: return Self.retryPolicy
        case is Job.ResumePoint.Type: return Self.resumePoint
        case is JSONPatch.Type: return Self.jsonPatch
        case is Blackout.Type: return CalendarSchema.blackout
        case is BusinessCalendar.Type: return CalendarSchema.calendar
        case is CalendarSpec.Type: return CalendarSchema.savedCalendar
        default:
            let names = enumerationNames(type)
            return names.isEmpty ? nil : ["type": "string", "enum": .list(names.map(Value.string))]
        }
    }

    /// Something that the type can be decoded from.
    static func sample(of type: any Decodable.Type) -> Value {
        switch type {
        case is Bool.Type: return true
        case is Int.Type, is Int64.Type, is Int32.Type, is Double.Type, is Priority.Type: return 1
        case is Object.Type, is RetryPolicy.Type: return [:]
        case is Date.Type: return "2026-01-02T03:04:05.678Z"
        case is RunResult.Type: return ["success": true]
        case is Value.Type: return .null
        case is Job.ResumePoint.Type: return "start"
        case is SecretGenerator.Type: return "uuid"
        case is Role.Name.Type: return "viewer"
        case is Secret.Name.Type: return "db/prod"
        case is SecretFields.Type: return [:]
        case is JSONPatch.Type: return []
        case is Blackout.Type: return CalendarSchema.blackoutSample
        case is BusinessCalendar.Type: return CalendarSchema.calendarSample
        case is CalendarSpec.Type: return [:]
        default:
            // A text that is a UUID may stand for every text that is not from a list.
            return enumerationNames(type).first.map(Value.string) ?? Self.uuidExample
        }
    }

    private static let priority: Value = [
        "description": "20 is most urgent. The names LOW 0, NORMAL 5, HIGH 15, URGENT and CRITICAL 20 are taken too.",
        "anyOf": [
            ["type": "integer", "minimum": 0, "maximum": 20],
            ["type": "string", "enum": ["LOW", "NORMAL", "HIGH", "URGENT", "CRITICAL"]],
        ],
    ]

    private static let resumePoint: Value = [
        "description": "The start, the step that failed, or the number of a step: the first that is done anew.",
        "anyOf": [
            ["type": "string", "enum": ["start", "failed"]],
            ["type": "integer", "minimum": 0, "maximum": .int(StepInfo.stepRange.upperBound)],
        ],
    ]

    private static let runResult: Value = [
        "type": "object",
        "properties": [
            "success": ["type": "boolean"],
            "error": ["type": ["string", "null"]],
            "variables": ["type": "object"],
            "logs": ["type": "array", "items": ["type": "string"]],
            "node_errors": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "node": ["type": "string"], "error": ["type": "string"], "type": ["type": "string"],
                    ],
                    "required": ["node", "error"],
                ],
            ],
            "trace": ["type": "array", "items": ["type": "string"]],
            "node_outputs": ["type": "object"],
        ],
        "required": ["success"],
    ]

    private static let seconds: Value = [
        "type": "number", "minimum": 0, "maximum": .double(Job.spanSecondsMax),
    ]

    /// Members that RFC 6902 does not name are ignored, so that the shape of an operation is not checked by this.
    private static let jsonPatch: Value = [
        "type": "array",
        "description": "A JSON Patch (RFC 6902).",
        "maxItems": .int(JSONPatch.operationsMax),
        "items": ["type": "object", "required": ["op", "path"]],
    ]

    private static let retryMembers: Object = [
        "backoff": [
            "type": "string", "enum": .list(RetryPolicy.BackoffName.allCases.map { .string($0.rawValue) }),
            "default": "list",
        ],
        "delays_seconds": ["type": "array", "items": seconds, "minItems": 1],
        "delay_seconds": seconds,
        "initial_seconds": seconds,
        "factor": ["type": "number", "minimum": 1],
        "step_seconds": seconds,
        "max_seconds": seconds,
        "max_attempts": [
            "type": "integer", "minimum": .int(RetryPolicy.attemptsRange.lowerBound),
            "maximum": .int(RetryPolicy.attemptsRange.upperBound),
        ],
        "jitter": ["type": "number", "minimum": 0, "maximum": 1],
    ]

    private static func orNever(_ members: Object) -> Value {
        ["anyOf": [["type": "object", "properties": .object(members)], ["type": "string", "enum": ["never"]]]]
    }

    /// A rule for one kind of failure takes over what it does not say itself.
    private static let retryPolicy: Value = {
        let kinds = Failure.Kind.allCases.filter(\.isRetryable)
        var members = Self.retryMembers
        members["by_kind"] = [
            "type": "object",
            "properties": .object(Object(kinds.map { ($0.rawValue, Self.orNever(Self.retryMembers)) })),
        ]
        return Self.orNever(members)
    }()
}
