import ArgumentParser
import CasareDomain
import CasareWire

/// What a schedule starts. Each option is a member of its spec.
struct ScheduleJobOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The workflow that it starts, by name or ID.", valueName: "workflow"),
        transform: Text.notEmpty)
    var workflow: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A version of it (default: the newest one at each tick).", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var version: Int?

    @OptionGroup var variables: VariableOptions

    @Option(
        parsing: .unconditional, help: "0 to 20, or low, normal, high, urgent or critical (both 20).",
        completion: .list(PriorityArgument.names), transform: PriorityArgument.parse)
    var priority: PriorityArgument?

    @Option(
        help: ArgumentHelp("Robots of this environment may run its jobs.", valueName: "name"),
        transform: Text.notEmpty)
    var environment: String?

    @Option(
        help: ArgumentHelp("Its jobs take turns with those of other keys.", valueName: "key"),
        transform: Text.notEmpty)
    var queueKey: String?

    @Option(
        help: ArgumentHelp("The robots of its jobs must have this tag; may be repeated.", valueName: "tag"),
        transform: Text.label)
    var requireTag: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A job that no robot has begun after this long fails as expired, \(TimeSpan.help).", valueName: "time"),
        transform: PositiveJobSpan.parse)
    var expiresIn: PositiveJobSpan?

    @OptionGroup(title: "Retries") var retries: RetryPolicyOptions

    /// - Throws: what reading a file of variables throws, and `.usage` for a retry policy that cannot be.
    func add(to spec: inout Object) throws {
        if let workflow { spec["workflow"] = .string(workflow) }
        if let version { spec["workflow_version"] = .int(version) }
        if let variables = try self.variables.variables() { spec["variables"] = .object(variables) }
        if let priority { spec["priority"] = try ValueEncoder.encode(priority.priority) }
        if let environment { spec["environment"] = .string(environment) }
        if let queueKey { spec["queue_key"] = .string(queueKey) }
        if !self.requireTag.isEmpty { spec["required_tags"] = .list(self.requireTag.map(Value.string)) }
        if let expiresIn { spec["expires_in_seconds"] = .double(expiresIn.seconds) }
        if let policy = try self.retries.policy() { spec["retry"] = try ValueEncoder.encode(policy) }
    }
}
