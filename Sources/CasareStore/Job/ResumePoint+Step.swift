import CasareDomain

extension Job.ResumePoint {
    /// The first step that is done anew; `nil` when nothing is taken over.
    ///
    /// - Parameters:
    ///   - journal: of the job, in order.
    ///   - failedNode: whose failure ended the job.
    func firstStep(
        of job: Job.ID, _ journal: [JournalRow], failedNode: String?
    ) throws(StoreError) -> Int? {
        switch self {
        case .start: return nil
        case .failed: return journal.failedStep(of: failedNode)
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
    /// The step at which the job failed. Where that is not recorded, because a node failed that only computes, it is
    /// what follows the last change of the world: what was read since is read anew, as by an automatic retry.
    fileprivate func failedStep(of node: String?) -> Int {
        let cut = (self.last(where: \.isKeptByRetry)?.step ?? -1) + 1
        guard let node, let failed = self.last(where: { $0.node == node && $0.hasFailed }),
            // What may have happened is never left out unasked.
            !failed.isKeptByRetry, !self.contains(where: { $0.step > failed.step && $0.isInDoubt })
        else { return cut }
        return failed.step
    }
}

extension JournalRow {
    fileprivate var isInDoubt: Bool { self.result == nil && self.effect == "effect" }

    /// A result is the engine's own text; one that cannot be read tells of no error.
    fileprivate var hasFailed: Bool {
        guard let result, let value = try? Value(parsingJSON: result) else { return false }
        return value["error"] != nil
    }
}
