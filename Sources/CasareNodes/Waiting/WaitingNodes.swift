import CasareDomain
package import CasareEngine
import FoundationEssentials

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
            effect: .captured, isTimer: true,
            .perform { inputs, environment in
                let seconds = inputs.double("duration")
                guard seconds >= 0, seconds <= Self.secondsMax else {
                    throw NodeFailure.value(
                        "duration must be between 0 and \(Int(Self.secondsMax)) seconds, not "
                            + inputs["duration"].displayText
                    )
                }
                // Two robots' clocks differ: what was waited is never less than nothing, nor more than all of it.
                let waited = environment.begunAt.map { environment.now().timeIntervalSince($0) } ?? 0
                try await Task.sleep(for: .seconds(seconds - min(max(waited, 0), seconds)))
                return NodeResult()
            })
    ]
}
