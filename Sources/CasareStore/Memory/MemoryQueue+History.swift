package import CasareDomain
import FoundationEssentials

/// As `JobStore`: how a job got to where it is.
extension MemoryQueue {
    /// The job's whole journal, in order.
    package func steps(_ id: Job.ID) throws(StoreError) -> [JournalRow] {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        return record.rows
    }

    /// The same for people: a part of it.
    package func stepsPage(_ id: Job.ID, _ filter: StepsFilter) throws(StoreError) -> StepsPage {
        let limit = min(filter.limit ?? .max, StepsPage.stepsMax)
        var steps: [JournaledStep] = []
        var bytes = 0
        for row in try self.steps(id) where row.step > filter.after ?? -1 {
            let step = JournaledStep(row, withResult: filter.withResults)
            bytes += (step.result?.utf8.count ?? 0) + StepsPage.bytesPerStep
            if steps.count == limit || !steps.isEmpty && bytes > StepsPage.bytesMax {
                return StepsPage(steps: steps, hasMore: true)
            }
            steps.append(step)
        }
        return StepsPage(steps: steps, hasMore: false)
    }

    package func past(of id: Job.ID) throws(StoreError) -> JobPast {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        var attempts = record.attempts.map { attempt in
            JobPast.Attempt(
                number: attempt.number, robot: attempt.robot?.rawValue, startedAt: attempt.startedAt,
                finishedAt: attempt.finishedAt, isCrash: attempt.isCrash, failure: attempt.failure)
        }
        attempts += record.askingAttempts
        if let last = record.unfailedAttempt(heldBy: self.holder(of: record)) { attempts.append(last) }
        attempts.sort { ($0.number, $0.startedAt) < ($1.number, $1.startedAt) }
        return JobPast(
            events: record.events.prefix(JobPast.eventsMax).map { event in
                JobPast.Event(at: event.at, kind: event.kind.rawValue, detail: event.detail)
            },
            attempts: attempts)
    }
}

extension MemoryQueue.Record {
    /// The attempts that stopped at a question which a person has answered, or has cancelled the job at.
    fileprivate var askingAttempts: [JobPast.Attempt] {
        var attempts: [JobPast.Attempt] = []
        var (leased, asked): (Event?, Event?) = (nil, nil)
        for event in self.events {
            switch event.kind {
            case .leased: leased = event
            case .blocked: asked = event
            case .resolved:
                guard let leased, let question = asked, let number = event.detail["attempt"]?.int else { continue }
                asked = nil
                attempts.append(
                    JobPast.Attempt(
                        number: number, robot: event.detail["robot"]?.string, startedAt: leased.at,
                        finishedAt: question.at, isCrash: false, failure: nil,
                        question: JobPast.Question(question.detail, answer: event.detail, at: event.at)))
            case .cancelled:
                guard let leased, let question = asked, case .ended(let outcome, let number) = self.place else {
                    continue
                }
                attempts.append(
                    JobPast.Attempt(
                        number: number, robot: outcome.robot, startedAt: leased.at, finishedAt: question.at,
                        isCrash: false, failure: nil,
                        question: JobPast.Question(question.detail, answer: nil, at: nil)))
            case .submitted, .completed, .failed, .retrying, .released, .retried, .forked, .paused, .resumed,
                .deadLettered, .leaseExpired:
                break
            }
        }
        return attempts
    }

    /// The attempt that ended the job, the one that runs, or the one that stopped at a question, which began with the
    /// last lease.
    fileprivate func unfailedAttempt(heldBy robot: Robot.ID?) -> JobPast.Attempt? {
        switch self.place {
        case .leased(let holding):
            return JobPast.Attempt(
                number: holding.attempt, robot: robot?.rawValue, startedAt: holding.since, finishedAt: nil,
                isCrash: false, failure: nil)
        case .blocked(let blockage):
            guard let began = self.events.last(where: { $0.kind == .leased })?.at else { return nil }
            return JobPast.Attempt(
                number: blockage.attempt, robot: blockage.robot?.rawValue, startedAt: began, finishedAt: blockage.since,
                isCrash: false, failure: nil,
                question: JobPast.Question(
                    step: blockage.question.step, node: blockage.question.node, text: blockage.question.text,
                    answer: nil))
        case .ended(let outcome, let attempt):
            guard outcome.failure == nil, let began = outcome.startedAt else { return nil }
            return JobPast.Attempt(
                number: attempt, robot: outcome.robot, startedAt: began, finishedAt: outcome.finishedAt, isCrash: false,
                failure: nil)
        case .new, .ready, .scheduled, .paused: return nil
        }
    }
}
