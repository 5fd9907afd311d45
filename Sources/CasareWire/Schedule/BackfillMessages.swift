public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/schedules/{name}/backfills`: fires the ticks of a time that is past, with the expression of that time.
/// Those that have run already are skipped.
public struct CreateBackfillRequest: Hashable, Sendable, Codable {
    /// Jobs per second at the most.
    public static let rateRange = 0.01...1000.0
    public static let rateStandard = 10.0

    /// The first and the last moment; both count. The last is not after now; `nil`: now.
    public var from: Date
    public var to: Date?
    /// `nil`: 10.
    public var ratePerSecond: Double?
    /// Kept with what was done.
    public var reason: String?
    /// Only counts what would be done.
    public var dryRun: Bool

    public init(
        from: Date, to: Date? = nil, ratePerSecond: Double? = nil, reason: String? = nil, dryRun: Bool = false
    ) {
        self.from = from
        self.to = to
        self.ratePerSecond = ratePerSecond
        self.reason = reason
        self.dryRun = dryRun
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ratePerSecond = try container.decodeIfPresent(Double.self, forKey: .ratePerSecond)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        let dryRun = try container.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
        let to = try container.decodeIfPresent(Date.self, forKey: .to)
        let from = try container.decode(Date.self, forKey: .from)
        self.init(from: from, to: to, ratePerSecond: ratePerSecond, reason: reason, dryRun: dryRun)
        let path = decoder.codingPath
        if let ratePerSecond, !Self.rateRange.contains(ratePerSecond) {
            throw WireDecodingError(
                path + [CodingKeys.ratePerSecond],
                "expected jobs per second from \(Self.rateRange.lowerBound) to \(Int(Self.rateRange.upperBound)), got "
                    + "\(ratePerSecond)")
        }
        if let to, to < from {
            throw WireDecodingError(path + [CodingKeys.to], "is before from; a backfill goes forward in time")
        }
        try ControlReason.check(reason, path + [CodingKeys.reason])
    }
}

/// What a backfill would do, or the one that was made.
public struct BackfillResponse: Hashable, Sendable, Codable {
    /// So many ticks are shown.
    public static let sampleMax = 10

    /// `nil` for a dry run.
    public let backfill: BackfillInfo?
    /// Ticks in that time, as far as they were counted.
    public let ticks: Int
    /// Those of them that have run already, and are skipped.
    public let alreadyRun: Int
    /// There are more ticks than were counted.
    public let isInexact: Bool
    /// The first ones that are to run.
    public let sample: [Date]

    public init(backfill: BackfillInfo?, ticks: Int, alreadyRun: Int, isInexact: Bool, sample: [Date]) {
        self.backfill = backfill
        self.ticks = ticks
        self.alreadyRun = alreadyRun
        self.isInexact = isInexact
        self.sample = sample
    }
}

/// A backfill as the API shows it.
public struct BackfillInfo: Hashable, Sendable, Codable {
    public let id: Backfill.ID
    /// The name that the schedule had.
    public let schedule: String
    public let status: Backfill.Status
    /// Why it is paused or cancelled, and who said so.
    public let statusReason: String?
    public let statusBy: String?
    public let from: Date
    public let to: Date
    public let ratePerSecond: Double
    /// The last moment that it has dealt with.
    public let position: Date?
    public let fired: Int
    /// Ticks that had run already, or that a calendar or a blackout keeps from running.
    public let skipped: Int
    /// Ticks whose job was refused.
    public let failed: Int
    /// Why the first of those was.
    public let firstFailure: String?
    public let reason: String?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let finishedAt: Date?

    public init(_ backfill: Backfill) {
        self.id = backfill.id
        self.schedule = backfill.scheduleName
        self.status = backfill.status
        self.statusReason = backfill.statusReason
        self.statusBy = backfill.statusBy
        self.from = backfill.from
        self.to = backfill.to
        self.ratePerSecond = backfill.ratePerSecond
        self.position = backfill.position
        self.fired = backfill.fired
        self.skipped = backfill.skipped
        self.failed = backfill.failed
        self.firstFailure = backfill.firstFailure
        self.reason = backfill.reason
        self.createdAt = backfill.createdAt
        self.createdBy = backfill.createdBy
        self.finishedAt = backfill.finishedAt
    }
}

/// `GET /api/v1/backfills`.
public struct BackfillPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let backfills: [BackfillInfo]
    public let nextCursor: String?

    public init(backfills: [BackfillInfo], nextCursor: String?) {
        self.backfills = backfills
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/backfills/{id}/pause`, `resume` and `cancel`.
public struct SteerBackfillRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}
