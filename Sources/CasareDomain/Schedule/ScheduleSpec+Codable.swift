import FoundationEssentials

/// An object with one member for its timing. The names of members are written out, so that they are the same with every
/// coder. What was not asked for is left out, but for the overlap and the catch-up policy, which people look for.
extension ScheduleSpec: Codable {
    enum CodingKeys: String, CodingKey {
        case cron, interval, once, dependency, event, workflow
        case workflowVersion = "workflow_version"
        case variables, priority, environment
        case queueKey = "queue_key"
        case requiredTags = "required_tags"
        case expiresInSeconds = "expires_in_seconds"
        case retry, overlap
        case catchUp = "catch_up"
        case jitterSeconds = "jitter_seconds"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
        case runs
        case pauseAfterFailures = "pause_after_failures"
        case calendar
        case onClosed = "on_closed"
        case blackouts, sla, description
    }

    /// Refuses what no schedule can be, naming the member at fault.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let cron = try container.decodeIfPresent(Cron.self, forKey: .cron)
        let interval = try container.decodeIfPresent(Interval.self, forKey: .interval)
        let once = try container.decodeIfPresent(Once.self, forKey: .once)
        let dependency = try container.decodeIfPresent(Dependency.self, forKey: .dependency)
        let event = try container.decodeIfPresent(Event.self, forKey: .event)
        let timings: [Timing] = [
            cron.map(Timing.cron), interval.map(Timing.interval), once.map(Timing.once),
            dependency.map(Timing.dependency), event.map(Timing.event),
        ].compactMap { $0 }
        let workflow = try container.decode(String.self, forKey: .workflow)
        let version = try container.decodeIfPresent(Int.self, forKey: .workflowVersion)
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        let priority = try container.decodeIfPresent(Priority.self, forKey: .priority)
        let environment = try container.decodeIfPresent(String.self, forKey: .environment)
        let queueKey = try container.decodeIfPresent(String.self, forKey: .queueKey)
        let tags = try container.decodeIfPresent([String].self, forKey: .requiredTags) ?? []
        let expiry = try container.decodeIfPresent(Double.self, forKey: .expiresInSeconds)
        let retry = try container.decodeIfPresent(RetryPolicy.self, forKey: .retry)
        let overlap = try container.decodeIfPresent(Overlap.self, forKey: .overlap) ?? .skip
        let catchUp = try container.decodeIfPresent(CatchUp.self, forKey: .catchUp) ?? CatchUp()
        let jitter = try container.decodeIfPresent(Double.self, forKey: .jitterSeconds)
        let startsAt = try container.decodeIfPresent(Date.self, forKey: .startsAt)
        let endsAt = try container.decodeIfPresent(Date.self, forKey: .endsAt)
        let runs = try container.decodeIfPresent(Int.self, forKey: .runs)
        let failures = try container.decodeIfPresent(Int.self, forKey: .pauseAfterFailures)
        let calendar = try container.decodeIfPresent(String.self, forKey: .calendar)
        let onClosed = try container.decodeIfPresent(OnClosed.self, forKey: .onClosed) ?? .skip
        let blackouts = try container.decodeIfPresent([Blackout].self, forKey: .blackouts) ?? []
        let sla = try container.decodeIfPresent(SLA.self, forKey: .sla)
        let description = try container.decodeIfPresent(String.self, forKey: .description)
        guard let timing = timings.first, timings.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: Self.timingAdvice(timings.map(\.kind))))
        }
        self.init(
            timing: timing, workflow: workflow, workflowVersion: version, variables: variables, priority: priority,
            environment: environment, queueKey: queueKey, requiredTags: tags, expiresInSeconds: expiry, retry: retry,
            overlap: overlap, catchUp: catchUp, jitterSeconds: jitter, startsAt: startsAt, endsAt: endsAt, runs: runs,
            pauseAfterFailures: failures, calendar: calendar, onClosed: onClosed, blackouts: blackouts, sla: sla,
            description: description)
        do throws(Invalid) {
            try self.check()
        } catch {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath + error.member.split(separator: ".").map(MemberKey.init),
                    debugDescription: error.reason, underlyingError: error))
        }
    }

    private static func timingAdvice(_ given: [Timing.Kind]) -> String {
        let all = Timing.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        return given.isEmpty
            ? "a schedule needs one of \(all): say when it fires"
            : "give one of \(all), not \(given.map(\.rawValue).joined(separator: " and "))"
    }

    /// One step on the way to a member.
    private struct MemberKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: Substring) { self.stringValue = String(text) }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self.timing {
        case .cron(let cron): try container.encode(cron, forKey: .cron)
        case .interval(let interval): try container.encode(interval, forKey: .interval)
        case .once(let once): try container.encode(once, forKey: .once)
        case .dependency(let dependency): try container.encode(dependency, forKey: .dependency)
        case .event(let event): try container.encode(event, forKey: .event)
        }
        try container.encode(self.workflow, forKey: .workflow)
        if let workflowVersion { try container.encode(workflowVersion, forKey: .workflowVersion) }
        if !self.variables.isEmpty { try container.encode(self.variables, forKey: .variables) }
        if let priority { try container.encode(priority, forKey: .priority) }
        if let environment { try container.encode(environment, forKey: .environment) }
        if let queueKey { try container.encode(queueKey, forKey: .queueKey) }
        if !self.requiredTags.isEmpty { try container.encode(self.requiredTags, forKey: .requiredTags) }
        if let expiresInSeconds { try container.encode(expiresInSeconds, forKey: .expiresInSeconds) }
        if let retry { try container.encode(retry, forKey: .retry) }
        try container.encode(self.overlap, forKey: .overlap)
        try container.encode(self.catchUp, forKey: .catchUp)
        if let jitterSeconds { try container.encode(jitterSeconds, forKey: .jitterSeconds) }
        if let startsAt { try container.encode(startsAt, forKey: .startsAt) }
        if let endsAt { try container.encode(endsAt, forKey: .endsAt) }
        if let runs { try container.encode(runs, forKey: .runs) }
        if let pauseAfterFailures { try container.encode(pauseAfterFailures, forKey: .pauseAfterFailures) }
        if let calendar { try container.encode(calendar, forKey: .calendar) }
        if self.onClosed != .skip { try container.encode(self.onClosed, forKey: .onClosed) }
        if !self.blackouts.isEmpty { try container.encode(self.blackouts, forKey: .blackouts) }
        if let sla { try container.encode(sla, forKey: .sla) }
        if let description { try container.encode(description, forKey: .description) }
    }
}
