/// `{"webhook": {…}}`, `{"job": {…}}`, `{"file": {…}}` or `{"feed": {…}}`, and beside it the job that is made.
///
/// The names of members are written out, so that they are the same with every coder.
extension TriggerSpec: Codable {
    enum CodingKeys: String, CodingKey {
        case webhook, job, file, feed, workflow
        case workflowVersion = "workflow_version"
        case variables, priority, environment
        case queueKey = "queue_key"
        case cooldownSeconds = "cooldown_seconds"
        case dedup
        case dedupSeconds = "dedup_seconds"
        case concurrencyMax = "concurrency_max"
        case description
    }

    /// Refuses what no trigger can be, naming the member at fault.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let webhook = try container.decodeIfPresent(Webhook.self, forKey: .webhook)
        let job = try container.decodeIfPresent(JobEventSource.self, forKey: .job)
        let file = try container.decodeIfPresent(FileSource.self, forKey: .file)
        let feed = try container.decodeIfPresent(FeedSource.self, forKey: .feed)
        let workflow = try container.decode(String.self, forKey: .workflow)
        let version = try container.decodeIfPresent(Int.self, forKey: .workflowVersion)
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        let priority = try container.decodeIfPresent(Priority.self, forKey: .priority) ?? .normal
        let environment =
            try container.decodeIfPresent(String.self, forKey: .environment) ?? Self.environmentDefault
        let queueKey = try container.decodeIfPresent(String.self, forKey: .queueKey)
        let cooldown = try container.decodeIfPresent(Double.self, forKey: .cooldownSeconds)
        let dedup = try container.decodeIfPresent(DeliveryPlace.self, forKey: .dedup)
        let dedupSeconds =
            try container.decodeIfPresent(Double.self, forKey: .dedupSeconds) ?? Self.dedupSecondsDefault
        let concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrencyMax)
        let description = try container.decodeIfPresent(String.self, forKey: .description)
        var given: [(source: Source, key: CodingKeys)] = []
        if let webhook { given.append((.webhook(webhook), .webhook)) }
        if let job { given.append((.job(job), .job)) }
        if let file { given.append((.file(file), .file)) }
        if let feed { given.append((.feed(feed), .feed)) }
        guard let source = given.first?.source else {
            throw container.invalid(
                .webhook,
                "is required: say how requests prove themselves; or give job, for jobs that end, file, for files on a "
                    + "robot, or feed")
        }
        guard given.count == 1 else {
            throw container.invalid(
                given[1].key,
                "give one of webhook, job, file and feed, not \(given.count): a trigger waits for one of them")
        }
        self.init(
            source: source, workflow: workflow, workflowVersion: version, variables: variables, priority: priority,
            environment: environment, queueKey: queueKey, cooldownSeconds: cooldown, dedup: dedup,
            dedupSeconds: dedupSeconds, concurrencyMax: concurrency, description: description)
        try self.check(container)
    }

    private func check(_ container: KeyedDecodingContainer<CodingKeys>) throws {
        try container.check(self.workflow, .workflow, Self.workflowCharactersMax)
        if let version = self.workflowVersion, !(1...Int(Int32.max)).contains(version) {
            throw container.invalid(.workflowVersion, "expected a number from 1, got \(version)")
        }
        try container.check(self.environment, .environment, Self.environmentCharactersMax)
        if let queueKey { try container.check(queueKey, .queueKey, Job.queueKeyCharactersMax) }
        if let seconds = self.cooldownSeconds, !(seconds > 0 && seconds <= Self.cooldownSecondsMax) {
            throw container.invalid(
                .cooldownSeconds,
                "expected seconds above 0, up to \(Int(Self.cooldownSecondsMax)), got \(seconds)")
        }
        guard Self.dedupSecondsRange.contains(self.dedupSeconds) else {
            throw container.invalid(
                .dedupSeconds,
                "expected seconds from 1 to \(Int(Self.dedupSecondsRange.upperBound)), got \(self.dedupSeconds)")
        }
        if let count = self.concurrencyMax, !Self.concurrencyRange.contains(count) {
            throw container.invalid(
                .concurrencyMax, "expected a number from 1 to \(Self.concurrencyRange.upperBound), got \(count)")
        }
        if let text = self.description, text.unicodeScalars.count > Self.descriptionCharactersMax {
            throw container.invalid(.description, "is longer than \(Self.descriptionCharactersMax) characters")
        }
        guard case .webhook(let webhook) = self.source, case .header(let name)? = self.dedup else { return }
        guard !webhook.secretHeaders.contains(name) else {
            throw container.invalid(
                .dedup, "the header \(name) holds a secret, which is kept nowhere; take another place")
        }
    }

    /// What is not asked for is left out: so a spec reads as it was written.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self.source {
        case .webhook(let webhook): try container.encode(webhook, forKey: .webhook)
        case .job(let source): try container.encode(source, forKey: .job)
        case .file(let source): try container.encode(source, forKey: .file)
        case .feed(let source): try container.encode(source, forKey: .feed)
        }
        try container.encode(self.workflow, forKey: .workflow)
        if let workflowVersion { try container.encode(workflowVersion, forKey: .workflowVersion) }
        if !self.variables.isEmpty { try container.encode(self.variables, forKey: .variables) }
        if self.priority != .normal { try container.encode(self.priority, forKey: .priority) }
        if self.environment != Self.environmentDefault { try container.encode(self.environment, forKey: .environment) }
        if let queueKey { try container.encode(queueKey, forKey: .queueKey) }
        if let cooldownSeconds { try container.encode(cooldownSeconds, forKey: .cooldownSeconds) }
        if let dedup { try container.encode(dedup, forKey: .dedup) }
        if self.dedupSeconds != Self.dedupSecondsDefault {
            try container.encode(self.dedupSeconds, forKey: .dedupSeconds)
        }
        if let concurrencyMax { try container.encode(concurrencyMax, forKey: .concurrencyMax) }
        if let description { try container.encode(description, forKey: .description) }
    }
}

extension JobEventSource: Codable {
    enum CodingKeys: String, CodingKey {
        case kinds, workflows
        case excludesSelf = "exclude_self"
        case errorContains = "error_contains"
        case variables
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kinds = try container.decodeIfPresent([EventKind].self, forKey: .kinds) ?? []
        let workflows = try container.decodeIfPresent([String].self, forKey: .workflows) ?? []
        let excludesSelf = try container.decodeIfPresent(Bool.self, forKey: .excludesSelf) ?? true
        let text = try container.decodeIfPresent(String.self, forKey: .errorContains)
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        self.init(
            kinds: kinds, workflows: workflows, excludesSelf: excludesSelf, errorContains: text,
            variables: try container.mapping(variables, .variables, refusing: []))
        let names = Self.endings.map(\.rawValue).joined(separator: ", ")
        guard !self.kinds.isEmpty, self.kinds.allSatisfy(Self.endings.contains) else {
            throw container.invalid(.kinds, "say how the jobs must have ended, one or more of \(names)")
        }
        guard self.workflows.count <= Self.workflowsMax else {
            throw container.invalid(.workflows, "expected at most \(Self.workflowsMax), got \(self.workflows.count)")
        }
        for name in self.workflows {
            try container.check(name, .workflows, TriggerSpec.workflowCharactersMax)
        }
        if let text = self.errorContains {
            guard !text.isEmpty, text.unicodeScalars.count <= Self.errorContainsCharactersMax else {
                throw container.invalid(
                    .errorContains, "expected 1 to \(Self.errorContainsCharactersMax) characters")
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.kinds, forKey: .kinds)
        if !self.workflows.isEmpty { try container.encode(self.workflows, forKey: .workflows) }
        if !self.excludesSelf { try container.encode(self.excludesSelf, forKey: .excludesSelf) }
        if let errorContains { try container.encode(errorContains, forKey: .errorContains) }
        if !self.variables.isEmpty { try container.encode(self.variables.texts, forKey: .variables) }
    }
}

// MARK: - What the members of a trigger have in common

extension KeyedDecodingContainer {
    func invalid(_ key: Key, _ message: String) -> DecodingError {
        DecodingError.dataCorrupted(.init(codingPath: self.codingPath + [key], debugDescription: message))
    }

    /// For what names something: `charactersMax` characters at the most, one at least, and no control character.
    func check(_ text: String, _ key: Key, _ charactersMax: Int) throws {
        guard (1...charactersMax).contains(text.unicodeScalars.count) else {
            throw self.invalid(key, "expected 1 to \(charactersMax) characters")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw self.invalid(key, "holds a control character; leave it out")
        }
    }

    /// - Parameter headers: from which nothing may be taken.
    func mapping(_ object: Object, _ key: Key, refusing headers: Set<String>) throws -> VariableMapping {
        guard object.count <= VariableMapping.entriesMax else {
            throw self.invalid(key, "expected at most \(VariableMapping.entriesMax), got \(object.count)")
        }
        var entries: [VariableMapping.Entry] = []
        for (name, value) in object {
            try self.check(name, key, VariableMapping.variableCharactersMax)
            guard let text = value.string else {
                throw self.invalid(
                    key, "\(name) is \(value.kindName); write where its value stands, such as payload.customer.id")
            }
            let place: DeliveryPlace
            do throws(DeliveryPlace.Invalid) {
                place = try DeliveryPlace(text)
            } catch {
                throw self.invalid(key, "\(name): \(error.description)")
            }
            if case .header(let header) = place, headers.contains(header) {
                throw self.invalid(
                    key, "\(name): the header \(header) holds a secret, which is kept nowhere; take another place")
            }
            entries.append(VariableMapping.Entry(variable: name, place: place))
        }
        return VariableMapping(entries)
    }
}

extension VariableMapping {
    /// As it is written: the place of each variable.
    public var texts: Object { Object(self.entries.map { ($0.variable, Value.string($0.place.description)) }) }
}
