package import CasareDomain
package import FoundationEssentials

/// As `ChildStore`: jobs that running jobs submit.
extension MemoryQueue {
    package mutating func submit(
        _ child: ChildJob, forStep step: Int, under lease: Lease, now: Date
    ) throws(StoreError) -> SubmittedJob {
        let (parent, _) = try self.holding(lease)
        let actor = "job \(lease.job)"
        let (workflow, number) = try self.workflow(child.source, calledBy: parent.job, by: actor, now)
        let job = NewJob(
            id: .new(at: now, using: &self.generator), workflow: workflow, workflowVersion: number,
            variables: child.variables, priority: parent.job.priority, environment: parent.job.environment,
            idempotency: .init(
                key: ChildStore.key(ofStep: step, under: lease.job, failures: parent.failures), request: actor),
            trace: parent.job.trace)
        return try self.submit([job], by: actor, idempotencyWindow: ChildStore.keyWindow, now: now)[0]
    }

    /// How a child of a leased job ended; `nil` while it has not.
    package func ending(of child: Job.ID, under lease: Lease) throws(StoreError) -> ChildJob.Ending? {
        _ = try self.holding(lease)
        return try ChildStore.ending(of: self.job(child), child, of: lease.job)
    }

    private mutating func workflow(
        _ source: ChildJob.Source, calledBy parent: NewJob, by actor: String, _ now: Date
    ) throws(StoreError) -> (Workflow.ID, Int) {
        switch source {
        case .stored(let name):
            let workflow = try self.workflow(idOrName: name)
            return (workflow.id, workflow.latestVersion)
        case .document(let document, let name):
            let caller = try self.version(parent.workflowVersion, of: parent.workflow)
            try ChildStore.check(document, named: name, cameWith: caller)
            let kept = self.keep(
                name: ChildStore.name(of: document, named: name, calledBy: caller),
                document: document.jsonText(.compact), by: actor, now: now)
            return (kept.workflow, kept.number)
        }
    }
}
