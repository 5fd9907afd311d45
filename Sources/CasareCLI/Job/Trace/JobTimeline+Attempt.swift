import CasareDomain
import CasareWire
import FoundationEssentials

extension JobTimeline {
    /// A robot's time with the job.
    struct Attempt {
        /// `nil`: all those together of which nothing is known but their steps.
        let number: Int?
        let robot: String?
        let startedAt: Date
        /// Its end, or the present.
        let until: Date
        let outcome: TimelineSpan.Outcome
        let error: String?
        /// Of its steps, in the order of their beginnings.
        var parts: [Part] = []

        /// What an attempt has of a step: all of it, or of a wait that robots left the time that each had it.
        struct Part {
            let step: StepInfo
            /// An earlier attempt began it.
            let isContinued: Bool
            /// A later attempt goes on with it.
            let goesOn: Bool
            /// The job has ended.
            let isOver: Bool
            /// When the time comes that it waits for, as far as that is known.
            let waitsUntil: Date?
            /// A person has said what became of it, when the attempt was over.
            let isAnswered: Bool
        }

        var isUnderWay: Bool { self.outcome == .underWay }
    }
}

extension JobTimeline.Attempt {
    static func all(of history: JobHistory, _ job: JobInfo, until end: Date) -> [Self] {
        let known = self.known(of: history, job, until: end)
        return (known + self.interrupted(in: history.events, besides: known)).sorted { $0.startedAt < $1.startedAt }
    }

    private static func known(of history: JobHistory, _ job: JobInfo, until end: Date) -> [Self] {
        let attempts = history.attempts.sorted { $0.startedAt < $1.startedAt }
        return attempts.enumerated().map { place, attempt in
            let next = place + 1 < attempts.count ? attempts[place + 1] : nil
            // Of an end that nothing tells of, what came next does.
            let finishedAt = attempt.finishedAt ?? next?.startedAt ?? (job.status.isTerminal ? end : nil)
            let outcome: TimelineSpan.Outcome =
                if attempt.isCrash {
                    .crashed
                } else if attempt.failure != nil {
                    .failed
                } else if finishedAt == nil {
                    .underWay
                } else {
                    next == nil && job.status == .completed ? .succeeded : .stopped
                }
            return Self(
                number: attempt.attempt, robot: attempt.robot, startedAt: attempt.startedAt, until: finishedAt ?? end,
                outcome: outcome,
                error: attempt.failure?.message ?? (attempt.isCrash ? "its robot was lost" : nil)
                    ?? attempt.question?.answered)
        }
    }

    /// What robots did before the job was handed back, paused or answered: it goes on as the same attempt, which begins
    /// where it went on.
    private static func interrupted(in events: [JobHistory.Event], besides known: [Self]) -> [Self] {
        var interrupted: [Self] = []
        var leasedAt: Date?
        for event in events {
            switch event.kind {
            case "leased":
                leasedAt = event.at
            case "released", "paused", "blocked":
                guard let began = leasedAt else { continue }
                leasedAt = nil
                if known.contains(where: { abs($0.startedAt.timeIntervalSince(began)) < JobTimeline.instant }) {
                    continue
                }
                let next = known.first { $0.startedAt > began }?.number ?? (known.last?.number ?? 0) + 1
                interrupted.append(
                    Self(
                        number: next, robot: nil, startedAt: began, until: event.at, outcome: .stopped,
                        error: nil))
            case "retrying", "lease_expired", "completed", "failed", "cancelled":
                leasedAt = nil
            // Others, and those that only a newer server knows, end nothing.
            default:
                break
            }
        }
        return interrupted
    }

    /// Without a history: the last attempt as the job tells of it, and before it one for all the steps that are older.
    static func all(of job: JobInfo, _ steps: [StepInfo], until end: Date) -> [Self] {
        var attempts: [Self] = []
        let older = steps.filter { step in job.startedAt.map { step.startedAt < $0 } ?? true }
        if let first = older.first {
            let last = older.compactMap(\.finishedAt).max() ?? first.startedAt
            attempts.append(
                Self(
                    number: nil, robot: nil, startedAt: first.startedAt,
                    until: min(max(last, first.startedAt), job.startedAt ?? end), outcome: .stopped, error: nil))
        }
        if let startedAt = job.startedAt {
            let outcome: TimelineSpan.Outcome =
                if job.finishedAt == nil {
                    .underWay
                } else if job.failure != nil {
                    .failed
                } else {
                    .succeeded
                }
            attempts.append(
                Self(
                    number: job.attempt, robot: job.robot, startedAt: startedAt, until: job.finishedAt ?? end,
                    outcome: outcome, error: job.failure?.message))
        }
        return attempts
    }

    /// Seconds between a moment and the attempt; 0 within it.
    func distance(to moment: Date) -> Double {
        max(0, self.startedAt.timeIntervalSince(moment), moment.timeIntervalSince(self.until))
    }

    // MARK: What is in it

    var spans: [TimelineSpan] {
        let inside = self.inside
        // What the step says that failed need not be said twice.
        let isSaid = inside.contains { $0.error != nil && $0.error == self.error }
        let name = (self.number.map { "attempt \($0)" } ?? "earlier attempts") + (self.robot.map { " on \($0)" } ?? "")
        return [
            TimelineSpan(
                kind: .attempt, name: name, attempt: self.number, startedAt: self.startedAt, until: self.until,
                outcome: self.outcome, error: isSaid ? nil : self.error)
        ] + inside
    }

    /// Shorter gaps are the way from one step to the next.
    private var gapSecondsMin: Double { max(0.001, self.until.timeIntervalSince(self.startedAt) / 100) }

    private var inside: [TimelineSpan] {
        var spans: [TimelineSpan] = []
        var rest = self.startedAt
        /// By node, how often it has failed since it last succeeded.
        var failures: [String: Int] = [:]
        func addGap(until moment: Date, _ name: String) {
            guard moment.timeIntervalSince(rest) >= self.gapSecondsMin else { return }
            spans.append(
                TimelineSpan(kind: .computing, name: name, attempt: self.number, startedAt: rest, until: moment))
        }
        for part in self.parts {
            let step = part.step
            let startedAt = part.isContinued ? self.startedAt : step.startedAt
            addGap(until: startedAt, "computing")
            let retry = failures[step.node] ?? 0
            let end = part.goesOn || part.isAnswered ? nil : step.finishedAt
            var span = TimelineSpan(
                kind: .step, name: "\(step.step) \(step.node)" + (retry > 0 ? " (retry \(retry))" : ""),
                attempt: self.number, step: step.step, node: step.node, nodeType: step.nodeType,
                startedAt: startedAt, until: end ?? max(startedAt, self.until))
            switch step.outcome {
            case _ where part.goesOn:
                span.outcome = .stopped
            case _ where part.isAnswered:
                span.outcome = .unknown
            case .inDoubt:
                span.outcome = self.isUnderWay ? .underWay : .unknown
            case .waiting where part.isOver:
                span.outcome = .stopped
            case .waiting:
                span.outcome = self.isUnderWay ? .underWay : .waiting
                span.waitsUntil = part.waitsUntil
            case .succeeded:
                span.outcome = .succeeded
                failures[step.node] = nil
            case .failed(let message):
                span.outcome = .failed
                span.error = message
                failures[step.node] = retry + 1
            }
            spans.append(span)
            rest = max(rest, span.until)
        }
        switch self.outcome {
        // What it did last may be a step whose result was not recorded yet, or never was.
        case .underWay, .crashed: addGap(until: self.until, "not recorded")
        case .succeeded, .failed, .unknown, .waiting, .stopped: addGap(until: self.until, "computing")
        }
        return spans
    }
}

extension JobHistory.Question {
    /// "step 3 (pay) was in doubt; ann answered done: booked as 4711"; `nil` while nobody has answered.
    var answered: String? {
        self.answer.map { answer in
            "step \(self.step) (\(self.node)) was in doubt; \(answer.by) answered \(answer.answer): \(answer.reason)"
        }
    }
}
