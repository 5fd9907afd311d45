/// What a trigger waits for, and the job that it makes of it.
///
/// The names of its members in JSON stand in its `Codable` conformance.
public struct TriggerSpec: Hashable, Sendable {
    /// What it waits for.
    public enum Source: Hashable, Sendable {
        case webhook(Webhook)
        case job(JobEventSource)
        case file(FileSource)
        case feed(FeedSource)

        public var kind: Trigger.Kind {
            switch self {
            case .webhook: .webhook
            case .job: .job
            case .file: .file
            case .feed: .feed
            }
        }
    }

    public static let workflowCharactersMax = 255
    public static let environmentDefault = "default"
    public static let environmentCharactersMax = 64
    public static let descriptionCharactersMax = 1000
    public static let cooldownSecondsMax = 86_400.0
    public static let concurrencyRange = 1...1000
    public static let dedupSecondsRange = 1.0...604_800.0
    public static let dedupSecondsDefault = 86_400.0

    public var source: Source
    /// The name or ID of the workflow that runs.
    public var workflow: String
    /// The newest at the time when there is none.
    public var workflowVersion: Int?
    /// The same for every job; what is taken from a delivery counts before them.
    public var variables: Object
    public var priority: Priority
    /// Robots of this environment run it; of files and feeds, one of them watches too.
    public var environment: String
    public var queueKey: String?
    /// So long after a job nothing comes of it, in seconds up to `cooldownSecondsMax`.
    public var cooldownSeconds: Double?
    /// Of two deliveries with the same value there the second one is a duplicate.
    public var dedup: DeliveryPlace?
    /// How long such a value is remembered, within `dedupSecondsRange`.
    public var dedupSeconds: Double
    /// So many of its jobs may be under way at once, within `concurrencyRange`.
    public var concurrencyMax: Int?
    public var description: String?

    public init(
        source: Source, workflow: String, workflowVersion: Int? = nil, variables: Object = [:],
        priority: Priority = .normal, environment: String = TriggerSpec.environmentDefault, queueKey: String? = nil,
        cooldownSeconds: Double? = nil, dedup: DeliveryPlace? = nil,
        dedupSeconds: Double = TriggerSpec.dedupSecondsDefault, concurrencyMax: Int? = nil, description: String? = nil
    ) {
        self.source = source
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.variables = variables
        self.priority = priority
        self.environment = environment
        self.queueKey = queueKey
        self.cooldownSeconds = cooldownSeconds
        self.dedup = dedup
        self.dedupSeconds = dedupSeconds
        self.concurrencyMax = concurrencyMax
        self.description = description
    }

    /// What its variables are taken from.
    public var mapping: VariableMapping {
        switch self.source {
        case .webhook(let webhook): webhook.variables
        case .job(let source): source.variables
        case .file(let source): source.variables
        case .feed(let source): source.variables
        }
    }
}

/// Jobs that end, as a trigger chooses among them.
public struct JobEventSource: Hashable, Sendable {
    public static let workflowsMax = 50
    public static let errorContainsCharactersMax = 500

    /// How the job must have ended: one or more of `endings`.
    public var kinds: [EventKind]
    /// Names of workflows; empty: any.
    public var workflows: [String]
    /// Jobs that this trigger has made do not count.
    public var excludesSelf: Bool
    /// Only failures whose message holds this text, whatever the case.
    public var errorContains: String?
    public var variables: VariableMapping

    /// What a trigger may wait for.
    public static let endings: [EventKind] = [.completed, .failed, .cancelled, .deadLettered]

    public init(
        kinds: [EventKind], workflows: [String] = [], excludesSelf: Bool = true, errorContains: String? = nil,
        variables: VariableMapping = VariableMapping()
    ) {
        self.kinds = kinds
        self.workflows = workflows
        self.excludesSelf = excludesSelf
        self.errorContains = errorContains
        self.variables = variables
    }
}
