/// What a tenant may have of one thing.
public enum Quota: String, Hashable, Sendable, Codable, CaseIterable, CodingKey {
    case workflows, robots
    /// Jobs that wait: ready, due later, or paused.
    case queuedJobs = "queued_jobs"
    /// Jobs that are made within one hour of the clock, whoever makes them.
    case executionsPerHour = "executions_per_hour"
    /// Jobs that robots run at once.
    case concurrency
    /// Of documents, variables, results, journals and logs, as they were last measured, and what came since.
    case storageBytes = "storage_bytes"
    case schedules, secrets

    /// For sentences: `workflows`, `jobs that wait`.
    public var noun: String {
        switch self {
        case .workflows: "workflows"
        case .robots: "robots"
        case .queuedJobs: "jobs that wait"
        case .executionsPerHour: "jobs made within this hour"
        case .concurrency: "jobs running at once"
        case .storageBytes: "bytes stored"
        case .schedules: "schedules"
        case .secrets: "secrets"
        }
    }

    /// How somebody makes room.
    public var advice: String {
        switch self {
        case .workflows: "remove workflows that nobody needs, or have the quota raised"
        case .robots: "casarectl robot remove takes one away that nobody needs, or have the quota raised"
        case .queuedJobs: "wait until robots have taken some, or cancel some with casarectl job cancel"
        case .executionsPerHour: "wait for the next hour, or have the quota raised"
        case .concurrency: "it is no error: jobs begin as others end"
        case .storageBytes: "purge dead letters, keep jobs for a shorter time, or have the quota raised"
        case .schedules: "casarectl schedule delete takes one away that nobody needs, or have the quota raised"
        case .secrets: "casarectl secret delete takes one away that nobody needs, or have the quota raised"
        }
    }

    /// Whether waiting is enough to be let in again.
    public var freesItself: Bool {
        switch self {
        case .queuedJobs, .executionsPerHour, .concurrency: true
        case .workflows, .robots, .storageBytes, .schedules, .secrets: false
        }
    }

    /// The most that a quota can be: enough for anybody, and far from where sums overflow.
    public static let limitMax: Int64 = 1 << 50
}

/// A tenant's quotas; one that is not there bounds nothing.
public struct Quotas: Hashable, Sendable {
    private var limits: [Quota: Int64]

    public init(_ limits: [Quota: Int64] = [:]) { self.limits = limits }

    public subscript(_ quota: Quota) -> Int64? {
        get { self.limits[quota] }
        set { self.limits[quota] = newValue }
    }

    public var isEmpty: Bool { self.limits.isEmpty }
}

/// An object with a member for each quota; null, or none, where nothing is bounded.
extension Quotas: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Quota.self)
        self.init()
        for quota in Quota.allCases {
            self[quota] = try container.decodeIfPresent(Int64.self, forKey: quota)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Quota.self)
        for quota in Quota.allCases {
            try container.encodeIfPresent(self[quota], forKey: quota)
        }
    }
}

/// Presets of quotas.
public enum TenantTier: String, Hashable, Sendable, Codable, CaseIterable {
    case trial, standard, large, unlimited

    public var quotas: Quotas {
        switch self {
        case .trial:
            Quotas([
                .workflows: 25, .robots: 2, .queuedJobs: 1_000, .executionsPerHour: 500, .concurrency: 4,
                .storageBytes: 1 << 30, .schedules: 25, .secrets: 25,
            ])
        case .standard:
            Quotas([
                .workflows: 500, .robots: 25, .queuedJobs: 100_000, .executionsPerHour: 50_000, .concurrency: 100,
                .storageBytes: 50 << 30, .schedules: 1_000, .secrets: 1_000,
            ])
        case .large:
            Quotas([
                .workflows: 10_000, .robots: 500, .queuedJobs: 5_000_000, .executionsPerHour: 2_000_000,
                .concurrency: 5_000, .storageBytes: 1 << 40, .schedules: 100_000, .secrets: 100_000,
            ])
        case .unlimited: Quotas()
        }
    }
}

/// A quota is used up.
public struct QuotaExceeded: Error, Hashable, Sendable, CustomStringConvertible {
    public let quota: Quota
    public let limit: Int64
    /// What there is already.
    public let used: Int64
    /// What was to come.
    public let asked: Int64
    /// After how many seconds trying again makes sense; `nil`: when somebody has made room.
    public let retryAfterSeconds: Int?

    public init(_ quota: Quota, limit: Int64, used: Int64, asked: Int64, retryAfterSeconds: Int? = nil) {
        self.quota = quota
        self.limit = limit
        self.used = used
        self.asked = asked
        self.retryAfterSeconds = retryAfterSeconds
    }

    public var description: String {
        "the quota \(self.quota.rawValue) is used up: \(self.used) \(self.quota.noun), \(self.asked) more asked for, "
            + "and \(self.limit) allowed; \(self.quota.advice)"
    }
}
