import CasareDomain

extension Job.ResumePoint {
    /// The first step that is done anew; `nil` when nothing is taken over.
    ///
    /// - Parameters:
    ///   - journal: of the job, in order.
    ///   - failure: what ended the job; `nil` where nothing did, or nobody asks for it.
    /// - Throws: `StoreError.noSuchStep`, and `.failsAgain` where a job from there would end as this one did.
    func firstStep(
        of job: Job.ID, _ journal: [JournalRow], after failure: Failure?
    ) throws(StoreError) -> Int? {
        switch self {
        case .start: return nil
        case .failed:
            let step = journal.failedStep(of: failure)
            if let doubt = journal.doubt(behind: failure), doubt.step < step {
                throw .failsAgain(job, step: doubt.step, node: doubt.node, isAnswered: doubt.result != nil)
            }
            return step
        case .step(let step):
            // From its beginning a job can be forked that has recorded nothing, too.
            guard step == 0 || journal.contains(where: { $0.step == step }) else {
                throw .noSuchStep(job, step, last: journal.last?.step)
            }
            return step
        }
    }
}

extension [JournalRow] {
    /// The step at which the job failed. Where that is not recorded, because a node failed that only computes or before
    /// it was begun, it is what follows the last change of the world: what was read since is read anew, as by an
    /// automatic retry.
    fileprivate func failedStep(of failure: Failure?) -> Int {
        let cut = (self.last(where: \.isKeptByRetry)?.step ?? -1) + 1
        guard let failure, let node = failure.node, let last = self.last(where: { $0.node == node }),
            // In a loop the node may have failed long before, and the workflow has dealt with that: what was done since
            // is not to be done again for a failure that left no step.
            last.hasFailed(with: failure.type),
            // What may have happened is never left out unasked.
            !last.isKeptByRetry, !self.contains(where: { $0.step > last.step && $0.isInDoubt })
        else { return cut }
        return last.step
    }

    /// The step that ended the job because it may or may not have happened: whoever takes it over ends there as well.
    fileprivate func doubt(behind failure: Failure?) -> JournalRow? {
        guard let failure, failure.type == Job.Resolution.failureType,
            let last = self.last(where: { $0.node == failure.node }), last.isInDoubt || last.isDoubtful
        else { return nil }
        return last
    }
}

extension JournalRow {
    fileprivate var isInDoubt: Bool { self.result == nil && self.effect == "effect" }

    fileprivate func hasFailed(with type: String) -> Bool {
        // A result is the engine's own text; one that cannot be read tells of no error.
        guard let result, let value = try? Value(parsingJSON: result), value["error"] != nil else { return false }
        // One that names no type may be of any.
        return value["type"]?.string.map { $0 == type } ?? true
    }
}
