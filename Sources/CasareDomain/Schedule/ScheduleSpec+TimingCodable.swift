import FoundationEssentials

// Each way to say when, with its defaults. The checks are those of `ScheduleSpec.check`.

extension ScheduleSpec.Cron: Codable {
    private enum CodingKeys: String, CodingKey {
        case expression, zone, dst
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(String.self, forKey: .expression),
            zone: try container.decodeIfPresent(String.self, forKey: .zone) ?? Self.zoneDefault,
            dst: try container.decodeIfPresent(DSTRule.self, forKey: .dst) ?? .automatic)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.expression, forKey: .expression)
        try container.encode(self.zone, forKey: .zone)
        if self.dst != .automatic { try container.encode(self.dst, forKey: .dst) }
    }
}

extension ScheduleSpec.Interval: Codable {
    private enum CodingKeys: String, CodingKey {
        case seconds, from
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            seconds: try container.decode(Int.self, forKey: .seconds),
            from: try container.decodeIfPresent(Date.self, forKey: .from))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.seconds, forKey: .seconds)
        if let from { try container.encode(from, forKey: .from) }
    }
}

extension ScheduleSpec.Once: Codable {
    private enum CodingKeys: String, CodingKey {
        case at
    }

    public init(from decoder: any Decoder) throws {
        self.init(at: try decoder.container(keyedBy: CodingKeys.self).decode(Date.self, forKey: .at))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.at, forKey: .at)
    }
}

extension ScheduleSpec.Dependency: Codable {
    private enum CodingKeys: String, CodingKey {
        case after
        case waitFor = "wait_for"
        case on
        case withinSeconds = "within_seconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            after: try container.decode([String].self, forKey: .after),
            waitFor: try container.decodeIfPresent(WaitFor.self, forKey: .waitFor) ?? .all,
            on: try container.decodeIfPresent(On.self, forKey: .on) ?? .success,
            withinSeconds: try container.decodeIfPresent(Double.self, forKey: .withinSeconds)
                ?? Self.withinSecondsDefault)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.after, forKey: .after)
        try container.encode(self.waitFor, forKey: .waitFor)
        try container.encode(self.on, forKey: .on)
        try container.encode(self.withinSeconds, forKey: .withinSeconds)
    }
}

extension ScheduleSpec.Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case kinds, workflow, filter
        case debounceSeconds = "debounce_seconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            kinds: try container.decode([EventKind].self, forKey: .kinds),
            workflow: try container.decodeIfPresent(String.self, forKey: .workflow),
            filter: try container.decodeIfPresent(Object.self, forKey: .filter) ?? [:],
            debounceSeconds: try container.decodeIfPresent(Double.self, forKey: .debounceSeconds))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.kinds, forKey: .kinds)
        if let workflow { try container.encode(workflow, forKey: .workflow) }
        if !self.filter.isEmpty { try container.encode(self.filter, forKey: .filter) }
        if let debounceSeconds { try container.encode(debounceSeconds, forKey: .debounceSeconds) }
    }
}

extension ScheduleSpec.CatchUp: Codable {
    private enum CodingKeys: String, CodingKey {
        case policy, max
        case windowSeconds = "window_seconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            policy: try container.decodeIfPresent(Policy.self, forKey: .policy) ?? .latest,
            max: try container.decodeIfPresent(Int.self, forKey: .max) ?? Self.maxDefault,
            windowSeconds: try container.decodeIfPresent(Double.self, forKey: .windowSeconds)
                ?? Self.windowSecondsDefault)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.policy, forKey: .policy)
        try container.encode(self.max, forKey: .max)
        try container.encode(self.windowSeconds, forKey: .windowSeconds)
    }
}

extension ScheduleSpec.SLA: Codable {
    private enum CodingKeys: String, CodingKey {
        case startDelaySeconds = "start_delay_seconds"
        case durationSeconds = "duration_seconds"
        case successRate = "success_rate"
        case runs
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            startDelaySeconds: try container.decodeIfPresent(Double.self, forKey: .startDelaySeconds),
            durationSeconds: try container.decodeIfPresent(Double.self, forKey: .durationSeconds),
            successRate: try container.decodeIfPresent(Double.self, forKey: .successRate),
            runs: try container.decodeIfPresent(Int.self, forKey: .runs) ?? Self.runsDefault)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let startDelaySeconds { try container.encode(startDelaySeconds, forKey: .startDelaySeconds) }
        if let durationSeconds { try container.encode(durationSeconds, forKey: .durationSeconds) }
        if let successRate { try container.encode(successRate, forKey: .successRate) }
        try container.encode(self.runs, forKey: .runs)
    }
}
