import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire
import FoundationEssentials

extension StepInfo {
    enum Outcome: Hashable {
        /// A change of the world was begun, and nothing is known of what followed.
        case inDoubt
        /// A wait was begun. It goes on whether a robot has the job or not.
        case waiting
        case succeeded
        case failed(String)
    }

    var outcome: Outcome {
        // Beside changes of the world only waits are recorded before they end.
        guard self.finishedAt != nil else { return self.effect == Self.effectClass ? .inDoubt : .waiting }
        return self.result?["error"]?.string.map { .failed($0) } ?? .succeeded
    }

    /// It lets time pass, which one robot may begin and another one end.
    var isWait: Bool {
        self.outcome == .waiting || StandardNodes.catalogue.type(named: self.nodeType)?.isTimer ?? false
    }

    /// Whether its result may be what a person said.
    var mayBeAnswered: Bool { self.effect == Self.effectClass && self.finishedAt != nil }

    private static let effectClass = NodeType.Effect.effect.rawValue
}

/// A journaled step as it is shown: with what is known of a wait from elsewhere.
struct StepView: Sendable {
    let step: StepInfo
    /// When the time comes that it waits for; `nil` where it does not wait, or the workflow computes that.
    let waitsUntil: Date?
    /// Its job has ended: what was begun goes on no more.
    let isOver: Bool
    /// What a person has said became of it, where nobody has seen it end.
    let answer: JobHistory.Answer?

    init(_ step: StepInfo, waitsUntil: Date? = nil, isOver: Bool = false, answer: JobHistory.Answer? = nil) {
        self.step = step
        self.waitsUntil = waitsUntil
        self.isOver = isOver
        self.answer = step.finishedAt == nil ? nil : answer
    }

    static let columns: [Column<StepView>] = [
        Column("step") { .number($0.step.step) },
        Column("node") { .text($0.step.node) },
        Column("node_type") { .text($0.step.nodeType) },
        Column("effect", wide: true) { .text($0.step.effect) },
        Column("status") { view in
            let tone: Tone =
                switch view.step.outcome {
                case .inDoubt: .attention
                case .waiting: .plain
                case .succeeded: .good
                case .failed: .bad
                }
            let until = view.waitsUntil.map { " until \(Timestamp.text($0))" } ?? ""
            let said = view.answer.map { " (\($0.by) answered \($0.answer))" } ?? ""
            return .state(view.status + until + said, tone)
        },
        Column("started_at") { .time($0.step.startedAt) },
        Column("duration") { view in
            // When somebody answered is no end of the step.
            guard view.answer == nil else { return .empty }
            return view.step.finishedAt.map { .duration(seconds: max(0, $0.timeIntervalSince(view.step.startedAt))) }
                ?? .empty
        },
        Column("result_bytes", wide: true) { .number($0.step.resultBytes) },
        Column("error", shrinks: true) { view in
            if case .failed(let message) = view.step.outcome { .text(message) } else { .empty }
        },
    ]

    private var status: String {
        switch self.step.outcome {
        case .inDoubt: "begun"
        case .waiting: self.isOver ? "left" : "waiting"
        case .succeeded: "succeeded"
        case .failed: "failed"
        }
    }

    /// The published JSON shape: the step as the API has it, and where it stands.
    func json() throws -> Value {
        var json = try ValueEncoder.encode(self.step).object ?? [:]
        json["status"] = .string(self.status)
        let until = self.waitsUntil.map(Timestamp.text)
        json["waiting_until"] = until.map(Value.string) ?? Value.null
        json["answer"] = try self.answer.map { try ValueEncoder.encode($0) } ?? Value.null
        return .object(json)
    }
}
