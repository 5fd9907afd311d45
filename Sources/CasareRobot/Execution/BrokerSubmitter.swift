import CasareDomain
import CasareEngine

/// Submits jobs for the steps of one that the robot holds. A broker that cannot be reached is asked again for as long
/// as the lease is trusted.
struct BrokerSubmitter: JobSubmitter {
    let broker: any Broker
    let lease: Lease
    let patience: Patience

    func submit(_ submission: JobSubmission, idempotencyKey: String) async throws -> String {
        // The engine's key is `job/step`.
        guard let step = idempotencyKey.split(separator: "/").last.flatMap({ Int($0) }) else {
            preconditionFailure("\(idempotencyKey) names no step")
        }
        let source: ChildJob.Source =
            if let document = submission.document {
                .document(document, name: submission.workflow)
            } else {
                .stored(submission.workflow)
            }
        let child = ChildJob(source: source, variables: submission.variables)
        return try await self.asking { () async throws(BrokerError) in
            try await self.broker.submit(child, forStep: step, under: self.lease)
        }.description
    }

    func ending(of job: String) async throws -> JobEnding? {
        guard let id = Job.ID(job) else { preconditionFailure("\(job) was not submitted here") }
        let ending = try await self.asking { () async throws(BrokerError) in
            try await self.broker.ending(of: id, under: self.lease)
        }
        return ending.map { JobEnding(failure: $0.failure, variables: $0.variables) }
    }

    /// What is refused is the node's failure.
    private func asking<Result>(_ body: () async throws(BrokerError) -> Result) async throws -> Result {
        do {
            return try await self.patience.insist(body)
        } catch BrokerError.refused(let reason) {
            throw NodeFailure("NodeError", reason)
        }
    }
}
