public import CasareDomain
import FoundationEssentials

/// `{"dead_letters": {…}}`, `{"jobs": {…}}` or `{"ids": […]}`. One without any of them names nothing, which is refused
/// where it is used.
extension Operation.Selection: Codable {
    private enum CodingKeys: String, CodingKey {
        case deadLetters, jobs, ids
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let filter = try container.decodeIfPresent(DeadLetterFilter.self, forKey: .deadLetters)
        let jobs = try container.decodeIfPresent(JobSelection.self, forKey: .jobs)
        let ids = try container.decodeIfPresent([Job.ID].self, forKey: .ids)
        switch (filter, jobs, ids) {
        case (let filter?, nil, nil): self = .deadLetters(filter)
        case (nil, let jobs?, nil): self = .jobs(jobs)
        case (nil, nil, _): self = .ids(ids ?? [])
        case (.some, .some, _), (.some, nil, .some), (nil, .some, .some):
            throw WireDecodingError(decoder.codingPath, "give one of dead_letters, jobs and ids")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .deadLetters(let filter): try container.encode(filter, forKey: .deadLetters)
        case .jobs(let jobs): try container.encode(jobs, forKey: .jobs)
        case .ids(let ids): try container.encode(ids, forKey: .ids)
        }
    }
}

extension JobSelection: Codable {
    /// The longest text that a filter may name something by.
    private static let charactersMax = 255

    private enum CodingKeys: String, CodingKey {
        case statuses, workflow, version, environment, queueKey, robot, tag, priority, kind, since, until
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            try ShortText.check(text, decoder.codingPath + [key], charactersMax: Self.charactersMax)
            return text
        }
        self.init(
            statuses: Set(try container.decodeIfPresent([Job.Status].self, forKey: .statuses) ?? []),
            workflow: try text(.workflow), version: try container.decodeIfPresent(Int.self, forKey: .version),
            environment: try text(.environment), queueKey: try text(.queueKey), robot: try text(.robot),
            tag: try text(.tag), priority: try container.decodeIfPresent(Priority.self, forKey: .priority),
            kind: try container.decodeIfPresent(Failure.Kind.self, forKey: .kind),
            since: try container.decodeIfPresent(Date.self, forKey: .since),
            until: try container.decodeIfPresent(Date.self, forKey: .until))
        if let version, !(1...Int(Int32.max)).contains(version) {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.version], "expected a number from 1")
        }
    }

    /// What is not asked for is left out: so a filter reads as it was written.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !self.statuses.isEmpty {
            try container.encode(self.statuses.sorted { $0.rawValue < $1.rawValue }, forKey: .statuses)
        }
        if let workflow { try container.encode(workflow, forKey: .workflow) }
        if let version { try container.encode(version, forKey: .version) }
        if let environment { try container.encode(environment, forKey: .environment) }
        if let queueKey { try container.encode(queueKey, forKey: .queueKey) }
        if let robot { try container.encode(robot, forKey: .robot) }
        if let tag { try container.encode(tag, forKey: .tag) }
        if let priority { try container.encode(priority, forKey: .priority) }
        if let kind { try container.encode(kind, forKey: .kind) }
        if let since { try container.encode(since, forKey: .since) }
        if let until { try container.encode(until, forKey: .until) }
    }
}

extension WireDecodingError {
    /// What a plan says of one of its members.
    public init(_ invalid: Operation.Invalid) {
        self.init(path: snakeCase(invalid.member.rawValue), message: invalid.description)
    }
}
