import CasareDomain
import CasareWire
import FoundationEssentials

/// A stretch of a job's life: a bar of its waterfall.
struct TimelineSpan: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        /// Nobody worked on the job: it waited for a robot, for its time or for a person.
        case wait
        case attempt
        case step
        /// Within an attempt, what lies between its steps: it is computed, and so not recorded.
        case computing
    }

    enum Outcome: String, Hashable, Sendable {
        case succeeded, failed
        /// Its robot was lost.
        case crashed
        /// It began, and nothing is known of what followed.
        case unknown
        /// It was left in the middle of a wait, which goes on without a robot.
        case waiting
        /// The attempt was handed back, or ended at a question; or the wait went on in a later attempt, or was cut off.
        case stopped
        case underWay = "under_way"
    }

    let kind: Kind
    let name: String
    /// `nil` for one of several attempts that nothing tells apart.
    var attempt: Int?
    var step: Int?
    var node: String?
    var nodeType: String?
    let startedAt: Date
    /// As far as the bar goes: the present for what is under way, the attempt's end where nothing else is known.
    let until: Date
    var outcome: Outcome?
    /// When the time comes that it waits for, as far as that is known.
    var waitsUntil: Date?
    var error: String?

    /// Whether `until` is when it ended.
    private var hasEnded: Bool {
        switch self.outcome {
        case .unknown, .waiting, .underWay: false
        case .succeeded, .failed, .crashed, .stopped, nil: true
        }
    }

    var seconds: Double { max(0, self.until.timeIntervalSince(self.startedAt)) }

    /// The published JSON shape.
    var json: Value {
        [
            "kind": .string(self.kind.rawValue), "name": .string(self.name),
            "attempt": self.attempt.map(Value.int) ?? .null, "step": self.step.map(Value.int) ?? .null,
            "node": self.node.map(Value.string) ?? .null, "node_type": self.nodeType.map(Value.string) ?? .null,
            "started_at": .string(Timestamp.text(self.startedAt)),
            "finished_at": self.hasEnded ? .string(Timestamp.text(self.until)) : .null,
            "seconds": self.hasEnded ? .double(Self.toMilliseconds(self.seconds)) : .null,
            "outcome": (self.outcome?.rawValue).map(Value.string) ?? .null,
            "waiting_until": self.waitsUntil.map { Value.string(Timestamp.text($0)) } ?? .null,
            "error": self.error.map(Value.string) ?? .null,
        ]
    }

    /// As exact as the moments are.
    private static func toMilliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    static let columns: [Column<TimelineSpan>] = [
        Column("kind") { .text($0.kind.rawValue) },
        Column("name", shrinks: true) { .text($0.name) },
        Column("attempt") { .number($0.attempt) },
        Column("step") { .number($0.step) },
        Column("node", wide: true) { .text($0.node) },
        Column("node_type", wide: true) { .text($0.nodeType) },
        Column("started_at") { .time($0.startedAt) },
        Column("finished_at", wide: true) { $0.hasEnded ? .time($0.until) : .empty },
        Column("seconds") { $0.hasEnded ? .duration(seconds: Self.toMilliseconds($0.seconds)) : .empty },
        Column("waiting_until", wide: true) { .time($0.waitsUntil) },
        Column("outcome") { span in span.outcome.map { .state($0.rawValue, $0.tone) } ?? .empty },
        Column("error", shrinks: true) { .text($0.error) },
    ]
}

extension TimelineSpan.Outcome {
    var tone: Tone {
        switch self {
        case .succeeded: .good
        case .failed, .crashed: .bad
        case .unknown: .attention
        case .waiting: .faint
        case .stopped, .underWay: .plain
        }
    }
}
