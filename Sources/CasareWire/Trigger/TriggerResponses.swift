public import CasareDomain
public import FoundationEssentials

/// Who keeps a trigger from making jobs.
public struct TriggerPauseInfo: Hashable, Sendable, Codable {
    public let since: Date
    /// The name of a token.
    public let by: String
    public let reason: String?

    public init(since: Date, by: String, reason: String?) {
        self.since = since
        self.by = by
        self.reason = reason
    }
}

/// What is known of a hook's secret.
public struct TriggerSecretInfo: Hashable, Sendable, Codable {
    public let number: Int
    public let createdAt: Date
    /// Of one that was rotated out: it counts until then.
    public let until: Date?

    public init(number: Int, createdAt: Date, until: Date?) {
        self.number = number
        self.createdAt = createdAt
        self.until = until
    }
}

/// A trigger as the API shows it.
public struct TriggerInfo: Hashable, Sendable, Codable {
    public let id: Trigger.ID
    public let name: String
    public let kind: Trigger.Kind
    public let status: Trigger.Status
    /// Grows with every change of the spec.
    public let revision: Int
    public let pause: TriggerPauseInfo?
    /// Where requests go, of a webhook: a path of this server.
    public let hook: String?
    /// The newest first.
    public let secrets: [TriggerSecretInfo]
    public let lastFiredAt: Date?
    public let lastJob: Job.ID?
    /// The mark of `casarectl apply`.
    public let managedBy: String?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    /// Of files and feeds, when one trigger is shown: `nil` until some robot has watched.
    public let watch: TriggerWatchInfo?
    public var spec: TriggerSpec

    public init(_ trigger: Trigger) { self.init(trigger, watch: nil) }

    /// - Parameter watch: of a file or a feed.
    public init(_ trigger: Trigger, watch: TriggerWatchInfo?) {
        self.watch = watch
        self.id = trigger.id
        self.name = trigger.name
        self.kind = trigger.kind
        self.status = trigger.status
        self.revision = trigger.revision
        self.pause = trigger.pause.map { TriggerPauseInfo(since: $0.at, by: $0.by, reason: $0.reason) }
        self.hook =
            switch trigger.kind {
            case .webhook: HookPath.of(trigger.id)
            case .job, .file, .feed: nil
            }
        self.secrets = trigger.secrets.map {
            TriggerSecretInfo(number: $0.number, createdAt: $0.createdAt, until: $0.until)
        }
        self.lastFiredAt = trigger.lastFiredAt
        self.lastJob = trigger.lastJob
        self.managedBy = trigger.managedBy
        self.createdAt = trigger.createdAt
        self.createdBy = trigger.createdBy
        self.updatedAt = trigger.updatedAt
        self.updatedBy = trigger.updatedBy
        self.spec = trigger.spec
    }
}

/// Where requests of a hook go.
public enum HookPath {
    public static func of(_ trigger: Trigger.ID) -> String { "/hooks/\(trigger)" }
}

/// The answer to a new trigger or a new secret.
public struct TriggerWithSecret: Hashable, Sendable, Codable {
    /// Of one that the server has made up: shown this once.
    public let secret: String?
    public let trigger: TriggerInfo

    public init(secret: String?, trigger: TriggerInfo) {
        self.secret = secret
        self.trigger = trigger
    }
}

/// `GET /api/v1/triggers`.
public struct TriggerPage: Hashable, Sendable, Codable {
    /// By name.
    public let triggers: [TriggerInfo]
    /// The names of those of this page that are stored in a form which this server cannot read; `nil`: none. They can be
    /// paused and deleted.
    public let unreadable: [String]?
    public let nextCursor: String?

    public init(triggers: [TriggerInfo], unreadable: [String] = [], nextCursor: String?) {
        self.triggers = triggers
        self.unreadable = unreadable.isEmpty ? nil : unreadable
        self.nextCursor = nextCursor
    }
}

/// The filter and page of `GET /api/v1/triggers`.
public struct TriggerQuery: Hashable, Sendable {
    public var kind: Trigger.Kind?
    public var status: Trigger.Status?
    /// As the trigger names it.
    public var workflow: String?
    public var managedBy: String?
    public var limit: Int?
    public var cursor: String?

    public init(
        kind: Trigger.Kind? = nil, status: Trigger.Status? = nil, workflow: String? = nil, managedBy: String? = nil,
        limit: Int? = nil, cursor: String? = nil
    ) {
        self.kind = kind
        self.status = status
        self.workflow = workflow
        self.managedBy = managedBy
        self.limit = limit
        self.cursor = cursor
    }
}

// MARK: - Deliveries

/// Something that came to a trigger, and what became of it.
public struct TriggerDeliveryInfo: Hashable, Sendable, Codable {
    public let id: TriggerDelivery.ID
    public let at: Date
    public let result: TriggerDelivery.Result
    public let reason: String?
    public let job: Job.ID?
    /// By which it is known when it comes again.
    public let key: String?
    /// The address that it came from; of a job that ended, its ID; of a file or a feed, the robot.
    public let source: String?
    public let bytes: Int

    public init(_ delivery: TriggerDelivery) {
        self.id = delivery.id
        self.at = delivery.at
        self.result = delivery.result
        self.reason = delivery.reason
        self.job = delivery.job
        self.key = delivery.key
        self.source = delivery.source
        self.bytes = delivery.bytes
    }
}

/// What became of a trigger that was paused, resumed or deleted.
public struct SteerTriggerResponse: Hashable, Sendable, Codable {
    public let id: Trigger.ID
    public let name: String
    /// As it is then, and as it was where it was deleted; `nil`: the server cannot read what it is.
    public let trigger: TriggerInfo?

    public init(id: Trigger.ID, name: String, trigger: TriggerInfo?) {
        self.id = id
        self.name = name
        self.trigger = trigger
    }
}

/// `GET /api/v1/triggers/{name}/history`.
public struct TriggerDeliveryPage: Hashable, Sendable, Codable {
    /// The latest first.
    public let deliveries: [TriggerDeliveryInfo]
    public let nextCursor: String?

    public init(deliveries: [TriggerDeliveryInfo], nextCursor: String?) {
        self.deliveries = deliveries
        self.nextCursor = nextCursor
    }
}

/// What a hook answers to a request that it takes, with status 202.
public struct HookResponse: Hashable, Sendable, Codable {
    public let delivery: TriggerDelivery.ID
    /// `accepted`, `duplicate` or `filtered`.
    public let result: TriggerDelivery.Result
    /// Of a duplicate, the job of the first time.
    public let job: Job.ID?

    public init(delivery: TriggerDelivery.ID, result: TriggerDelivery.Result, job: Job.ID?) {
        self.delivery = delivery
        self.result = result
        self.job = job
    }
}

/// What would become of a delivery.
public struct TestTriggerResponse: Hashable, Sendable, Codable {
    /// How the delivery proved itself.
    public enum Proof: String, Hashable, Sendable, Codable, CaseIterable {
        case verified, refused
        /// The request had no signature to check.
        case notChecked = "not_checked"
        /// The trigger asks for none.
        case none
    }

    /// The job that would be made.
    public struct Plan: Hashable, Sendable, Codable {
        public let workflow: String
        public let version: Int
        public let priority: Priority
        public let environment: String
        public let queueKey: String?
        public let variables: Object

        public init(
            workflow: String, version: Int, priority: Priority, environment: String, queueKey: String?,
            variables: Object
        ) {
            self.workflow = workflow
            self.version = version
            self.priority = priority
            self.environment = environment
            self.queueKey = queueKey
            self.variables = variables
        }
    }

    /// What it would be noted as. Cooldown, duplicates and jobs under way are not looked at.
    public let result: TriggerDelivery.Result
    public let reason: String?
    public let proof: Proof
    /// By which it would be known when it comes again.
    public let key: String?
    /// Variables whose place is not there: the workflow's own values count.
    public let missing: [String]
    public var job: Plan?

    public init(
        result: TriggerDelivery.Result, reason: String?, proof: Proof, key: String?, missing: [String], job: Plan?
    ) {
        self.result = result
        self.reason = reason
        self.proof = proof
        self.key = key
        self.missing = missing
        self.job = job
    }
}
