public import FoundationEssentials

/// Ticks of a time that is past, fired all the same: what was asked for, and how far it has got.
public struct Backfill: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case running, paused, completed, cancelled

        /// Nothing more comes of it.
        public var isTerminal: Bool {
            switch self {
            case .running, .paused: false
            case .completed, .cancelled: true
            }
        }
    }

    /// Ticks that are counted before it begins; beyond them nobody knows how many there are.
    public static let countedMax = 10_000
    /// So many of a tenant may be under way at once.
    public static let openMax = 100

    public let id: ID
    public let schedule: Schedule.ID
    /// The name that the schedule had.
    public let scheduleName: String
    /// The first and the last moment; both count.
    public let from: Date
    public let to: Date
    /// Jobs per second at the most.
    public let ratePerSecond: Double
    public let reason: String?
    public let status: Status
    public let statusReason: String?
    /// Who paused or cancelled it: the name of a token.
    public let statusBy: String?
    /// Ticks up to this moment, itself included, are dealt with.
    public let position: Date?
    public let fired: Int
    /// Ticks that had run already, or that a calendar or a blackout keeps from running.
    public let skipped: Int
    /// Ticks whose job was refused.
    public let failed: Int
    /// Why the first of those was.
    public let firstFailure: String?
    public let createdAt: Date
    public let createdBy: String
    public let finishedAt: Date?

    public init(
        id: ID, schedule: Schedule.ID, scheduleName: String, from: Date, to: Date, ratePerSecond: Double,
        reason: String?, status: Status, statusReason: String?, statusBy: String?, position: Date?, fired: Int,
        skipped: Int, failed: Int, firstFailure: String?, createdAt: Date, createdBy: String, finishedAt: Date?
    ) {
        self.id = id
        self.schedule = schedule
        self.scheduleName = scheduleName
        self.from = from
        self.to = to
        self.ratePerSecond = ratePerSecond
        self.reason = reason
        self.status = status
        self.statusReason = statusReason
        self.statusBy = statusBy
        self.position = position
        self.fired = fired
        self.skipped = skipped
        self.failed = failed
        self.firstFailure = firstFailure
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.finishedAt = finishedAt
    }
}

/// The ticks of a time that is past, each by the form that the schedule had then.
package struct BackfillTimes: Sendable {
    /// A form of a schedule, from the moment on that it has had it.
    package struct Form: Sendable {
        package let since: Date
        package let timetable: Timetable

        package init(since: Date, timetable: Timetable) {
            self.since = since
            self.timetable = timetable
        }
    }

    /// In their order; the first one stands for all the time before it, too.
    private let forms: [Form]

    package init(_ forms: [Form]) { self.forms = forms }

    /// The first tick that is strictly later than `moment`; `nil`: there is none.
    package func next(after moment: Date) -> Tick? {
        for (index, form) in self.forms.enumerated() {
            let end = index + 1 < self.forms.count ? self.forms[index + 1].since : Date.distantFuture
            guard moment < end else { continue }
            // Ticks are whole seconds: none lies between this and the form's beginning but those of the form before.
            var tick = form.timetable.next(after: index == 0 ? moment : max(moment, form.since.addingTimeInterval(-1)))
            while index > 0, let early = tick, early.at < form.since { tick = form.timetable.next(after: early.at) }
            if let tick, tick.at < end { return tick }
        }
        return nil
    }
}
