package import CasareDomain
package import FoundationEssentials

/// As `JobStore.resolve`: what a person says of a step in doubt.
extension MemoryQueue {
    /// Answers the question of a blocked job, which goes on from there.
    ///
    /// - Parameter seal: What stands in the journal in place of a step's result.
    /// - Throws: `StoreError.alreadyResolved`, `.otherQuestion`, `.invalidTransition`, `.notFound`.
    package mutating func resolve(
        _ id: Job.ID, step: Int, attempt: Int? = nil, as resolution: Job.Resolution, by person: String,
        reason: String, seal: (Value) -> Value = { $0 }, now: Date
    ) throws(StoreError) {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        guard case .blocked(let blockage) = record.place, blockage.question.step == step,
            (attempt ?? blockage.attempt) == blockage.attempt
        else {
            if let given = record.answer(toStep: step, attempt: attempt) {
                throw .alreadyResolved(id, given.answer, by: given.person)
            }
            throw record.job(heldBy: self.holder(of: record)).notAsking(about: step)
        }
        let question = blockage.question
        let result = resolution.journaled(for: question, by: person, reason: reason).map(seal)?.jsonText(.compact)
        self.settle(question, of: id, with: result, askedAt: blockage.since, now)
        self.move(id, to: .ready(attempt: blockage.attempt, crashes: 0))
        var detail: Object = [
            "step": .int(step), "node": .string(question.node), "attempt": .int(blockage.attempt),
            "answer": .string(resolution.answer.rawValue), "by": .string(person), "reason": .string(reason),
        ]
        if let robot = blockage.robot { detail["robot"] = .string(robot.rawValue) }
        self.note(.resolved, id, detail, now)
    }

    /// The blocked jobs that wait longest for an answer, the longest first.
    package func longestBlocked(limit: Int) -> [BlockedJob] {
        let waiting = self.blocked.compactMap { id -> BlockedJob? in
            guard let record = self.records[id], case .blocked(let blockage) = record.place else { return nil }
            return BlockedJob(
                id: id, workflowName: record.workflowName, question: blockage.question, since: blockage.since)
        }
        return Array(waiting.sorted { ($0.since, $0.id) < ($1.since, $1.id) }.prefix(limit))
    }
}

extension MemoryQueue.Record {
    /// The last answer, if it was about this step.
    fileprivate func answer(
        toStep step: Int, attempt: Int?
    ) -> (answer: Job.Resolution.Answer, person: String)? {
        guard let detail = self.events.last(where: { $0.kind == .resolved })?.detail, detail["step"]?.int == step,
            attempt == nil || detail["attempt"]?.int == attempt,
            let answer = detail["answer"]?.string.flatMap(Job.Resolution.Answer.init(rawValue:)),
            let person = detail["by"]?.string
        else { return nil }
        return (answer, person)
    }
}
