/// The answer to a fork and to a retry.
public struct RerunResponse: Hashable, Sendable, Codable {
    /// No more are listed.
    public static let repeatsMax = 100

    /// The new job.
    public let job: JobInfo
    /// Changes of the world that the first job has made, or may have made, from where the new one begins: it makes them
    /// again. In order, the first of them. A server before it told of them has none.
    public let repeats: [RepeatedEffectInfo]?
    /// How many there are altogether.
    public let repeatsCount: Int?

    public init(job: JobInfo, repeats: [RepeatedEffectInfo]?, repeatsCount: Int?) {
        self.job = job
        self.repeats = repeats
        self.repeatsCount = repeatsCount
    }
}

/// A step of a job that changed the world, or may have, and is performed again by another job.
public struct RepeatedEffectInfo: Hashable, Sendable, Codable {
    public let step: Int
    public let node: String
    public let nodeType: String
    /// Nobody knows whether it happened.
    public let isInDoubt: Bool

    public init(step: Int, node: String, nodeType: String, isInDoubt: Bool) {
        self.step = step
        self.node = node
        self.nodeType = nodeType
        self.isInDoubt = isInDoubt
    }

    private enum CodingKeys: String, CodingKey {
        case step, node, nodeType
        case isInDoubt = "inDoubt"
    }
}
