public import CasareDomain
public import FoundationEssentials

/// The rule for whose files describe something.
public enum AppliedOwner {
    /// - Throws: for an empty or too long one, and control characters.
    public static func check(_ owner: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(owner, place, charactersMax: AppliedResource.ownerCharactersMax)
    }

    /// The same for the mark of what may have one.
    static func check(_ owner: String?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let owner else { return }
        try self.check(owner, WireDecodingError.text(of: path))
    }
}

/// One of the things that files describe.
public struct AppliedName: Hashable, Sendable, Codable {
    public var kind: AppliedResource.Kind
    public var name: String

    public init(_ key: AppliedResource.Key) {
        self.kind = key.kind
        self.name = key.name
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.kind = try container.decode(AppliedResource.Kind.self, forKey: .kind)
        self.name = try container.decode(String.self, forKey: .name)
        try ShortText.check(
            self.name, decoder.codingPath + [CodingKeys.name], charactersMax: AppliedResource.nameCharactersMax)
    }

    public var key: AppliedResource.Key { AppliedResource.Key(self.kind, self.name) }
}

/// `POST /api/v1/applied/{owner}`: notes that these things are as the owner's files describe them.
public struct RecordAppliedRequest: Hashable, Sendable, Codable {
    public static let namesMax = 500

    /// They are as they are described. What is not there is left out.
    public var applied: [AppliedName]
    /// No file of the owner describes them any more.
    public var forgotten: [AppliedName]

    public init(applied: [AppliedName] = [], forgotten: [AppliedName] = []) {
        self.applied = applied
        self.forgotten = forgotten
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            applied: try container.decodeIfPresent([AppliedName].self, forKey: .applied) ?? [],
            forgotten: try container.decodeIfPresent([AppliedName].self, forKey: .forgotten) ?? [])
        for (names, key) in [(self.applied, CodingKeys.applied), (self.forgotten, CodingKeys.forgotten)]
        where names.count > Self.namesMax {
            throw WireDecodingError(
                decoder.codingPath + [key], "expected at most \(Self.namesMax), got \(names.count)")
        }
    }
}

public struct RecordAppliedResponse: Hashable, Sendable, Codable {
    /// So many are noted otherwise than before.
    public let recorded: Int
    public let forgotten: Int

    public init(recorded: Int, forgotten: Int) {
        self.recorded = recorded
        self.forgotten = forgotten
    }
}

/// One of the things that files describe, and how it stands.
public struct AppliedInfo: Hashable, Sendable, Codable {
    public let kind: AppliedResource.Kind
    public let name: String
    public let owner: String
    public let state: AppliedResource.State
    public let appliedAt: Date
    /// The name of a token.
    public let appliedBy: String

    public init(_ resource: AppliedResource) {
        self.kind = resource.key.kind
        self.name = resource.key.name
        self.owner = resource.owner
        self.state = resource.state
        self.appliedAt = resource.appliedAt
        self.appliedBy = resource.appliedBy
    }

    public var key: AppliedResource.Key { AppliedResource.Key(self.kind, self.name) }
}

/// `GET /api/v1/applied`.
public struct AppliedPage: Hashable, Sendable, Codable {
    /// By kind and name.
    public let resources: [AppliedInfo]
    public let nextCursor: String?

    public init(resources: [AppliedInfo], nextCursor: String?) {
        self.resources = resources
        self.nextCursor = nextCursor
    }
}
