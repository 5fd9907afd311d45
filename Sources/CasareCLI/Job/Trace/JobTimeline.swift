import CasareDomain
import CasareWire
import FoundationEssentials

/// What a job's time went into, from its submit to its end: waits, attempts, and in them steps and what lies between.
///
/// Made of the job's history and its journal alone. Steps have the time of the robot's clock and everything else has
/// that of the database's; where the two differ, a step belongs to the attempt that it is nearest to.
struct JobTimeline: Hashable, Sendable {
    /// Attempts stand before what is in them, and everything else in the order of its beginning.
    let spans: [TimelineSpan]
    let start: Date
    /// The present, for a job that has not ended.
    let end: Date

    /// - Parameters:
    ///   - history: `nil` where the server has none to give: then only the last attempt is known, and no crash.
    ///   - waitEnds: Until when the steps wait that are not over, as far as that is known, by their numbers.
    ///   - now: By the clock of this machine, which may be behind what is known.
    init(
        _ job: JobInfo, history: JobHistory?, steps: [StepInfo], waitEnds: [Int: Date] = [:], now: Date
    ) {
        let steps = steps.filter { step in
            // Readings of the clock take no time, and what was taken over from another job took none of this one's.
            let isTakenOver = job.forkedFrom != nil && (step.finishedAt ?? step.startedAt) < job.createdAt
            return !Self.otherTypes.contains(step.nodeType) && !isTakenOver
        }.sorted { $0.startedAt < $1.startedAt }
        var known = [job.createdAt]
        known += [job.startedAt, job.finishedAt].compactMap(\.self)
        known += steps.map { $0.finishedAt ?? $0.startedAt }
        known += history?.events.map(\.at) ?? []
        known += history?.attempts.map { $0.finishedAt ?? $0.startedAt } ?? []
        let present = max(now, known.max() ?? now)
        let end = job.status.isTerminal ? (job.finishedAt ?? known.max() ?? present) : present
        var attempts =
            history.map { Attempt.all(of: $0, job, until: end) } ?? Attempt.all(of: job, steps, until: end)
        let answers = history?.answers ?? [:]
        for step in steps {
            let distances = attempts.map { $0.distance(to: step.startedAt) }
            guard let nearest = distances.indices.min(by: { distances[$0] < distances[$1] }) else { break }
            // A wait goes on in the attempts that follow, until it is over.
            let (isWait, until) = (step.isWait, step.finishedAt ?? end)
            let later = attempts.indices.filter { place in
                isWait && place > nearest && until.timeIntervalSince(attempts[place].startedAt) >= Self.instant
            }
            let places = [nearest] + later
            for place in places {
                attempts[place].parts.append(
                    Attempt.Part(
                        step: step, isContinued: place != nearest, goesOn: place != places.last,
                        isOver: job.status.isTerminal, waitsUntil: waitEnds[step.step],
                        isAnswered: step.finishedAt != nil && answers[step.step] != nil))
            }
        }
        self.start = job.createdAt
        self.end = end
        self.spans = Self.spans(of: job, attempts, history?.events, until: end)
    }

    /// Under which what is no node's stands in a journal: readings of the clock, and what was told of secrets.
    private static let otherTypes: Set<String> = ["$clock", "$secrets"]
    /// What is as exact as the moments are.
    static let instant = 0.0005

    private static func spans(
        of job: JobInfo, _ attempts: [Attempt], _ events: [JobHistory.Event]?, until end: Date
    ) -> [TimelineSpan] {
        var spans: [TimelineSpan] = []
        var rest = job.createdAt
        for attempt in attempts {
            spans += Self.waits(from: rest, to: attempt.startedAt, events, isOpen: false)
            spans += attempt.spans
            rest = max(rest, attempt.until)
        }
        if attempts.last?.isUnderWay != true {
            spans += Self.waits(from: rest, to: end, events, isOpen: !job.status.isTerminal)
        }
        return spans
    }

    private static func waits(
        from start: Date, to end: Date, _ events: [JobHistory.Event]?, isOpen: Bool
    ) -> [TimelineSpan] {
        var waits: [TimelineSpan] = []
        // Without events nobody knows for what.
        var name = events == nil ? "waits" : "waits for a robot"
        var begin = start
        func add(until moment: Date, _ outcome: TimelineSpan.Outcome?) {
            guard moment.timeIntervalSince(begin) >= Self.instant else { return }
            waits.append(TimelineSpan(kind: .wait, name: name, startedAt: begin, until: moment, outcome: outcome))
            begin = moment
        }
        for event in events ?? [] where event.at >= start.addingTimeInterval(-Self.instant) && event.at < end {
            guard let next = Self.wait(after: event.kind) else { continue }
            add(until: event.at, nil)
            name = next
        }
        add(until: end, isOpen ? .underWay : nil)
        return waits
    }

    /// What a job waits for after such an event; `nil`: the event changes nothing about that.
    private static func wait(after kind: String) -> String? {
        switch kind {
        case "submitted", "resumed", "resolved": "waits for a robot"
        case "retrying": "waits for the next try"
        case "lease_expired": "waits after a crash"
        case "released": "handed back, waits"
        case "blocked": "waits for a person"
        case "paused": "paused"
        // The server may know kinds that this program does not.
        default: nil
        }
    }
}

extension JobTimeline {
    /// Seconds of the spans of one kind.
    func seconds(of kind: TimelineSpan.Kind) -> Double {
        self.spans.filter { $0.kind == kind }.reduce(0) { $0 + $1.seconds }
    }
}
