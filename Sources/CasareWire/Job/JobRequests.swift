public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/jobs`. Names either a stored workflow or carries a document, which is stored first.
public struct SubmitJobRequest: Hashable, Sendable {
    /// Name or ID of a stored workflow.
    public var workflow: String?
    /// A document, stored as a version of the workflow that its metadata names.
    public var document: Value?
    /// A version of `workflow`; the newest when there is none.
    public var version: Int?
    public var variables: Object
    public var priority: Priority
    /// Robots of this environment may run it.
    public var environment: String
    /// A second submit with the same key within the window returns the first job.
    public var idempotencyKey: String?
    /// Not before so many seconds from now.
    public var delaySeconds: Double?
    /// Not before this time. Excludes `delaySeconds`.
    public var runAt: Date?
    public var options: Job.Options
    /// Jobs of one key take turns with those of others, and the queue may limit each key.
    public var queueKey: String?
    /// What its robot must be.
    public var requirements: Job.Requirements?
    /// A job that no robot has begun so many seconds from now fails as `expired`.
    public var expiresInSeconds: Double?
    /// The same, at this time. Excludes `expiresInSeconds`.
    public var expiresAt: Date?
    /// There is one job of a key at a time.
    public var unique: Job.Uniqueness?

    public static let environmentDefault = "default"
    public static let environmentCharactersMax = 64
    public static let idempotencyKeyCharactersMax = 255
    /// The years 2000 to 2099: a time beyond them is a slip. One that is past is due at once.
    public static let runAtRange =
        Date(timeIntervalSince1970: 946_684_800)..<Date(timeIntervalSince1970: 4_102_444_800)

    public init(
        workflow: String? = nil, document: Value? = nil, version: Int? = nil, variables: Object = [:],
        priority: Priority = .normal, environment: String = SubmitJobRequest.environmentDefault,
        idempotencyKey: String? = nil, delaySeconds: Double? = nil, runAt: Date? = nil,
        options: Job.Options = Job.Options(), queueKey: String? = nil, requirements: Job.Requirements? = nil,
        expiresInSeconds: Double? = nil, expiresAt: Date? = nil, unique: Job.Uniqueness? = nil
    ) {
        self.workflow = workflow
        self.document = document
        self.version = version
        self.variables = variables
        self.priority = priority
        self.environment = environment
        self.idempotencyKey = idempotencyKey
        self.delaySeconds = delaySeconds
        self.runAt = runAt
        self.options = options
        self.queueKey = queueKey
        self.requirements = requirements
        self.expiresInSeconds = expiresInSeconds
        self.expiresAt = expiresAt
        self.unique = unique
    }
}

extension SubmitJobRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case workflow, document, version, variables, priority, environment, idempotencyKey, delaySeconds, runAt, options
        case queueKey, requirements, expiresInSeconds, expiresAt, unique
    }

    /// Refuses what no job can have, naming the member at fault.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            workflow: try container.decodeIfPresent(String.self, forKey: .workflow),
            document: try container.decodeIfPresent(Value.self, forKey: .document),
            version: try container.decodeIfPresent(Int.self, forKey: .version),
            variables: try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:],
            priority: try container.decodeIfPresent(Priority.self, forKey: .priority) ?? .normal,
            environment: try container.decodeIfPresent(String.self, forKey: .environment) ?? Self.environmentDefault,
            idempotencyKey: try container.decodeIfPresent(String.self, forKey: .idempotencyKey),
            delaySeconds: try container.decodeIfPresent(Double.self, forKey: .delaySeconds),
            runAt: try container.decodeIfPresent(Date.self, forKey: .runAt),
            options: try container.decodeIfPresent(Job.Options.self, forKey: .options) ?? Job.Options(),
            queueKey: try container.decodeIfPresent(String.self, forKey: .queueKey),
            requirements: try container.decodeIfPresent(Job.Requirements.self, forKey: .requirements),
            expiresInSeconds: try container.decodeIfPresent(Double.self, forKey: .expiresInSeconds),
            expiresAt: try container.decodeIfPresent(Date.self, forKey: .expiresAt),
            unique: try container.decodeIfPresent(Job.Uniqueness.self, forKey: .unique))
        try self.check(decoder.codingPath)
    }

    /// A server before it knew of a member refuses it, and repeats of a request are known by its text: what came later
    /// is left out where it is not asked for.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.workflow, forKey: .workflow)
        try container.encodeIfPresent(self.document, forKey: .document)
        try container.encodeIfPresent(self.version, forKey: .version)
        try container.encode(self.variables, forKey: .variables)
        try container.encode(self.priority, forKey: .priority)
        try container.encode(self.environment, forKey: .environment)
        try container.encodeIfPresent(self.idempotencyKey, forKey: .idempotencyKey)
        try container.encodeIfPresent(self.delaySeconds, forKey: .delaySeconds)
        try container.encodeIfPresent(self.runAt, forKey: .runAt)
        try container.encode(self.options, forKey: .options)
        if let queueKey { try container.encode(queueKey, forKey: .queueKey) }
        if let requirements { try container.encode(requirements, forKey: .requirements) }
        if let expiresInSeconds { try container.encode(expiresInSeconds, forKey: .expiresInSeconds) }
        if let expiresAt { try container.encode(expiresAt, forKey: .expiresAt) }
        if let unique { try container.encode(unique, forKey: .unique) }
    }

    /// - Throws: for the first member that contradicts another or is out of range.
    private func check(_ path: [any CodingKey]) throws(WireDecodingError) {
        func refuse(_ key: CodingKeys, _ message: String) -> WireDecodingError {
            WireDecodingError(path + [key], message)
        }
        if self.workflow != nil && self.document != nil {
            throw refuse(.document, "give a workflow or a document, not both")
        }
        if self.workflow == nil && self.document == nil {
            throw refuse(.workflow, "is required: the name or ID of a workflow; or send a document")
        }
        if let workflow {
            try ShortText.checkCharacters(workflow, WireDecodingError.text(of: path + [CodingKeys.workflow]))
        }
        if self.version != nil && self.document != nil {
            throw refuse(.version, "belongs to a stored workflow; a document has no version yet")
        }
        if let version, !(1...Int(Int32.max)).contains(version) {
            throw refuse(.version, "expected a number from 1, got \(version)")
        }
        try ShortText.check(
            self.environment, path + [CodingKeys.environment], charactersMax: Self.environmentCharactersMax)
        if let key = self.idempotencyKey {
            try ShortText.check(
                key, path + [CodingKeys.idempotencyKey], charactersMax: Self.idempotencyKeyCharactersMax)
        }
        try self.checkTimes(path)
        try self.checkLimits(path)
        try self.checkQueueing(path)
        try self.checkDeadline(path)
    }

    private func checkTimes(_ path: [any CodingKey]) throws(WireDecodingError) {
        if self.delaySeconds != nil && self.runAt != nil {
            throw WireDecodingError(path + [CodingKeys.runAt], "give delay_seconds or run_at, not both")
        }
        if let delaySeconds, !(0...Job.spanSecondsMax).contains(delaySeconds) {
            throw WireDecodingError(
                path + [CodingKeys.delaySeconds],
                "expected seconds from 0 to \(Int(Job.spanSecondsMax)), got \(delaySeconds)", kind: .malformed)
        }
        try Self.checkRange(self.runAt, path + [CodingKeys.runAt])
    }

    private static func checkRange(_ time: Date?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let time, !self.runAtRange.contains(time) else { return }
        let (first, end) = (Timestamp.text(self.runAtRange.lowerBound), Timestamp.text(self.runAtRange.upperBound))
        throw WireDecodingError(
            path, "expected a time from \(first) to before \(end), got \(Timestamp.text(time))", kind: .malformed)
    }

    private func checkLimits(_ path: [any CodingKey]) throws(WireDecodingError) {
        let secondsMax = Job.spanSecondsMax
        let options = path + [CodingKeys.options]
        if let seconds = self.options.nodeTimeoutSeconds, !(seconds > 0 && seconds <= secondsMax) {
            throw WireDecodingError(
                options + [WireKey(stringValue: "node_timeout_seconds")],
                "expected a number above 0, up to \(Int(secondsMax)), got \(seconds)")
        }
        if !(self.options.timeoutSeconds > 0 && self.options.timeoutSeconds <= secondsMax) {
            throw WireDecodingError(
                options + [WireKey(stringValue: "timeout_seconds")],
                "expected a number above 0, up to \(Int(secondsMax)), got \(self.options.timeoutSeconds)")
        }
    }

    private func checkQueueing(_ path: [any CodingKey]) throws(WireDecodingError) {
        if let key = self.queueKey {
            try ShortText.check(key, path + [CodingKeys.queueKey], charactersMax: Job.queueKeyCharactersMax)
        }
        if let requirements {
            let place = path + [CodingKeys.requirements]
            for (labels, name) in [(requirements.tags, "tags"), (requirements.capabilities, "capabilities")] {
                try ShortText.check(labels: labels, place + [WireKey(stringValue: name)])
            }
        }
        if let unique {
            try ShortText.check(
                unique.key.key, path + [CodingKeys.unique, WireKey(stringValue: "key")],
                charactersMax: Job.uniqueKeyCharactersMax)
            if unique.debounce != nil && (self.delaySeconds != nil || self.runAt != nil) {
                throw WireDecodingError(
                    path + [CodingKeys.unique, WireKey(stringValue: "debounce_seconds")],
                    "says when the job begins; leave out delay_seconds and run_at")
            }
        }
    }

    /// A deadline that leaves no time is a slip, as far as that shows without a clock.
    private func checkDeadline(_ path: [any CodingKey]) throws(WireDecodingError) {
        if self.expiresInSeconds != nil && self.expiresAt != nil {
            throw WireDecodingError(path + [CodingKeys.expiresAt], "give expires_in_seconds or expires_at, not both")
        }
        try Self.checkRange(self.expiresAt, path + [CodingKeys.expiresAt])
        if let seconds = self.expiresInSeconds {
            let place = path + [CodingKeys.expiresInSeconds]
            guard seconds > 0, seconds <= Job.spanSecondsMax else {
                throw WireDecodingError(
                    place, "expected seconds above 0, up to \(Int(Job.spanSecondsMax)), got \(seconds)",
                    kind: .malformed)
            }
            let start = max(self.delaySeconds ?? 0, self.unique?.debounce?.seconds ?? 0)
            guard seconds > start else {
                throw WireDecodingError(place, "is over before the job may begin, after \(start) seconds")
            }
        }
        if let expiresAt, let runAt, expiresAt <= runAt {
            throw WireDecodingError(
                path + [CodingKeys.expiresAt], "is over before the job may begin, at \(Timestamp.text(runAt))")
        }
    }
}

/// `POST /api/v1/jobs/batch`: all of them, or none.
public struct SubmitBatchRequest: Hashable, Sendable, Codable {
    public static let jobsMax = 10_000

    public var jobs: [SubmitJobRequest]

    public init(jobs: [SubmitJobRequest]) { self.jobs = jobs }
}

/// `POST /api/v1/jobs/{id}/cancel`.
public struct CancelJobRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// The filter and page of `GET /api/v1/jobs`.
public struct JobQuery: Hashable, Sendable {
    public var status: Job.Status?
    /// Name or ID.
    public var workflow: String?
    /// Created at this time or later.
    public var since: Date?
    /// Created before this time.
    public var until: Date?
    public var limit: Int?
    public var cursor: String?

    public init(
        status: Job.Status? = nil, workflow: String? = nil, since: Date? = nil, until: Date? = nil,
        limit: Int? = nil, cursor: String? = nil
    ) {
        self.status = status
        self.workflow = workflow
        self.since = since
        self.until = until
        self.limit = limit
        self.cursor = cursor
    }
}

/// How many things one page of a list holds.
public enum PageLimit {
    public static let range = 1...500
    public static let standard = 50
}
