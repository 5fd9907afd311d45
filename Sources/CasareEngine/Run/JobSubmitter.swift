package import CasareDomain

/// Where a run submits jobs: a robot's orchestrator. Without one, what would be a job of its own runs inside the run.
package protocol JobSubmitter: Sendable {
    /// Submits a job; the same key yields the same job, however often it is used.
    ///
    /// - Returns: The job's ID.
    /// - Throws: `NodeFailure` when it is refused.
    func submit(_ submission: JobSubmission, idempotencyKey: String) async throws -> String

    /// How a job that was submitted here ended; `nil` while it has not.
    func ending(of job: String) async throws -> JobEnding?
}

/// A run of another workflow as a job of its own.
package struct JobSubmission: Hashable, Sendable {
    /// The path or ID by which the calling node names it.
    package let workflow: String
    /// The workflow with all that it may call, when it came with the calling one.
    package let document: Value?
    /// Start values, and the call that it is: `CallOrigin`.
    package let variables: Object
    /// Whether the calling node goes on only when the job has ended.
    package let waits: Bool
    /// The time between two looks at it.
    package let pollSeconds: Double
    /// The variables of the job's end that are the node's outputs; `nil`: all of them.
    package let outputs: [String]?
}

package struct JobEnding: Hashable, Sendable {
    /// `nil`: it completed.
    package let failure: Failure?
    /// The job's variables at its end.
    package let variables: Object

    package init(failure: Failure?, variables: Object) {
        self.failure = failure
        self.variables = variables
    }
}

extension JobSubmission {
    /// Submits the job and, if it is to be waited for, waits for its end.
    ///
    /// - Throws: `NodeFailure` when the job is refused or ended badly.
    func perform(
        by submitter: any JobSubmitter, key: String, now: @Sendable () -> ContinuousClock.Instant = { .now },
        sleep: @Sendable (Duration) async throws -> Void
    ) async throws -> NodeResult {
        let start = now()
        let job = try await submitter.submit(self, idempotencyKey: key)
        var outputs: Object = ["job_id": .string(job), "success": true]
        guard self.waits else { return NodeResult(outputs) }
        while true {
            if let ending = try await submitter.ending(of: job) {
                outputs = self.taken(from: ending.variables).merging(outputs)
                outputs["execution_time_ms"] = .int(Int((now() - start) / .milliseconds(1)))
                guard let failure = ending.failure else { return NodeResult(outputs) }
                outputs["success"] = false
                throw NodeFailure(
                    failure.type, "Job \(job) of \(self.workflow) failed: \(failure.message)", outputs: outputs)
            }
            try await sleep(Duration(clampingSeconds: self.pollSeconds))
        }
    }

    private func taken(from variables: Object) -> Object {
        guard let outputs = self.outputs else { return variables }
        return Object(outputs.compactMap { name in variables[name].map { (name, $0) } })
    }
}
