public import FoundationEssentials

/// Which dead letters. All that is given must be true of a letter.
public struct DeadLetterFilter: Hashable, Sendable {
    /// Any of these; empty: any at all.
    public var statuses: Set<DeadLetter.Status>
    /// Name or ID.
    public var workflow: String?
    public var version: Int?
    public var kind: Failure.Kind?
    /// The failure's type, such as `HttpError`.
    public var type: String?
    public var fingerprint: String?
    /// The failure's message contains it, whatever its case.
    public var error: String?
    /// The node that failed.
    public var node: String?
    /// The robot on which the job ended.
    public var robot: String?
    public var environment: String?
    /// One that the job asked its robot to have.
    public var tag: String?
    /// Opened at this time or later.
    public var since: Date?
    /// Opened before this time.
    public var until: Date?
    /// Each of these variables had exactly this value.
    public var variables: Object

    /// No text of a filter is longer.
    public static let textCharactersMax = 1000
    /// No filter names more variables.
    public static let variablesMax = 20

    public init(
        statuses: Set<DeadLetter.Status> = [], workflow: String? = nil, version: Int? = nil,
        kind: Failure.Kind? = nil, type: String? = nil, fingerprint: String? = nil, error: String? = nil,
        node: String? = nil, robot: String? = nil, environment: String? = nil, tag: String? = nil,
        since: Date? = nil, until: Date? = nil, variables: Object = [:]
    ) {
        self.statuses = statuses
        self.workflow = workflow
        self.version = version
        self.kind = kind
        self.type = type
        self.fingerprint = fingerprint
        self.error = error
        self.node = node
        self.robot = robot
        self.environment = environment
        self.tag = tag
        self.since = since
        self.until = until
        self.variables = variables
    }

    /// Whether it names nothing, and so would be all letters.
    public var isEmpty: Bool { self == DeadLetterFilter() }
}

extension DeadLetterFilter {
    /// Why there can be no such filter: a sentence about one member.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// The member's name in JSON.
        public let member: String
        public let description: String
    }

    /// - Throws: for the first member that no letter can match.
    public func check() throws(Invalid) {
        let texts: [(CodingKeys, String?)] = [
            (.workflow, self.workflow), (.type, self.type), (.fingerprint, self.fingerprint),
            (.error, self.error), (.node, self.node), (.robot, self.robot), (.environment, self.environment),
            (.tag, self.tag),
        ]
        for (key, text) in texts {
            guard let text else { continue }
            guard (1...Self.textCharactersMax).contains(text.unicodeScalars.count) else {
                throw Invalid(member: key.rawValue, description: "must have 1 to \(Self.textCharactersMax) characters")
            }
        }
        if let version, !(1...Int(Int32.max)).contains(version) {
            throw Invalid(member: CodingKeys.version.rawValue, description: "must be a number from 1, not \(version)")
        }
        if let since, let until, since >= until {
            throw Invalid(
                member: CodingKeys.until.rawValue, description: "is not after since; no letter was opened then")
        }
        guard self.variables.count <= Self.variablesMax else {
            throw Invalid(
                member: CodingKeys.variables.rawValue,
                description: "names \(self.variables.count) variables; \(Self.variablesMax) are the most")
        }
        guard !Value.object(self.variables).jsonText(.compact).contains(#"\u0000"#) else {
            throw Invalid(
                member: CodingKeys.variables.rawValue, description: "holds U+0000, which cannot be looked for")
        }
    }
}

/// An object with a member for what is given; `statuses` is a list in the order in which letters go through them.
extension DeadLetterFilter: Codable {
    private enum CodingKeys: String, CodingKey {
        case statuses, workflow, version, kind, type, fingerprint, error, node, robot, environment, tag, since, until
        case variables
    }

    /// - Throws: `DecodingError.dataCorrupted` at the member that no letter can match.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            statuses: Set(try container.decodeIfPresent([DeadLetter.Status].self, forKey: .statuses) ?? []),
            workflow: try container.decodeIfPresent(String.self, forKey: .workflow),
            version: try container.decodeIfPresent(Int.self, forKey: .version),
            kind: try container.decodeIfPresent(Failure.Kind.self, forKey: .kind),
            type: try container.decodeIfPresent(String.self, forKey: .type),
            fingerprint: try container.decodeIfPresent(String.self, forKey: .fingerprint),
            error: try container.decodeIfPresent(String.self, forKey: .error),
            node: try container.decodeIfPresent(String.self, forKey: .node),
            robot: try container.decodeIfPresent(String.self, forKey: .robot),
            environment: try container.decodeIfPresent(String.self, forKey: .environment),
            tag: try container.decodeIfPresent(String.self, forKey: .tag),
            since: try container.decodeIfPresent(Date.self, forKey: .since),
            until: try container.decodeIfPresent(Date.self, forKey: .until),
            variables: try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:])
        do throws(Invalid) {
            try self.check()
        } catch {
            let path = decoder.codingPath + (CodingKeys(rawValue: error.member).map { [$0] } ?? [])
            throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: error.description))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !self.statuses.isEmpty {
            try container.encode(DeadLetter.Status.allCases.filter(self.statuses.contains), forKey: .statuses)
        }
        if let workflow { try container.encode(workflow, forKey: .workflow) }
        if let version { try container.encode(version, forKey: .version) }
        if let kind { try container.encode(kind, forKey: .kind) }
        if let type { try container.encode(type, forKey: .type) }
        if let fingerprint { try container.encode(fingerprint, forKey: .fingerprint) }
        if let error { try container.encode(error, forKey: .error) }
        if let node { try container.encode(node, forKey: .node) }
        if let robot { try container.encode(robot, forKey: .robot) }
        if let environment { try container.encode(environment, forKey: .environment) }
        if let tag { try container.encode(tag, forKey: .tag) }
        if let since { try container.encode(since, forKey: .since) }
        if let until { try container.encode(until, forKey: .until) }
        if !self.variables.isEmpty { try container.encode(self.variables, forKey: .variables) }
    }
}

extension DeadLetterFilter: CustomStringConvertible {
    /// In words for people: `open, of workflow invoices, error contains "refused"`.
    public var description: String {
        var parts: [String] = []
        if !self.statuses.isEmpty {
            parts.append(
                DeadLetter.Status.allCases.filter(self.statuses.contains).map(\.rawValue).joined(separator: " or "))
        }
        if let workflow { parts.append("of workflow \(workflow)") }
        if let version { parts.append("of version \(version)") }
        if let environment { parts.append("in \(environment)") }
        if let kind { parts.append("failed as \(kind.rawValue)") }
        if let type { parts.append("of type \(type)") }
        if let fingerprint { parts.append("with the fingerprint \(fingerprint)") }
        if let error { parts.append("error contains \(Value.string(error).jsonText(.compact))") }
        if let node { parts.append("at node \(node)") }
        if let robot { parts.append("on robot \(robot)") }
        if let tag { parts.append("that asked for the tag \(tag)") }
        if let since { parts.append("opened since \(since.formatted(.iso8601))") }
        if let until { parts.append("opened before \(until.formatted(.iso8601))") }
        for (name, value) in self.variables { parts.append("\(name) is \(value.jsonText(.compact))") }
        return parts.isEmpty ? "any" : parts.joined(separator: ", ")
    }
}
