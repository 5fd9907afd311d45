import ArgumentParser
import CasareDomain
import CasareWire

/// What a trigger waits for and what it starts, as the commands that create and update triggers take it.
struct TriggerSpecOptions: ParsableArguments {
    @Option(help: "Of a webhook: how requests prove themselves.") var auth: CaseArgument<WebhookAuth.Kind>?
    @Option(
        help: ArgumentHelp("The header with the secret or the signature, where it may be chosen.", valueName: "header"),
        transform: Text.notEmpty)
    var authHeader: String?
    @Option(
        help: ArgumentHelp("Of an HMAC: the header with Unix seconds that are signed too.", valueName: "header"),
        transform: Text.notEmpty)
    var timestampHeader: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So much older or newer a signature may be (default: 5m).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var tolerance: PositiveTimeSpan?
    @Option(help: ArgumentHelp("A method that the hook takes (default: POST); may be repeated.", valueName: "method"))
    var method: [CaseArgument<Webhook.Method>] = []
    @Option(
        help: ArgumentHelp(
            "A header that a request must have, with this value or * for any; may be repeated.",
            valueName: "header=value"), transform: NameAndText.parse)
    var header: [NameAndText] = []
    @Option(
        help: ArgumentHelp("The header that holds the sender's ID of a delivery.", valueName: "header"),
        transform: Text.notEmpty)
    var deliveryHeader: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The largest body in bytes (default: 1048576).", valueName: "bytes"),
        transform: Text.number(in: Webhook.bodyBytesMaxRange))
    var bodyMax: Int?
    @Option(
        help: ArgumentHelp(
            "Wait for jobs that end so: completed, failed, cancelled or dead_lettered; may be repeated.",
            valueName: "ending"))
    var on: [JobEndingArgument] = []
    @Option(
        help: ArgumentHelp("Only jobs of this workflow; may be repeated.", valueName: "workflow"),
        transform: Text.notEmpty)
    var of: [String] = []
    @Option(
        help: ArgumentHelp("Only failures whose message holds this text.", valueName: "text"),
        transform: Text.notEmpty)
    var errorContains: String?
    @OptionGroup var watch: TriggerWatchOptions
    @Option(help: "The workflow that starts.", transform: Text.notEmpty) var workflow: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A version of it (default: the newest at the time).", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var version: Int?
    @OptionGroup var variables: VariableOptions
    @Option(
        help: ArgumentHelp(
            "Take a variable from a delivery: payload.customer.id, /customer/id, payload, body, header.X-Name, query.name, "
                + "delivery, trigger or received_at; may be repeated.", valueName: "variable=place"),
        transform: NameAndText.parse)
    var map: [NameAndText] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How urgent its jobs are.", valueName: "priority"), transform: PriorityArgument.parse)
    var priority: PriorityArgument?
    @Option(help: "Robots of this environment run its jobs.", transform: Text.notEmpty) var environment: String?
    @Option(
        help: ArgumentHelp("Its jobs take turns with those of other keys.", valueName: "key"),
        transform: Text.notEmpty)
    var queueKey: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So long after a job nothing comes of it.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var cooldown: PositiveTimeSpan?
    @Option(
        help: ArgumentHelp("Of deliveries with the same value there one makes a job.", valueName: "place"),
        transform: Text.notEmpty)
    var dedup: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long such a value is remembered (default: 1d).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var dedupFor: PositiveTimeSpan?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So many of its jobs may be under way at once.", valueName: "n"),
        transform: Text.number(in: TriggerSpec.concurrencyRange))
    var concurrency: Int?
    @Option(help: ArgumentHelp("What it is for.", valueName: "text"), transform: Text.notEmpty)
    var description: String?

    /// Whether what is given says what the trigger waits for.
    var hasSource: Bool { self.auth != nil || !self.on.isEmpty || self.watch.kind != nil }

    /// Whether what is given means something else for each kind of trigger, and does not say which.
    var needsKind: Bool {
        self.source == nil && (!self.map.isEmpty || !self.watch.common.isEmpty)
    }

    /// The kind of which something is said.
    private var source: Trigger.Kind? {
        if let kind = self.watch.kind { return kind }
        if !self.job.isEmpty { return .job }
        return self.webhook.isEmpty ? nil : .webhook
    }

    /// What is given, as a merge patch of a spec.
    ///
    /// - Parameter kind: of the trigger that changes; `nil`: of one that is made.
    func members(of kind: Trigger.Kind? = nil) throws(CommandFailure) -> Object {
        var members: Object = [:]
        let webhook = self.webhook
        if !webhook.isEmpty { members["webhook"] = .object(webhook) }
        let job = self.job
        if !job.isEmpty { members["job"] = .object(job) }
        for (name, value) in try self.watch.members(of: kind) { members[name] = value }
        if !self.map.isEmpty {
            let source = (self.source ?? kind ?? .webhook).rawValue
            var inner = members[source]?.object ?? [:]
            inner["variables"] = .object(Object(self.map.map { ($0.name, Value.string($0.text)) }))
            members[source] = .object(inner)
        }
        if let workflow { members["workflow"] = .string(workflow) }
        if let version { members["workflow_version"] = .int(version) }
        if let variables = try self.variables.variables() { members["variables"] = .object(variables) }
        if let priority { members["priority"] = .int(priority.priority.rawValue) }
        if let environment { members["environment"] = .string(environment) }
        if let queueKey { members["queue_key"] = .string(queueKey) }
        if let cooldown { members["cooldown_seconds"] = .double(cooldown.seconds) }
        if let dedup { members["dedup"] = .string(dedup) }
        if let dedupFor { members["dedup_seconds"] = .double(dedupFor.seconds) }
        if let concurrency { members["concurrency_max"] = .int(concurrency) }
        if let description { members["description"] = .string(description) }
        return members
    }

    private var webhook: Object {
        var auth: Object = [:]
        if let kind = self.auth { auth["kind"] = .string(kind.value.rawValue) }
        if let authHeader { auth["header"] = .string(authHeader) }
        if let timestampHeader { auth["timestamp_header"] = .string(timestampHeader) }
        if let tolerance { auth["tolerance_seconds"] = .double(tolerance.seconds) }
        var webhook: Object = [:]
        if !auth.isEmpty { webhook["auth"] = .object(auth) }
        if !self.method.isEmpty { webhook["methods"] = .list(self.method.map { .string($0.value.rawValue) }) }
        if !self.header.isEmpty {
            webhook["headers"] = .object(Object(self.header.map { ($0.name, Value.string($0.text)) }))
        }
        if let deliveryHeader { webhook["delivery_header"] = .string(deliveryHeader) }
        if let bodyMax { webhook["body_max_bytes"] = .int(bodyMax) }
        return webhook
    }

    private var job: Object {
        var job: Object = [:]
        if !self.on.isEmpty { job["kinds"] = .list(self.on.map { .string($0.kind.rawValue) }) }
        if !self.of.isEmpty { job["workflows"] = .list(self.of.map { .string($0) }) }
        if let errorContains { job["error_contains"] = .string(errorContains) }
        return job
    }
}

/// `name=text`.
struct NameAndText: ArgumentForm, Hashable {
    static let form = "name=text"

    let name: String
    let text: String

    init?(argument: String) {
        let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return nil }
        self.name = String(halves[0])
        self.text = String(halves[1])
    }
}

/// How a job ended, by name.
struct JobEndingArgument: ExpressibleByArgument, Hashable, Sendable {
    let kind: EventKind

    init?(argument: String) {
        guard let kind = EventKind(rawValue: argument.lowercased()), JobEventSource.endings.contains(kind) else {
            return nil
        }
        self.kind = kind
    }

    static var allValueStrings: [String] { JobEventSource.endings.map(\.rawValue) }
}
