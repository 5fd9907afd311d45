public import CasareDomain

/// `POST /api/v1/jobs/{id}/retry` and `POST /api/v1/dlq/{id}/retry`.
public struct RetryJobRequest: Hashable, Sendable, Codable {
    /// Replaces the job's variables; `nil` keeps them.
    public var variables: Object?
    /// Where it begins; what was recorded before is not done again. `nil`: at the start.
    public var from: Job.ResumePoint?
    /// Kept with what was done.
    public var reason: String?
    /// Changes of the variables, as RFC 6902 has them. What nobody is shown can be replaced and removed as a whole, and
    /// not read.
    public var patch: JSONPatch?
    /// Variables to set, after all other changes; the others keep their values.
    public var set: Object?
    /// `nil`: the version that the job ran.
    public var version: Job.VersionChoice?

    private enum CodingKeys: String, CodingKey {
        case variables, from, reason, patch, set, version
    }

    public init(
        variables: Object? = nil, from: Job.ResumePoint? = nil, reason: String? = nil, patch: JSONPatch? = nil,
        set: Object? = nil, version: Job.VersionChoice? = nil
    ) {
        self.variables = variables
        self.from = from
        self.reason = reason
        self.patch = patch
        self.set = set
        self.version = version
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            variables: try container.decodeIfPresent(Object.self, forKey: .variables),
            from: try container.decodeIfPresent(Job.ResumePoint.self, forKey: .from),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            patch: try container.decodeIfPresent(JSONPatch.self, forKey: .patch),
            set: try container.decodeIfPresent(Object.self, forKey: .set),
            version: try container.decodeIfPresent(Job.VersionChoice.self, forKey: .version))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
        if let contradiction = self.choices.contradiction {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.version], contradiction)
        }
    }

    /// A server before it knew of a member refuses it: what came later is left out where it is not asked for.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.variables, forKey: .variables)
        if let from { try container.encode(from, forKey: .from) }
        if let reason { try container.encode(reason, forKey: .reason) }
        if let patch { try container.encode(patch, forKey: .patch) }
        if let set { try container.encode(set, forKey: .set) }
        if let version { try container.encode(version, forKey: .version) }
    }

    public var choices: Job.RerunChoices {
        Job.RerunChoices(
            variables: self.variables, patch: self.patch, set: self.set ?? [:], from: self.from ?? .start,
            version: self.version ?? .same)
    }
}
