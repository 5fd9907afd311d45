import CasareDomain
package import CasareEngine

/// Raising, repeating and reporting errors (node catalogue §1.3).
package enum ErrorHandlingNodes {
    package static let types: [NodeType] = Self.structuralTypes + Self.raisingTypes + [Self.logError]

    private static let family = "Error handling"

    private static let structuralTypes: [NodeType] = [
        NodeType(
            "RetryNode", family: Self.family, "Runs its body again until it succeeds or the attempts are spent.",
            parameters: [
                .init(
                    "max_attempts", .integer, default: 3, range: 1 ... .infinity, aliases: ["max_retries"],
                    "How often the body runs at most."),
                .init(
                    "initial_delay", .number, default: 1.0, range: 0 ... .infinity,
                    aliases: [.init("delay_ms", scale: 0.001)], "Seconds to wait after the first failure."),
                .init(
                    "backoff_multiplier", .number, default: 2.0, range: 1 ... .infinity,
                    "Each wait is the one before times this."),
                .init(
                    "max_delay", .number, range: 0 ... .infinity, aliases: [.init("max_delay_ms", scale: 0.001)],
                    "No wait is longer than this many seconds."),
            ],
            outputs: [.init("attempt", .integer, aliases: ["attempt_number"]), .init("last_error", .string)],
            execOutputs: ["retry_body", "success", "failed"], .structure(.retry)),
        NodeType(
            "RetrySuccessNode", family: Self.family, "Ends a Retry's body successfully.", .structure(.retrySuccess)),
        NodeType(
            "RetryFailNode", family: Self.family, "Ends this attempt of a Retry as failed.",
            parameters: [.init("error_message", .string, default: "Operation failed", "Why the attempt failed.")],
            .structure(.retryFail)),
        NodeType(
            "OnErrorNode", family: Self.family, "Runs a protected body, and another one when it fails.",
            outputs: [
                .init("error_message", .string), .init("error_type", .string), .init("error_node", .string),
                .init("stack_trace", .string), .init("timestamp", .string),
            ],
            execOutputs: ["protected_body", "on_error", "finally"], .structure(.onError)),
        NodeType(
            "ErrorRecoveryNode", family: Self.family,
            "Says what becomes of errors from here on that nothing else handles.",
            parameters: [
                .init(
                    "strategy", .string, default: "stop",
                    "stop, continue, retry, fallback or restart; anything else is stop."),
                .init(
                    "max_retries", .integer, default: 3, range: 0 ... .infinity,
                    "How often a failing node is executed again, or the run is begun anew."),
            ],
            execOutputs: ["exec_out", "fallback"], .structure(.errorRecovery)),
    ]

    private static let raisingTypes: [NodeType] = [
        NodeType(
            "ThrowErrorNode", family: Self.family, "Fails with a message.",
            parameters: [.init("error_message", .string, default: "Custom error", "The message.")],
            .pure { inputs, _ throws(NodeFailure) in
                throw NodeFailure("CustomError", inputs.string("error_message"))
            }),
        NodeType(
            "AssertNode", family: Self.family, "Fails when a condition does not hold.",
            parameters: [
                .init(
                    "condition", .any, default: true, verbatim: true, "A value, or an expression such as `{{n}} > 0`."),
                .init("message", .string, default: "Assertion failed", "Part of the error's message."),
            ],
            outputs: [.init("passed", .boolean)],
            .pure(Assertion.perform)),
    ]

    private static let logError = NodeType(
        "LogErrorNode", family: Self.family, "Writes an error to the log.",
        parameters: [
            .init("error_message", .string, default: "Unknown error", "The error's message."),
            .init("error_type", .string, default: "Error", "The error's type."),
            .init("context", .any, default: [:], "What else to record."),
            .init(
                "level", .string, default: "error", choices: ["debug", "info", "warning", "error", "critical"],
                "The log line's level."),
            .init("include_stack_trace", .boolean, default: false, "Record the stack trace that `context` holds."),
        ],
        outputs: [.init("log_entry", .object)], readsClock: true,
        .pure { inputs, context throws(NodeFailure) in
            let details = inputs["context"]
            var entry: Object = [
                "timestamp": context.clock.map { .string($0.localText) } ?? .null, "level": inputs["level"],
                "error_type": inputs["error_type"],
                "error_message": inputs["error_message"], "workflow": .string(context.workflowName),
                "context": details,
            ]
            if inputs.bool("include_stack_trace") { entry["stack_trace"] = details["stack_trace"] ?? "" }
            var line = "[\(inputs.string("error_type"))] \(inputs.string("error_message"))"
            if let object = details.object, !object.isEmpty { line += " | Context: \(details.displayText)" }
            context.log(LogActions.level(inputs.string("level")), line)
            return NodeResult(["log_entry": .object(entry)])
        })
}
