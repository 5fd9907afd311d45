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
    package func steps(_ id: Job.ID, _ filter: StepsFilter) throws(StoreError) -> [JournaledStep] {
        try self.steps(id).filter { $0.step > filter.after ?? -1 }.prefix(filter.limit ?? .max)
            .map { JournaledStep($0, withResult: filter.withResults) }
    }

    package func past(of id: Job.ID) throws(StoreError) -> JobPast {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        var attempts = record.attempts.map { attempt in
            JobPast.Attempt(
                number: attempt.number, robot: attempt.robot?.rawValue, startedAt: attempt.startedAt,
                finishedAt: attempt.finishedAt, isCrash: attempt.isCrash, failure: attempt.failure)
        }
        if let last = record.unfailedAttempt(heldBy: self.holder(of: record)) { attempts.append(last) }
        return JobPast(
            events: record.events.prefix(JobPast.eventsMax).map { event in
                JobPast.Event(at: event.at, kind: event.kind.rawValue, detail: event.detail)
            },
            attempts: attempts)
    }
}

extension MemoryQueue.Record {
    /// The attempt that ended the job, the one that runs, or the one that stopped at a question, which began with the last
    /// lease.
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
                isCrash: false, failure: nil)
        case .ended(let outcome, let attempt):
            guard outcome.failure == nil, let began = outcome.startedAt else { return nil }
            return JobPast.Attempt(
                number: attempt, robot: outcome.robot, startedAt: began, finishedAt: outcome.finishedAt, isCrash: false,
                failure: nil)
        case .new, .ready, .scheduled, .paused: return nil
        }
    }
}
