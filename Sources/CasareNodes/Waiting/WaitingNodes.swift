import CasareDomain
package import CasareEngine

/// The node that waits (node catalogue §1.16).
package enum WaitingNodes {
    /// A longer wait is a schedule's business.
    static let secondsMax = 7.0 * 86_400

    package static let types: [NodeType] = [
        NodeType(
            "WaitNode", aliases: ["BrowserWaitNode", "SleepNode"], family: "Waiting", "Waits for a time.",
            parameters: [
                .init(
                    "duration", .number, default: 1.0,
                    aliases: [
                        "seconds", .init("duration_ms", scale: 0.001), .init("timeout", scale: 0.001),
                    ],
                    "Seconds. `duration_ms` and `timeout` are milliseconds."),
                .init(
                    "wait_type", .string, default: "timeout", choices: ["timeout"],
                    "What is waited for: time only. Waiting for something on a page needs a browser."),
            ],
            effect: .captured,
            .perform { inputs, _ in
                let seconds = inputs.double("duration")
                guard seconds >= 0, seconds <= Self.secondsMax else {
                    throw NodeFailure.value(
                        "duration must be between 0 and \(Int(Self.secondsMax)) seconds, not "
                            + inputs["duration"].displayText
                    )
                }
                try await Task.sleep(for: .seconds(seconds))
                return NodeResult()
            })
    ]
}
